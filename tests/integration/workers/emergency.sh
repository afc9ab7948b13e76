#!/bin/bash
# emergency_restart_threshold where it meets something else: without an interval it is off, as in php-fpm. A crash
# while the pool stops starts nothing. A new generation starts although PHP complains at its start, as at a boot; a
# reload that nobody waits for any more does not end it; and while sixteen old ones still serve it waits, and the
# manager lives.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # which catches SIGSEGV

write_page emergency crash.php <<'END'
<?php
usleep(1000 * (int) ($_GET['after'] ?? 0));
posix_kill(getmypid(), 11);
sleep(1);
END
write_page emergency nap.php <<'END'
<?php
usleep(1000 * (int) ($_GET['ms'] ?? 0));
for ($i = 0; isset($_GET['until']) && $i < 6000 && !file_exists(__DIR__ . "/$_GET[until]"); $i++)
	usleep(10000);
echo 'slept';
END
write_page emergency preload.php <<'END'
<?php sleep(1);
END
# pool_with GLOBAL POOL: a pool with these lines.
pool_with() {
	write_pool emergency <<-END
		$1
		[emergency]
		user = alice
		pm = static
		pm.max_children = 4
		$2
	END
}
generation() {
	pool_status emergency generation
}
generation_is() {
	[[ $(generation) == "$1" ]]
}
crash() {
	assert_eq 'answer to a crash' 502 "$(fetch_status "http://emergency.test/crash.php?$1")"
}

### a threshold alone
pool_with 'emergency_restart_threshold = 1' ''
site emergency
in_container systemctl start fpmd@emergency.socket fpmd@emergency.service
crash first
sleep 0.3
assert_eq 'no interval, no restart' 1 "$(generation)"

### in spite of what a reload would refuse
pool_with $'emergency_restart_threshold = 1\nemergency_restart_interval = 60' 'php_admin_value[extension] = none.so'
in_container systemctl restart fpmd@emergency.service
crash broken
wait_for 3 generation_is 2

### during a stop
fetch_status 'http://emergency.test/crash.php?after=700' >/dev/null &
fetch 'http://emergency.test/nap.php?ms=1500' >"$CONTAINER_ROOT/srv/nap" &
nap=$!
sleep 0.3
in_container systemctl stop fpmd@emergency.socket fpmd@emergency.service
assert_eq 'result of the stop' success "$(unit_property fpmd@emergency.service Result)"
wait "$nap"
assert_eq 'the other request' slept "$(<"$CONTAINER_ROOT/srv/nap")"
assert_eq 'left' '' "$(processes_of emergency)"

### while somebody reloads, and leaves
pool_with $'emergency_restart_threshold = 1\nemergency_restart_interval = 60' \
	"php_admin_value[opcache.preload] = /srv/www/emergency/preload.php"
in_container systemctl start fpmd@emergency.socket fpmd@emergency.service
crash preloaded
in_container timeout 0.3 fpmctl reload emergency >/dev/null && fail 'the reload took no time'
wait_for 3 generation_is 2

### while many drain
pool_with $'emergency_restart_threshold = 1\nemergency_restart_interval = 60' ''
in_container systemctl restart fpmd@emergency.service
manager=$(manager_of emergency)
naps_run() {
	(($(in_container fpmctl requests emergency | grep -c nap.php) == $1))
}
naps=()
for n in {1..16}; do
	fetch --max-time 60 "http://emergency.test/nap.php?until=$((n == 1 ? 1 : 2))" >/dev/null &
	naps+=($!)
	wait_for 5 naps_run "$n"
	in_container fpmctl reload emergency >/dev/null
done
assert_eq 'sixteen reloads' 17 "$(generation)"
said=$(in_container fpmctl reload emergency 2>&1) && fail 'one more was not refused'
assert_contains 'one more' 'too many old generations still finish requests; reload again when generation 1, the oldest, has finished its own: fpmctl requests emergency shows them' "$said"
crash many
sleep 0.3
assert_eq 'it waits' 17 "$(generation)"
in_container touch /srv/www/emergency/1
wait_for 10 generation_is 18
in_container touch /srv/www/emergency/2
wait "${naps[@]}"
assert_eq 'the manager' "$manager" "$(manager_of emergency)"
