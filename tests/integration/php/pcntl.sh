#!/bin/bash
# Scripts have no pcntl and no chroot(), as under php-fpm, although libphp has both: no function, no constant, no
# module, neither for preload. php_pcntl = yes brings pcntl back.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

cat >"$CONTAINER_ROOT/srv/preload.php" <<'END'
<?php
define('PRELOAD', (int) function_exists('pcntl_fork') . (int) extension_loaded('pcntl') . (int) defined('SIGTERM'));
file_put_contents('/tmp/preload', PRELOAD);
END
write_page hidden preload.php <<<'<?php echo file_get_contents("/tmp/preload");'
write_page hidden page.php <<'END'
<?php
$numbers = [];
foreach (get_loaded_extensions() as $name)
	foreach ((new ReflectionExtension($name))->getConstants() as $constant => $_)
		$numbers[$constant][] = $name;
echo json_encode([
	'function' => function_exists('pcntl_fork'), 'loaded' => extension_loaded('pcntl'),
	'listed' => in_array('pcntl', get_loaded_extensions()), 'constant' => defined('SIGTERM') || defined('WNOHANG'),
	'functions' => (bool) preg_grep('/^pcntl_/', get_defined_functions()['internal']),
	'extension' => (bool) @get_extension_funcs('pcntl'), 'chroot' => function_exists('chroot'),
	'twice' => count(array_filter($numbers, fn ($names) => count($names) > 1)),
]);
ob_start(); phpinfo(); echo strpos(ob_get_clean(), 'module_pcntl') ? ' told' : ' untold';
END
# ini LINE: the pool file with it
ini() {
	cat <<-END
		php_admin_value[opcache.preload] = /srv/preload.php
		$1
	END
}
ini '' | pool hidden
none='{"function":false,"loaded":false,"listed":false,"constant":false,"functions":false,"extension":false,"chroot":false,"twice":0}'
assert_eq 'by default' "$none untold" "$(fetch http://hidden.test/page.php)"
needs_fpmd
assert_eq 'for preload' 000 "$(fetch http://hidden.test/preload.php)"

ini 'php_pcntl = yes' | pool hidden
in_container systemctl restart fpmd@hidden.service
all='{"function":true,"loaded":true,"listed":true,"constant":true,"functions":true,"extension":true,"chroot":false,"twice":0}'
assert_eq 'with php_pcntl = yes' "$all told" "$(fetch http://hidden.test/page.php)"
assert_eq 'for preload' 111 "$(fetch http://hidden.test/preload.php)"
