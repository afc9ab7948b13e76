#!/bin/bash
# A pool in a chroot serves the scripts in there and sees nothing outside, and what it logs arrives in
# the journal all the same, where there is no path to the journal's socket any more.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

jail=/srv/jail
mkdir -p "$CONTAINER_ROOT$jail/www"
cat >"$CONTAINER_ROOT$jail/www/in.php" <<'END'
<?php
error_log('hello from the jail');
trigger_error('a warning from the jail', E_USER_WARNING);
$root = scandir('/');
sort($root);
echo __FILE__, '|', implode(',', array_diff($root, ['.', '..'])), '|',
	(int) file_exists('/etc/passwd'), (int) file_exists('/proc/self'), (int) file_exists('/run/systemd/journal'), '|',
	posix_geteuid(), '|', $_SERVER['SCRIPT_FILENAME'], '|', $_SERVER['DOCUMENT_ROOT'];
END
pool jail <<END
chroot = $jail
php_admin_value[sys_temp_dir] = /
END
site jail unix:/run/fpmd/jail.sock /www
assert_eq 'seen from inside' '/www/in.php|www|000|2001|/www/in.php|/www' "$(fetch http://jail.test/in.php)"
assert_eq 'a script outside' $'File not found.' "$(fetch http://jail.test/../../srv/jail/www/out.php)"

needs_fpmd
for pid in $(workers_of jail); do
	assert_same_file 'root of a worker' "$jail" "/proc/$pid/root"
	assert_contains 'directory of a worker' "$jail" "$(in_container readlink "/proc/$pid/cwd")"
done

wait_for 5 journal_has fpmd@jail.service 'hello from the jail'
wait_for 5 journal_has fpmd@jail.service 'a warning from the jail' --priority=warning
in_container systemctl stop fpmd@jail.service

# chdir is a path inside
write_pool jail <<END
user = alice
pm = static
pm.max_children = 1
chroot = $jail
chdir = /www
END
in_container systemctl start fpmd@jail.service
assert_same_file chdir "$jail/www" "/proc/$(workers_of jail)/cwd"
assert_contains 'a page after chdir' /www/in.php "$(fetch http://jail.test/in.php)"
