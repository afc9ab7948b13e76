#!/bin/bash
# fpmctl check as a plain user: what it says of a pool is what root's manager will find. What only root may look at is
# named as not checked, and is no mistake; a mistake that everybody can see is one; a pool file that the user may not
# read is told as that.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# checked FILE-NAME: what bob is told, and the status
checked() {
	local status=0 output
	output=$(in_container setpriv --reuid=2002 --regid=2002 --clear-groups fpmctl check "$1" 2>&1) || status=$?
	echo "$output"
	echo "status $status"
}
conf=/etc/fpmd/conf.d
in_container chmod 755 /etc/fpmd $conf
in_container install -d -m 700 /srv/closed /srv/closed/www
in_container install -m 600 /dev/null /srv/closed/php.ini
in_container install -d -m 755 /srv/open/www

write_pool plain <<'END'
user = alice
group = alice
pm = static
pm.max_children = 2
chroot = /srv/open
chdir = /www
access.log = /var/log/fpmd/plain/access.log
END
assert_eq 'a good file' $'configuration file '"$conf/plain.conf"$' test is successful\nstatus 0' "$(checked plain)"

write_pool plain <<'END'
user = alice
group = alice
pm = static
pm.max_children = 2
chdir = /srv/closed/www
access.log = /srv/closed/access.log
slowlog = /var/log/slow
request_slowlog_timeout = 5s
END
assert_eq 'what only root may look at' "$conf/plain.conf:6: chdir: '/srv/closed/www' was not checked, because only root may look there
$conf/plain.conf:7: access.log: '/srv/closed/access.log' was not checked, because only root may look there
$conf/plain.conf:8: slowlog: '/var/log/slow' was not checked, because only root may look there
configuration file $conf/plain.conf test is successful
status 0" "$(checked plain)"

write_pool plain <<'END'
user = nosuchuser
pm = static
pm.max_children = 2
chdir = /nosuch
php_ini = /srv/closed/php.ini
END
assert_eq 'mistakes beside it' "$conf/plain.conf:2: user: there is no user 'nosuchuser' on this machine
$conf/plain.conf:5: chdir: '/nosuch': No such file or directory; create it or name another folder
$conf/plain.conf:6: php_ini: '/srv/closed/php.ini' was not checked, because only root may look there
$conf/plain.conf:6: php_ini: PHP's ini files were not all checked, because only root may look at them
status 78" "$(checked plain)"

in_container chmod 600 $conf/plain.conf
assert_eq 'a file that is closed' "$conf/plain.conf: cannot read it: Permission denied
status 77" "$(checked plain)"

# who runs the pool with User= in a drop-in is told the other way round
write_pool plain <<'END'
user = alice
pm = static
pm.max_children = 2
END
in_container chmod 644 $conf/plain.conf
in_container sh -c "mkdir -p /etc/systemd/system/fpmd@plain.service.d
	printf '[Service]\nUser=bob\n' >/etc/systemd/system/fpmd@plain.service.d/user.conf"
in_container systemctl daemon-reload
in_container systemctl start fpmd@plain.service
assert_contains 'with User=' 'user, group: ignored, the manager does not run as root' "$(journal_of fpmd@plain)"
in_container systemctl stop fpmd@plain.service fpmd@plain.socket
in_container rm -r /etc/systemd/system/fpmd@plain.service.d
in_container systemctl daemon-reload
