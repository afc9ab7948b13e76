#!/bin/bash
# What applications need works in a chroot that holds nothing but them: extensions and ini files were read
# before it, sessions and uploads go to folders inside, date.timezone and names need what fpmd-php(8) says
# they need, which is less than under php-fpm.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd # Debian's php-fpm knows no time zone there, not even UTC

jail=/srv/jail
in_container install -d $jail/www
in_container install -d -o alice $jail/tmp $jail/sessions
cat >"$CONTAINER_ROOT$jail/www/all.php" <<'END'
<?php
session_start();
$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
$time = (new DateTime('2026-07-01 12:00:00 UTC'))->setTimezone(new DateTimeZone('UTC'));
echo json_encode([
	'session' => $_SESSION['n'], 'file' => file_exists('/sessions/sess_' . session_id()),
	'extensions' => [extension_loaded('Zend OPcache'), extension_loaded('posix'), extension_loaded('ctype')],
	'ini' => ini_get('post_max_size'), 'tmp' => dirname(tempnam('', 'x')), 'utc' => $time->format('H:i T'),
	'opcache' => opcache_get_status(false)['opcache_enabled'], 'include' => include 'lib.php',
	'upload' => isset($_FILES['f']) ? $_FILES['f']['size'] : null,
	'proc' => is_dir('/proc/self'), 'etc' => is_dir('/etc/php'), 'root' => @file_get_contents('/../../etc/passwd') !== false,
], JSON_UNESCAPED_SLASHES);
END
echo '<?php return "included";' >"$CONTAINER_ROOT$jail/www/lib.php"
cat >"$CONTAINER_ROOT$jail/www/zone.php" <<'END'
<?php
echo (new DateTime('2026-07-01 12:00:00 UTC'))->setTimezone(new DateTimeZone('Europe/Berlin'))->format('H:i T'), ' ',
	date_default_timezone_get(), ' ', count(DateTimeZone::listIdentifiers()) > 400 ? '419+' : 'few';
END
echo '<?php echo gethostbyname("only-in-the-jail.example"), " ", gethostbyname("127.0.0.9");' \
	>"$CONTAINER_ROOT$jail/www/name.php"

cat >"$CONTAINER_ROOT$jail/www/zones.php" <<'END'
<?php
$all = '';
foreach (DateTimeZone::listIdentifiers() as $id)
	foreach (['1950-07-01', '1999-01-01', '2026-07-01', '2050-07-01', '2100-01-01'] as $day)
		$all .= $id . (new DateTime("$day 12:00", new DateTimeZone($id)))->format(' c T I') . "\n";
echo count(DateTimeZone::listIdentifiers()), ' ', md5($all);
END
pool jail <<END
chroot = $jail
php_admin_value[sys_temp_dir] = /tmp
php_admin_value[upload_tmp_dir] = /tmp
php_admin_value[session.save_path] = /sessions
php_admin_value[include_path] = /www
php_admin_value[date.timezone] = UTC
php_value[post_max_size] = 7M
END
site jail unix:/run/fpmd/jail.sock /www

expected='"extensions":[true,true,true],"ini":"7M","tmp":"/tmp","utc":"12:00 UTC","opcache":true,"include":"included"'
jar=/root/jar
for n in 1 2 3; do
	reply=$(fetch -b $jar -c $jar http://jail.test/all.php)
	assert_contains "request $n" "$expected" "$reply"
	assert_contains "session, request $n" "\"session\":$n,\"file\":true" "$reply"
	assert_contains 'nothing else is there' '"proc":false,"etc":false,"root":false' "$reply"
done
assert_contains 'an upload' '"upload":5' "$(fetch -F 'f=12345;filename=f' http://jail.test/all.php)"

# names: the jail's own hosts and resolv.conf
assert_eq 'names without them' 'only-in-the-jail.example 127.0.0.9' "$(fetch http://jail.test/name.php)"
in_container install -d $jail/etc
echo '10.9.8.7 only-in-the-jail.example' >"$CONTAINER_ROOT$jail/etc/hosts"
assert_eq 'names with them' '10.9.8.7 127.0.0.9' "$(fetch http://jail.test/name.php)"

# a zone with a name
assert_eq 'without zoneinfo' '14:00 CEST UTC 419+' "$(fetch http://jail.test/zone.php)"
assert_eq 'all zones, as they are outside' "$(in_container php $jail/www/zones.php)" \
	"$(fetch http://jail.test/zones.php)"
use_zone() {
	sed -i "s,date.timezone\\] = .*,date.timezone] = $1," "$CONTAINER_ROOT/etc/fpmd/conf.d/jail.conf"
	in_container systemctl restart fpmd@jail.service
}
use_zone Europe/Berlin
assert_eq 'as the default' '14:00 CEST Europe/Berlin 419+' "$(fetch http://jail.test/zone.php)"
in_container install -d $jail/usr/share
in_container cp -a /usr/share/zoneinfo $jail/usr/share/
use_zone Asia/Tokyo
assert_eq 'with zoneinfo' '14:00 CEST Asia/Tokyo 419+' "$(fetch http://jail.test/zone.php)"
