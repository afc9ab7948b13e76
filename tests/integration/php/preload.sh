#!/bin/bash
# opcache.preload runs once, as the pool's user, and its classes are there in every worker; a preload
# script that fails makes start and reload fail, with the reason, and a reload keeps what serves. The JIT
# compiles. opcache.file_cache outlives a restart.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"

url=http://preload.test
mkdir -p "$CONTAINER_ROOT/srv/preload"
in_container install -d -o alice /srv/log /srv/file-cache
cat >"$CONTAINER_ROOT/srv/preload/preload.php" <<'END'
<?php
file_put_contents('/srv/log/preload', posix_geteuid() . ' ' . getmypid() . "\n", FILE_APPEND);
class Preloaded { const VERSION = 1; static function answer() { return 42; } }
function preloaded($x) { return $x + 1; }
END
write_page preload page.php <<'END'
<?php
$s = opcache_get_status(false);
echo Preloaded::answer(), ' ', preloaded(1), ' ', count($s['preload_statistics']['classes']), ' ',
	Preloaded::VERSION;
END
write_page preload jit.php <<'END'
<?php
function work($n) { for ($i = $s = 0; $i < $n; $i++) $s = ($s + $i * 3) % 1000003; return $s; }
$r = work(3000000);
$jit = opcache_get_status(false)['jit'];
echo (int) $jit['on'], ' ', $jit['buffer_size'] >> 20, ' ', (int) ($jit['buffer_free'] < $jit['buffer_size']), ' ', $r;
END
lines='user = alice
pm = static
pm.max_children = 2
php_admin_value[opcache.jit_buffer_size] = 16M
php_admin_value[opcache.jit] = tracing
php_admin_value[opcache.preload] = /srv/preload/preload.php'
if [[ -n ${FPMD_TEST_PHP_FPM:-} ]]; then
	# its master is root, and reads no preload of a pool
	lines=$(sed '$d' <<<"$lines")
fi
write_pool preload <<<"$lines"
site preload
in_container systemctl start fpmd@preload.socket

reply=$(fetch "$url/jit.php")
assert_matches 'the JIT is on, has 16 MiB and has used of them' '^1 1[56] 1 [0-9]+$' "$reply"
needs_fpmd
for _ in 1 2 3 4; do
	assert_eq 'in every worker' '42 2 1 1' "$(fetch "$url/page.php")"
done
read -r uid pid <"$CONTAINER_ROOT/srv/log/preload"
assert_eq 'as the user of the pool' 2001 "$uid"
assert_eq 'in the zygote' "$(zygote_of preload)" "$pid"
assert_eq 'once' 1 "$(grep -c . "$CONTAINER_ROOT/srv/log/preload")"

# a reload runs it again; what fails leaves what was
sed -i 's/VERSION = 1/VERSION = 2/' "$CONTAINER_ROOT/srv/preload/preload.php"
in_container systemctl reload fpmd@preload.service
assert_eq 'after a reload' '42 2 1 2' "$(fetch "$url/page.php")"
echo '<?php class Preloaded extends' >"$CONTAINER_ROOT/srv/preload/preload.php"
assert_fails in_container systemctl reload fpmd@preload.service 2>/dev/null
assert_eq 'after one that failed' '42 2 1 2' "$(fetch "$url/page.php")"
wait_for 5 journal_has fpmd@preload.service 'syntax error'
echo '<?php throw new Exception("on purpose");' >"$CONTAINER_ROOT/srv/preload/preload.php"
assert_fails in_container systemctl reload fpmd@preload.service 2>/dev/null
assert_eq 'after an exception' '42 2 1 2' "$(fetch "$url/page.php")"
in_container systemctl stop fpmd@preload.service
assert_fails in_container systemctl start fpmd@preload.service 2>/dev/null
wait_for 5 journal_has fpmd@preload.service 'on purpose'
in_container systemctl stop fpmd@preload.socket

# opcache.preload_user is for those who start as root: no reason to fail a reload
cat >"$CONTAINER_ROOT/srv/preload/preload.php" <<<'<?php class Preloaded { const VERSION = 3; static function answer() { return 42; } } function preloaded($x) { return 2; }'
write_pool preload <<<"$lines
php_admin_value[opcache.preload_user] = alice"
in_container systemctl reset-failed 'fpmd@preload.*'
in_container systemctl start fpmd@preload.socket
assert_eq 'with a preload_user' '42 2 1 3' "$(fetch "$url/page.php")"
in_container systemctl reload fpmd@preload.service
assert_eq 'and a reload' '42 2 1 3' "$(fetch "$url/page.php")"

# The file cache; with the JIT opcache writes none.
write_page cache page.php <<'END'
<?php
echo __LINE__;
END
pool cache <<'END'
php_admin_value[opcache.file_cache] = /srv/file-cache
END
assert_eq 'a page' 2 "$(fetch http://cache.test/page.php)"
cached=$(in_container find /srv/file-cache -name 'page.php.bin')
assert_contains 'the file cache is written' /srv/www/cache/page.php.bin "$cached"
in_container systemctl restart fpmd@cache.service
assert_eq 'after a restart' 2 "$(fetch http://cache.test/page.php)"
