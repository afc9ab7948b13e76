#!/bin/bash
# The Debian packages: nothing that lintian finds; installed, upgraded while PHP is upgraded too, removed, purged. Under
# load an upgrade loses no request, the administrator's changes stay, and a purge leaves nothing but his own files.
# Time limit: 600 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../deb_packages.sh"

php=$FPMD_TEST_PHP
all=(fpmd "fpmd-php$php" fpmd-exporter)

found=$(lintian --fail-on none "$DEBS"/*_0.1.0+1_*.changes 2>&1 | grep '^[EW]:' || true)
assert_eq 'what lintian finds' '' "$found"
assert_eq 'who hands them on' 'Ann & Bob <packages@example.org>' "$(dpkg-deb --field "$DEBS"/fpmd_0.1.0+2_*.deb Maintainer)"

### installed

# What dpkg itself keeps, and what running programs do, left out.
files() {
	in_container sh -c 'find /etc /usr /var /lib/systemd /run/fpmd /run/fpmd-tmp -xdev \( -path /var/lib/dpkg -o -path /var/log/dpkg.log \
		-o -path /var/cache -o -path /var/lib/systemd/catalog -o -path /var/lib/systemd/deb-systemd-helper-enabled \
		-o -path /var/log/wtmp -o -path "/etc/*-" -o -path "/etc/*.lock" -o -path /etc/nginx -o -path /var/log/nginx -o -path /var/tmp -o -path /var/lib/nginx \
		-o -path /usr/lib/fpmd-test \) -prune -o ! -path "/usr/local/lib/fpmd-test*" -print 2>/dev/null
		exit 0' | sort
}
before=$(files)
install_debs 0.1.0+1 "${all[@]}"
assert_eq 'the target' enabled "$(in_container systemctl is-enabled fpmd.target)"
assert_eq "the exporter's user" fpmd-exporter "$(in_container id -un fpmd-exporter)"
in_container systemctl is-active fpmd-exporter.socket
assert_eq 'no pool runs that nobody has started' '' "$(in_container systemctl list-units --plain --no-legend 'fpmd@*')"
assert_matches 'the catalog' 'fpmd' "$(in_container journalctl --list-catalog)"
assert_eq 'the program' "/usr/sbin/php-fpm$php" "$(in_container readlink "/usr/libexec/fpmd/$php/php-fpm")"
in_container fpmd --test www

write_page up slow.php <<'END'
<?php usleep(20000); echo PHP_VERSION, ' ', ini_get('memory_limit');
END
pool up <<<'pm.max_children = 20'
in_container systemctl enable --quiet fpmd@up.socket
fetch --output /dev/null http://up.test/slow.php

### upgraded under load

in_container systemctl start fpmd-agent.socket
# ask_beside: the exporter and the agent run then, as long as somebody asks.
ask_beside() {
	fetch http://127.0.0.1:9253/metrics | grep 'fpmd_up{pool="up"}'
	in_container sh -c 'echo up | timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/9254; cat >&3; cat <&3"'
}
assert_matches 'exporter and agent' '1.up ready' "$(ask_beside)"
beside="$(unit_property fpmd-exporter MainPID) $(unit_property fpmd-agent MainPID)"
echo '; changed by the administrator' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/www.conf"
manager=$(manager_of up)
load_begin http://up.test/slow.php 20 100
sleep 1
install_debs 0.1.0+2 "${all[@]}"
another_manager up "$manager" || fail 'the manager of before runs on'
assert_matches 'exporter and agent, upgraded' '1.up ready' "$(ask_beside)"
for pid in $beside; do
	assert_lacks 'exporter and agent of before' " $pid " " $(unit_property fpmd-exporter MainPID) $(unit_property fpmd-agent MainPID) "
done
assert_contains 'a changed conffile' '; changed by the administrator' "$(<"$CONTAINER_ROOT/etc/fpmd/conf.d/www.conf")"
load_stop
load_end 'an upgrade' 1000

### in another order, and PHP: its settings, its program

php_deb=$(repack "php$php-fpm" 99.1)
load_begin http://up.test/slow.php 20 100
sleep 1
install_debs 0.1.0+1 fpmd-exporter "fpmd-php$php" fpmd
zygote=$(zygote_of up)
echo 'memory_limit = 77M' >"$CONTAINER_ROOT/etc/php/$php/fpm/conf.d/99-fpmd-test-memory.ini"
in_container dpkg-trigger --by-package=fpmd "/etc/php/$php/fpm/conf.d"
in_container dpkg --triggers-only --pending
another_zygote up "$zygote" || fail 'the trigger of conf.d reloads no pool'
assert_matches 'the settings of now' ' 77M$' "$(fetch http://up.test/slow.php)"
zygote=$(zygote_of up)
in_container dpkg --install --force-confold "$php_deb"
another_zygote up "$zygote" || fail 'an upgrade of PHP reloads no pool'
# shellcheck disable=SC2016
assert_eq 'php-fpm was upgraded' 99.1 "$(in_container dpkg-query --show --showformat='${Version}' "php$php-fpm")"
load_stop
load_end 'an upgrade of PHP' 1000

### logrotate

mkdir -p "$CONTAINER_ROOT/var/log/fpmd/up"
echo line >"$CONTAINER_ROOT/var/log/fpmd/up/access.log"
# That of a hardened pool, whose user would keep logrotate for ever: by a pipe, by leases, which last for 45 s each.
cat >"$CONTAINER_ROOT/srv/lease.py" <<'END'
import fcntl, os, signal, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
fds = [os.open(name, os.O_RDWR) for name in ("access.log.2", "access.log")]
fcntl.fcntl(fds[0], fcntl.F_SETLEASE, fcntl.F_WRLCK)
os.mkdir("ready")
while os.path.exists("access.log.2"):
    time.sleep(0.01)
try:
    fcntl.fcntl(fds[1], fcntl.F_SETLEASE, fcntl.F_WRLCK)
    print("has a lease")
except PermissionError:
    print("has none")
END
as_alice() {
	in_container setpriv --reuid=2001 --regid=2001 --clear-groups "$@"
}
trap_of_alice() {
	in_container install -d -o alice -g alice -m 0770 /var/log/fpmd/alices
	as_alice sh -c 'cd /var/log/fpmd/alices && echo line | tee access.log access.log.2 >access.log.3 && mkfifo access.log.1'
	as_alice sh -c 'cd /var/log/fpmd/alices && exec timeout 40 python3 /srv/lease.py' >"$CONTAINER_ROOT/srv/lease.out" &
	wait_for 10 test -e "$CONTAINER_ROOT/var/log/fpmd/alices/ready"
}
trap_of_alice
in_container /usr/libexec/fpmd/logs take
wait $!
assert_eq 'after a lease' 'has none' "$(<"$CONTAINER_ROOT/srv/lease.out")"
# shellcheck disable=SC2016
assert_eq 'a folder that is rotated' 'root 750 access.log access.log.3 ready root root' \
	"$(in_container sh -c 'cd /var/log/fpmd/alices && echo $(stat --format="%U %a" .) * $(stat --format=%U access.log*)')"
in_container /usr/libexec/fpmd/logs give
assert_eq 'a folder that was rotated' 'alice alice alice' \
	"$(in_container sh -c 'cd /var/log/fpmd/alices && stat --format=%U . access.log*' | xargs)"
assert_eq "root's" root "$(in_container stat --format=%U /var/log/fpmd/up)"
in_container rm -r /var/log/fpmd/alices
if in_container sh -c 'command -v logrotate' >/dev/null; then
	trap_of_alice
	in_container timeout 30 logrotate --force /etc/logrotate.d/fpmd
	wait $!
	assert_eq 'a folder that was rotated' alice "$(in_container stat --format=%U /var/log/fpmd/alices)"
	in_container rm -r /var/log/fpmd/alices
fi

### a removal that fails takes nothing away

# shellcheck disable=SC2016
in_container sh -ec 'mkdir /srv/failing
	printf "#!/bin/sh\n/usr/bin/systemctl \"\$@\"; [ \"\$1\" != stop ]\n" >/srv/failing/systemctl
	chmod +x /srv/failing/systemctl'
assert_fails in_container env PATH="/srv/failing:$CONTAINER_PATH" dpkg --remove "fpmd-php$php"
assert_eq 'the program, still' "/usr/sbin/php-fpm$php" "$(in_container readlink "/usr/libexec/fpmd/$php/php-fpm")"
assert_matches 'a pool, still' ' 77M$' "$(fetch http://up.test/slow.php)"
in_container rm -r /srv/failing

### without its PHP: stopped, and no connection starts it to fail

in_container systemctl is-active fpmd@up.socket
in_container dpkg --remove "fpmd-php$php"
assert_eq 'a pool without PHP' 'inactive inactive' \
	"$(unit_property fpmd@up.service ActiveState) $(unit_property fpmd@up.socket ActiveState)"
assert_eq 'failed units' '' "$(in_container systemctl list-units --failed --plain --no-legend 'fpmd@*')"
install_debs 0.1.0+2 "fpmd-php$php" fpmd
in_container systemctl start fpmd@up.socket
assert_matches 'with PHP again' ' 77M$' "$(fetch http://up.test/slow.php)"

### an upgrade restarts no pool that would not start

manager=$(manager_of up)
echo 'pm.max_childern = 3' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/up.conf"
said=$(in_container /usr/libexec/fpmd/pools restart 2>&1)
assert_contains 'why not' 'fpmd@up.service is not restarted until that is mended' "$said"
assert_contains 'what' 'pm.max_childern' "$said"
assert_eq 'the manager of before' "$manager" "$(manager_of up)"
sed -i '/childern/d' "$CONTAINER_ROOT/etc/fpmd/conf.d/up.conf"
pool with-dash
fetch --output /dev/null http://with-dash.test/ || true
dashed=$(manager_of with-dash)
in_container mkdir -p /srv/folders/with-dash
in_container sh -c 'cd /srv/folders && exec /usr/libexec/fpmd/pools restart'
another_manager up "$manager" || fail 'an upgrade restarts no pool'
another_manager with-dash "$dashed" || fail 'an upgrade restarts no pool with a dash in its name'
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/with-dash.conf"

### removed

in_container dpkg --remove "${all[@]}"
assert_eq 'processes' '' "$(in_container pgrep -x fpmd || true)"
assert_eq 'units of exporter and agent' '' "$(in_container systemctl list-units --plain --no-legend 'fpmd-exporter*' 'fpmd-agent*')"
assert_eq 'the program of php-fpm' 0 "$(in_container sh -c "php-fpm$php -v >/dev/null; echo \$?")"
[[ -e $CONTAINER_ROOT/etc/fpmd/conf.d/www.conf ]] || fail 'a removal takes conffiles away'
# Its conffile stays, too, and what logrotate runs of it is no failure of logrotate.
mkdir -p "$CONTAINER_ROOT/var/log/fpmd/up"
in_container sh -ec "$(sed -n '/\(action\|postrotate\)$/,/endscript/{ /action$\|postrotate$\|endscript/!p; }' "$CONTAINER_ROOT/etc/logrotate.d/fpmd")"
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/up.conf" "$CONTAINER_ROOT/etc/php/$php/fpm/conf.d/99-fpmd-test-memory.ini"
in_container dpkg --purge "${all[@]}"
assert_eq 'left after purge' '' "$(comm -13 <(echo "$before") <(files))"
assert_eq "the exporter's user after purge" '' "$(in_container getent passwd fpmd-exporter || true)"
