#!/bin/bash
# Each pool has its own php.ini: php_ini and php_ini_scan_dir name them; without, it is the one that
# php-fpm of this machine has.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
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

# A setting that PHP does not know: where it stands, also in a file that the pool file includes.
write_pool unknown <<'END'
user = alice
pm = static
pm.max_children = 1
include = unknown.inc
php_flag[my.own] = on
END
echo 'php_admin_value[memory_limits] = 1G' >"$CONTAINER_ROOT/etc/fpmd/conf.d/unknown.inc"
in_container systemctl start fpmd@unknown.service
wait_for 2 journal_has fpmd@unknown.service \
	'/etc/fpmd/conf.d/unknown.inc:1: php_admin_value[memory_limits]: PHP knows no such setting, ignored'
wait_for 2 journal_has fpmd@unknown.service \
	'/etc/fpmd/conf.d/unknown.conf:6: php_flag[my.own]: PHP knows no such setting, ignored'
assert_contains 'fpmctl config' '/etc/fpmd/conf.d/unknown.inc:1' \
	"$(in_container fpmctl config unknown | grep memory_limits)"

# php-fpm's own in a folder that is closed to the pool's user: not a reason to do without, either.
folder=$(sed -E 's|^\["([^"]*)/php.ini".*|\1|' <<<"$ini")
mode=$(in_container stat -c %a "$folder")
in_container chmod 0700 "$folder"
assert_fails in_container fpmctl reload stock 2>"$CONTAINER_ROOT/srv/said"
status=0
said=$(in_container fpmd --test stock 2>&1) || status=$?
in_container chmod "$mode" "$folder"
assert_eq 'closed folder: exit status of --test' 78 "$status"
assert_contains 'closed folder: --test' "stock.conf: php_ini: the pool's user cannot read '$folder/php.ini'" "$said"
assert_contains 'closed folder' "cannot read '$folder/php.ini': Permission denied" "$(cat "$CONTAINER_ROOT/srv/said")"

# One that the pool's user cannot read: PHP would run without it, and without what it forbids.
write_page secret show.php <<'END'
<?php foreach (["html_errors", "display_errors", "log_errors", "error_log", "memory_limit"] as $k) echo ini_get($k), ",";
END
cp "$CONTAINER_ROOT/etc/php/$FPMD_TEST_PHP/fpm/php.ini" "$CONTAINER_ROOT/srv/secret.ini"
cat >>"$CONTAINER_ROOT/srv/secret.ini" <<'END'
memory_limit = 77M
html_errors = Off
END
pool secret <<'END'
php_ini = /srv/secret.ini
php_admin_value[error_log] = /tmp/errors
END
assert_eq 'what is said of errors holds' ',,1,/tmp/errors,77M,' "$(fetch http://secret.test/show.php)"
chmod 0600 "$CONTAINER_ROOT/srv/secret.ini"
assert_fails in_container fpmctl reload secret 2>"$CONTAINER_ROOT/srv/said"
assert_contains 'refused' "cannot read '/srv/secret.ini': Permission denied" "$(cat "$CONTAINER_ROOT/srv/said")"
status=0
said=$(in_container fpmd --test secret 2>&1) || status=$?
assert_eq '--test: exit status' 78 "$status"
assert_contains '--test' "conf.d/secret.conf:6: php_ini: the pool's user cannot read '/srv/secret.ini': Permission denied" "$said"
assert_eq 'the old one goes on' ',,1,/tmp/errors,77M,' "$(fetch http://secret.test/show.php)"
assert_fails in_container systemctl restart fpmd@secret
assert_eq 'exit status' 78 "$(unit_property fpmd@secret ExecMainStatus)"

# Readable by a supplementary group of the pool's user; one of the scanned files that is not.
in_container chgrp web /srv/secret.ini
chmod 0640 "$CONTAINER_ROOT/srv/secret.ini"
in_container fpmd --test secret
in_container systemctl reset-failed fpmd@secret
in_container systemctl start fpmd@secret
mkdir "$CONTAINER_ROOT/srv/scan"
install -m 644 /dev/null "$CONTAINER_ROOT/srv/scan/closed.ini"
echo 'php_ini_scan_dir = ' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/secret.conf"

# Closed while the pool runs, so that the zygote that starts in the place of one that died is the first to see it.
replace_zygote() {
	local old

	old=$(zygote_of secret)
	in_container kill -KILL "$old"
}
# An empty element stands for PHP's own folder: its files must not be counted as those of the other one.
for folders in :/srv/scan /srv/scan; do
	sed -i "s|^php_ini_scan_dir = .*|php_ini_scan_dir = $folders|" "$CONTAINER_ROOT/etc/fpmd/conf.d/secret.conf"
	in_container systemctl restart fpmd@secret
	chmod 0600 "$CONTAINER_ROOT/srv/scan/closed.ini"
	begin=$EPOCHREALTIME
	replace_zygote
	wait_for 10 journal_has fpmd@secret.service "cannot read '/srv/scan/closed.ini': Permission denied" --since="@$begin"
	chmod 0644 "$CONTAINER_ROOT/srv/scan/closed.ini"
	in_container systemctl reset-failed fpmd@secret
	[[ $folders == :* ]] || continue

	own=$(in_container sh -c "ls $folder/conf.d/*.ini | head -n 1")
	# shellcheck disable=SC2016  # $1 is of the inner shell
	in_container sh -c 'mv "$1" /srv/kept.ini && install -m 600 /srv/kept.ini "$1"' sh "$own"
	said=$(in_container fpmd --test secret 2>&1) && fail "$own may not be closed"
	# shellcheck disable=SC2016  # $1 is of the inner shell
	in_container sh -c 'rm "$1" && mv /srv/kept.ini "$1"' sh "$own"
	assert_contains "PHP's own" "php_ini_scan_dir: the pool's user cannot read '$own'" "$said"
done
in_container systemctl restart fpmd@secret
chmod 0600 "$CONTAINER_ROOT/srv/secret.ini"
replace_zygote
wait_for 10 journal_has fpmd@secret.service "cannot read '/srv/secret.ini': Permission denied"
chmod 0640 "$CONTAINER_ROOT/srv/secret.ini"
chmod 0600 "$CONTAINER_ROOT/srv/scan/closed.ini"
status=0
said=$(in_container fpmd --test secret 2>&1) || status=$?
assert_eq 'scanned: exit status' 78 "$status"
assert_matches 'scanned' "secret.conf:[0-9]+: php_ini_scan_dir: the pool's user cannot read '/srv/scan/closed.ini'" "$said"

# What is broken at PHP's start is told whatever php.ini says of errors: an extension, a preload script.
write_page plain show.php <<'END'
<?php foreach (["html_errors", "display_errors", "log_errors", "error_log"] as $k) echo ini_get($k), ",";
END
: >"$CONTAINER_ROOT/srv/plain.ini"
pool plain <<'END'
php_ini = /srv/plain.ini
END
assert_eq 'what PHP says by itself' '1,1,0,,' "$(fetch http://plain.test/show.php)"
echo 'extension=nosuch.so' >"$CONTAINER_ROOT/srv/plain.ini"
assert_fails in_container fpmctl reload plain 2>"$CONTAINER_ROOT/srv/said"
assert_contains 'extension' "Unable to load dynamic library 'nosuch.so'" "$(cat "$CONTAINER_ROOT/srv/said")"
echo '<?php throw new Exception("boo");' >"$CONTAINER_ROOT/srv/www/plain/pre.php"
echo 'opcache.preload=/srv/www/plain/pre.php' >"$CONTAINER_ROOT/srv/plain.ini"
assert_fails in_container fpmctl reload plain 2>"$CONTAINER_ROOT/srv/said"
assert_contains 'preload' 'Uncaught Exception: boo in /srv/www/plain/pre.php:1' "$(cat "$CONTAINER_ROOT/srv/said")"
