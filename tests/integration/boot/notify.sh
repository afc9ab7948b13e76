#!/bin/bash
# What systemd knows of a pool: Type=notify, READY not before the first worker can accept, a STATUS
# line with workers and requests, the manager as MainPID, and a watchdog that gets rid of a manager
# that hangs.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@notify.service
write_page notify pid.php <<'END'
<?php echo getmypid();
END

# PHP that takes 0.7 s to start: systemctl start must wait for it, and workers be there after it
write_page notify slow.php <<'END'
<?php usleep(700000);
END
mkdir -p "$CONTAINER_ROOT/etc/fpmd/notify"
cat >"$CONTAINER_ROOT/etc/fpmd/notify/php.ini" <<'END'
opcache.preload = /srv/www/notify/slow.php
END
# STATUS is told anew with the watchdog's tick
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/$unit.d"
printf '[Service]\nWatchdogSec=2s\nTimeoutAbortSec=2s\n' \
	>"$CONTAINER_ROOT/etc/systemd/system/$unit.d/watchdog.conf"
pool notify <<'END'
php_ini = /etc/fpmd/notify/php.ini
END
start=${EPOCHREALTIME/./}
in_container systemctl start "$unit"
msec=$(((${EPOCHREALTIME/./} - start) / 1000))
((msec >= 700)) || fail "READY after $msec ms, PHP was not up yet"
[[ -n $(workers_of notify) ]] || fail 'READY and no worker'

assert_eq Type notify "$(unit_property "$unit" Type)"
assert_eq NotifyAccess main "$(unit_property "$unit" NotifyAccess)"
assert_eq 'command of MainPID' fpmd "$(in_container ps -o comm= -p "$(manager_of notify)")"
assert_eq 'zygote of MainPID' "php-fpm$FPMD_TEST_PHP" "$(in_container ps -o comm= -p "$(zygote_of notify)")"
in_container grep -q '^WatchdogSec=[1-9]' /usr/lib/systemd/system/fpmd@.service ||
	fail 'the shipped unit has no watchdog'
assert_eq SubState running "$(unit_property "$unit" SubState)"

# STATUS counts workers and requests
status_has() {
	[[ $(unit_property "$unit" StatusText) =~ $1 ]]
}
echo "STATUS: $(unit_property "$unit" StatusText)"
wait_for 10 status_has 'Workers: 2 of 2, 0 busy, 2 idle'
for _ in 1 2 3 4 5 6 7; do
	fetch --output /dev/null http://notify.test/pid.php
done
wait_for 10 status_has 'requests: 7;'
echo "STATUS: $(unit_property "$unit" StatusText)"

# the last trouble is told at once, and when it was
in_container kill -ABRT "$(workers_of notify | head -n 1)"
wait_for 2 status_has 'last trouble: Worker [01] \(pid [0-9]+\) was killed by SIGABRT, .*\([A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}\)$'
wait_for 2 status_has 'Workers: 2 of 2'
echo "STATUS: $(unit_property "$unit" StatusText)"

# a manager that hangs is replaced, one that does not is left alone
sleep 3
assert_eq 'restarts while all is well' 0 "$(unit_property "$unit" NRestarts)"
manager=$(manager_of notify)
in_container kill -STOP "$manager"
replaced() {
	local now
	now=$(manager_of notify)
	[[ $now != 0 && $now != "$manager" ]]
}
wait_for 10 replaced
assert_eq 'a page after the watchdog' 200 "$(fetch_status http://notify.test/pid.php)"
