#!/bin/bash
# fpmd-php-fpm-compat: whoever calls php-fpm by its name finds fpmd's pools. Deployer's reload of the service, HestiaCP's
# test and restart, ISPConfig's new and removed pool files, logrotate's signal to the pid file, /run/php/php-fpm.sock; a
# mistake is an exit status and a reason. Under load none of them loses a request, nor do the package's coming and going.
# Time limit: 600 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../deb_packages.sh"

php=$FPMD_TEST_PHP
service=php$php-fpm
pid_file=/run/php/php$php-fpm.pid
install_debs 0.1.0+1 fpmd "fpmd-php$php"

write_page one slow.php <<'END'
<?php usleep(20000); echo ini_get('memory_limit'), ' ', PHP_BINARY;
END
write_page two page.php <<'END'
<?php echo 'two';
END
# pool_of NAME MEMORY-LIMIT
pool_of() {
	write_pool "$1" <<-END
		user = alice
		pm = static
		pm.max_children = 8
		listen = /run/php/$1.sock
		access.log = /var/log/fpmd/$1/access.log
		php_admin_value[memory_limit] = $2
	END
	site "$1" "unix:/run/php/$1.sock"
}
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/www.conf"
pool_of one 64M
in_container systemctl start fpmd@one.socket fpmd@one.service
state_of() {
	unit_property "fpmd@$1.$2" ActiveState
}
main_pid() {
	unit_property "$service" MainPID
}
# answers TEXT
answers() {
	[[ $(fetch http://one.test/slow.php) == "$1 "* ]]
}

### it comes while a pool serves

load_begin http://one.test/slow.php 8 100
sleep 1
install_debs 0.1.0+1 fpmd-php-fpm-compat
assert_eq 'the program' "/usr/libexec/fpmd-compat/php-fpm$php" "$(in_container readlink "/usr/libexec/fpmd/$php/php-fpm")"
in_container systemctl enable --quiet "$service"
in_container systemctl start "$service"
assert_eq 'what starts at boot' enabled "$(in_container systemctl is-enabled "$service")"
assert_eq 'the process of the pid file' "$(main_pid)" "$(in_container cat "$pid_file")"
assert_contains 'as monitoring looks for it' "$(main_pid)" "$(in_container pgrep -x "php-fpm$php")"
assert_contains 'by its title' "$(main_pid)" "$(in_container pgrep -f "php-fpm: master process \(/etc/php/$php/fpm/php-fpm.conf\)")"
in_container systemctl reload fpmd@one
wait_for 5 answers 64M
assert_matches 'the program' "/usr/libexec/fpmd-compat/php-fpm$php\$" "$(fetch http://one.test/slow.php)"

### Deployer: sudo systemctl reload php8.2-fpm, sudo service php8.2-fpm reload

pool_of one 65M
in_container systemctl reload "$service"
answers 65M || fail 'a reload does not wait until the new file counts'
pool_of one 66M
in_container service "$service" reload
answers 66M || fail 'service reload does not wait'

### HestiaCP: php-fpm8.2 -t, systemctl restart

manager=$(manager_of one)
in_container "php-fpm$php" -t
in_container systemctl restart "$service"
another_manager one "$manager" || fail 'a restart restarts no pool'
# A panel that changes many sites: systemd's start limit is five in ten seconds.
for _ in 1 2 3 4 5 6; do
	in_container systemctl restart "$service"
done
load_stop
load_end 'start, reload, restart' 100

output=$(in_container "php-fpm$php" -t 2>&1)
assert_contains 'a test' 'test is successful' "$output"
output=$(in_container "php-fpm$php" -tt 2>&1)
assert_contains 'the settings' "NOTICE: [one]" "$output"
assert_matches 'the settings' "NOTICE: 	php_admin_value\[memory_limit\] = 66M" "$output"
assert_contains '-y with the usual file' successful "$(in_container "php-fpm$php" -y "/etc/php/$php/fpm/php-fpm.conf" -t 2>&1)"
assert_matches '-v' "^PHP $php\.[0-9.]+.*fpm-fcgi" "$(in_container "php-fpm$php" -v)"
assert_contains '-m' 'cgi-fcgi' "$(in_container "php-fpm$php" -m)"
assert_contains '-i' "Loaded Configuration File => /etc/php/$php/fpm/php.ini" "$(in_container "php-fpm$php" -i)"
printf '[global]\nerror_log = /dev/null\n[x]\nuser = alice\nlisten = /run/x\npm = ondemand\npm.max_children = 1\n' \
	>"$CONTAINER_ROOT/srv/own.conf"
assert_contains "somebody's own php-fpm" '/srv/own.conf test is successful' "$(in_container "php-fpm$php" -y /srv/own.conf -t 2>&1)"
assert_fails in_container "php-fpm$php" -F 2>/dev/null

### ISPConfig: a pool file comes, is changed, is wrong, moves, goes; each time the service is reloaded

cp "$CONTAINER_ROOT/etc/fpmd/conf.d/one.conf" "$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"
sed -i 's/one/two/g' "$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"
in_container systemctl reload "$service"
site two unix:/run/php/two.sock
assert_eq 'a new pool file' two "$(fetch http://two.test/page.php)"

load_begin http://one.test/slow.php 4 100
echo 'pm.max_children = many' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"
status=0
output=$(in_container "php-fpm$php" -t 2>&1) || status=$?
assert_eq 'a mistake: exit status of -t' 78 "$status"
assert_contains 'a mistake: -t' 'two.conf:8: pm.max_children' "$output"
begin=$EPOCHREALTIME
assert_fails in_container systemctl reload "$service" 2>/dev/null
assert_contains 'a mistake: the journal' 'pool two: ' "$(journal_of "$service" --since="@$begin")"
assert_contains 'a mistake: the status' 'two.conf:8: pm.max_children' "$(in_container systemctl status "$service")"
assert_eq 'a mistake: the service' active "$(in_container systemctl is-active "$service")"
assert_eq 'a mistake: the pool serves' two "$(fetch http://two.test/page.php)"

sed -i '/many/d; s,/run/php/two.sock,/run/php/moved.sock,' "$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"
in_container systemctl reload "$service"
site two unix:/run/php/moved.sock
assert_eq 'another listen' two "$(fetch http://two.test/page.php)"

in_container systemctl enable --quiet fpmd@two.socket
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"
in_container systemctl reload "$service"
assert_eq 'a removed pool' 'inactive inactive' "$(state_of two service) $(state_of two socket)"
assert_fails in_container test -e /etc/systemd/system/sockets.target.wants/fpmd@two.socket
assert_fails in_container systemctl is-active fpmd@two.service

# Nobody has visited it, or it was left for idleness.
in_container systemctl stop fpmd@one.service
pool_of one 67M
in_container systemctl reload "$service"
wait_for 5 answers 67M

### a pool that cannot start

write_pool bad <<<$'user = nobody-of-that-name\npm = ondemand\npm.max_children = 1'
status=0
in_container systemctl restart "$service" 2>/dev/null || status=$?
assert_eq 'a start: exit status' 1 "$status"
assert_contains 'a start: the reason' "nobody-of-that-name" "$(in_container systemctl status "$service")"
wait_for 5 answers 67M
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/bad.conf"
in_container systemctl restart "$service"

### signals to the pid file: logrotate, scripts

mv "$CONTAINER_ROOT/var/log/fpmd/one/access.log" "$CONTAINER_ROOT/var/log/fpmd/one/access.log.1"
in_container sh -c "kill -USR1 \$(cat $pid_file)"
wait_for 5 test -e "$CONTAINER_ROOT/var/log/fpmd/one/access.log"
in_container "/usr/lib/php/php$php-fpm-reopenlogs"
pool_of one 68M
in_container sh -c "kill -USR2 \$(cat $pid_file)"
wait_for 5 answers 68M
pid=$(main_pid)
in_container sh -c "kill -KILL \$(cat $pid_file)"
main_is_another() {
	[[ $(main_pid) != "$pid" && $(main_pid) != 0 && $(in_container systemctl is-active "$service") == active ]]
}
wait_for 10 main_is_another
load_stop
load_end 'pool files, signals' 100
in_container sh -c "kill -QUIT \$(cat $pid_file)"
pool_is_down() {
	[[ $(state_of one socket) == inactive && $(state_of one service) == inactive && $(state_of "$service" '') != active ]]
}
wait_for 20 pool_is_down
assert_fails in_container test -e "$pid_file"

### /run/php/php-fpm.sock

mkdir -p "$CONTAINER_ROOT/srv/www/www"
write_page www page.php <<<'<?php echo "www";'
write_pool www <<-END
	user = alice
	pm = static
	pm.max_children = 1
	listen = /run/php/www.sock
END
# /run/php is the web server's, who would have root write to what it likes.
echo kept >"$CONTAINER_ROOT/etc/kept"
in_container setpriv --reuid=www-data --regid=www-data --clear-groups ln -s /etc/kept "$pid_file"
in_container systemctl start "$service"
assert_eq 'behind a link in the place of the pid file' kept "$(<"$CONTAINER_ROOT/etc/kept")"
assert_eq 'the pid file in the place of a link' "$(main_pid)" "$(in_container cat "$pid_file")"
site www unix:/run/php/php-fpm.sock
assert_eq 'the alternative' www "$(fetch http://www.test/page.php)"
in_container systemctl stop "$service"
in_container rm /run/php/php-fpm.sock
in_container systemctl start "$service"
assert_eq 'the alternative after a boot' www "$(fetch http://www.test/page.php)"
assert_contains "Apache's" /run/php/php-fpm.sock "$(<"$CONTAINER_ROOT/etc/apache2/conf-available/fpmd-php-fpm-compat.conf")"

### PHP is upgraded, then all of fpmd, and the package goes; sessionclean finds the workers

for pid in $(workers_of one); do
	assert_contains 'pidof, as sessionclean looks for workers' " $pid " " $(in_container pidof "php-fpm$php") "
done
php_deb=$(repack "php$php-fpm" 99.1)
load_begin http://one.test/slow.php 8 100
sleep 1
in_container dpkg --install --force-confold "$php_deb"
assert_eq 'the upgraded php-fpm is aside' 'ELF' "$(in_container sh -c "head -c 4 /usr/libexec/fpmd-compat/php-fpm$php | tail -c 3")"
assert_contains 'the name is ours' successful "$(in_container "php-fpm$php" -t 2>&1)"
# The version before was for another PHP, too, as it is when Debian is upgraded.
in_container dpkg-divert --quiet --package fpmd-php-fpm-compat --divert /usr/libexec/fpmd-compat/php-fpm7.0 \
	--no-rename --add /usr/sbin/php-fpm7.0
echo 7.0 >"$CONTAINER_ROOT/usr/libexec/fpmd-compat/php-fpm7.0"
install_debs 0.1.0+2 fpmd "fpmd-php$php" fpmd-php-fpm-compat
assert_eq 'a PHP that it is not for any more' '7.0 /usr/sbin/php-fpm7.0' \
	"$(in_container cat /usr/sbin/php-fpm7.0) $(in_container dpkg-divert --truename /usr/sbin/php-fpm7.0)"
in_container rm /usr/sbin/php-fpm7.0
assert_eq 'the program' "/usr/libexec/fpmd-compat/php-fpm$php" "$(in_container readlink "/usr/libexec/fpmd/$php/php-fpm")"
in_container dpkg --remove fpmd-php-fpm-compat
assert_eq 'what starts at boot' enabled "$(in_container systemctl is-enabled fpmd@one.socket)"
in_container systemctl reload fpmd@one
assert_contains 'php-fpm has its name again' "$(in_container "/usr/sbin/php-fpm$php" -v 2>/dev/null | head -n 1)" "$(in_container "php$php" -r 'echo "PHP ", PHP_VERSION;' >/dev/null; in_container "/usr/sbin/php-fpm$php" -v | head -n 1)"
assert_eq 'no diversion is left' '' "$(in_container dpkg-divert --list 'fpmd-php-fpm-compat')"
assert_eq 'the program' "/usr/sbin/php-fpm$php" "$(in_container readlink "/usr/libexec/fpmd/$php/php-fpm")"
assert_fails in_container test -e /usr/libexec/fpmd-compat
load_stop
load_end 'upgrades and removal' 100

### the way back to php-fpm

in_container systemctl disable --quiet --now fpmd@one.socket fpmd@www.socket
in_container systemctl stop fpmd@one.service fpmd@www.service
in_container systemctl enable --quiet --now "$service"
assert_matches 'php-fpm runs' "^php-fpm$php\$" "$(in_container sh -c "cat /proc/$(main_pid)/comm")"
assert_eq 'by its own program' "/usr/sbin/php-fpm$php" "$(in_container readlink "/proc/$(main_pid)/exe")"
in_container systemctl stop "$service"
