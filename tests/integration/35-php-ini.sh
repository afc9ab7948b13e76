#!/bin/bash
# Each pool has its own php.ini: php_ini and php_ini_scan_dir name them; without, it is the one that
# php-fpm of this machine has.

source "${BASH_SOURCE[0]%/*}/lib.sh"
needs_fpmd

page='<?php echo json_encode([php_ini_loaded_file(), php_ini_scanned_files(), ini_get("precision"),
	ini_get("user_agent"), ini_get("post_max_size")], JSON_UNESCAPED_SLASHES);'
for name in own stock; do
	write_page $name ini.php <<<"$page"
done
dir=$CONTAINER_ROOT/etc/fpmd/own
mkdir -p "$dir/scan"
printf 'precision = 11\npost_max_size = 1M\n' >"$dir/php.ini"
printf 'user_agent = scanned\n' >"$dir/scan/a.ini"
printf 'post_max_size = 2M\n' >"$dir/scan/b.ini"

pool own <<'END'
php_ini = /etc/fpmd/own/php.ini
php_ini_scan_dir = /etc/fpmd/own/scan
END
reply=$(fetch http://own.test/ini.php)
assert_contains 'the file' '"/etc/fpmd/own/php.ini"' "$reply"
assert_contains 'the directory' '/etc/fpmd/own/scan/a.ini' "$reply"
assert_contains 'the values' '"11","scanned","2M"' "$reply"

pool stock </dev/null
ini=$(fetch http://stock.test/ini.php)
assert_matches "php-fpm's php.ini" '^\["/etc/php/[0-9.]+/fpm/php.ini"' "$ini"
assert_matches "php-fpm's conf.d" '/etc/php/[0-9.]+/fpm/conf.d/' "$ini"
