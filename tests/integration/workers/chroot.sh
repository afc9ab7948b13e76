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

# Only the service of a pool with a chroot may change its root directory. A pool that gets one is told what that takes,
# and serves as before until it is done.
pool late </dev/null
write_page late where.php <<<'<?php echo file_exists("/etc/passwd") ? "outside" : "inside";'
site late unix:/run/fpmd/late.sock /srv/www/late
assert_eq 'without' outside "$(fetch http://late.test/where.php)"
sed -i "s,^pm = .*,&\nchroot = /srv/www/late," "$CONTAINER_ROOT/etc/fpmd/conf.d/late.conf"
remedy='chroot: its service may not do that yet: systemctl daemon-reload && systemctl restart fpmd@late.service'
refusal=$(in_container fpmctl reload late 2>&1) && fail 'a reload with a new chroot succeeded'
assert_contains 'the reload' "$remedy" "$refusal"
assert_eq 'it serves as before' outside "$(fetch http://late.test/where.php)"
assert_contains 'a check' 'chroot: is new to its service: systemctl daemon-reload' "$(in_container fpmctl check late 2>&1)"
in_container systemctl daemon-reload
in_container systemctl restart fpmd@late.service
site late unix:/run/fpmd/late.sock /
assert_eq 'with' inside "$(fetch http://late.test/where.php)"
assert_lacks 'a check then' 'new to its service' "$(in_container fpmctl check late 2>&1)"
in_container fpmctl reload late

# One that gets its chroot while no reload asks, and has left before systemd has read of it, wakes with it all the same;
# so does one that is restarted. The administrator's own word counts: then it says why, and is not started again and again.
pool sleeper </dev/null
cp -r "$CONTAINER_ROOT/srv/www/late/." "$CONTAINER_ROOT/srv/www/sleeper/"
site sleeper unix:/run/fpmd/sleeper.sock /srv/www/sleeper
assert_eq 'awake' outside "$(fetch http://sleeper.test/where.php)"
site sleeper unix:/run/fpmd/sleeper.sock /
sed -i "s,^pm = .*,&\nchroot = /srv/www/sleeper," "$CONTAINER_ROOT/etc/fpmd/conf.d/sleeper.conf"
in_container systemctl stop fpmd@sleeper.service
in_container systemctl start fpmd@sleeper.socket
assert_eq 'it wakes' inside "$(fetch http://sleeper.test/where.php)"
assert_contains 'and says so' 'What the pool file asks for is new to the service' "$(journal_of fpmd@sleeper.service --priority=warning)"
sed -i /^chroot/d "$CONTAINER_ROOT/etc/fpmd/conf.d/sleeper.conf"
in_container systemctl daemon-reload
in_container systemctl restart fpmd@sleeper.service
sed -i "s,^pm = .*,&\nchroot = /srv/www/sleeper," "$CONTAINER_ROOT/etc/fpmd/conf.d/sleeper.conf"
in_container systemctl restart fpmd@sleeper.service
assert_eq 'a restart' inside "$(fetch http://sleeper.test/where.php)"
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@sleeper.service.d"
printf '[Service]\nCapabilityBoundingSet=~CAP_SYS_CHROOT\n' >"$CONTAINER_ROOT/etc/systemd/system/fpmd@sleeper.service.d/60-none.conf"
in_container systemctl daemon-reload
assert_fails in_container systemctl restart fpmd@sleeper.service 2>/dev/null
assert_eq 'its status' '78 0' "$(unit_property fpmd@sleeper.service ExecMainStatus) $(unit_property fpmd@sleeper.service NRestarts)"
rm -r "$CONTAINER_ROOT/etc/systemd/system/fpmd@sleeper.service.d"
