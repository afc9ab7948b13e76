#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 150 s
#
# A worker of worker_script that ends is replaced by one that has booted already, whatever has ended it: nobody waits for a
# boot of 1.5 s. While the application does not boot any more, the journal says so, and what still serves goes on.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

# script BOOT
script() {
	write_page app index.php <<-END
		<?php
		$1
		\$n = 0;
		while (frankenphp_handle_request(function () use (&\$n) {
			\$n++;
			switch (\$_GET['do'] ?? '') {
			case 'exit': try { exit('bye'); } finally {}
			case 'oom': ini_set('memory_limit', '6M'); str_repeat('x', 1 << 25);
			case 'fatal': eval('class A {} class A {}');
			case 'time': set_time_limit(1); for (;;);
			case 'hang': sleep(60);
			case 'kill': posix_kill(getmypid(), 9); sleep(5);
			}
			echo \$n, ' ', getmypid();
		})) if ((\$_GET['do'] ?? '') === 'end') break;
	END
}
script ''
pool app <<-'END'
	pm.max_children = 1
	worker_script = /srv/www/app/index.php
	request_terminate_timeout = 2s
	php_admin_value[opcache.revalidate_freq] = 0
END
script 'sleep(1); usleep(500000);'
page() {
	fetch "http://app.test/index.php${1:+?do=$1}"
}
spare() {
	processes_of app | wc -l
}
is_spare_ready() {
	in_container pgrep -f 'fpmd: app: spare worker' >/dev/null && sleep 1.8
}

assert_matches "first" '^1 ' "$(page)"
wait_for 10 is_spare_ready
for how in exit oom fatal time end hang kill; do
	former=$(page | cut -d' ' -f2)
	fetch_status "http://app.test/index.php?do=$how" >/dev/null
	start=$EPOCHREALTIME
	answer=$(page)
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	assert_matches "behind $how" '^1 ' "$answer"
	[[ ${answer#1 } != "$former" ]] || fail "$how: the same process"
	assert_at_most "milliseconds behind $how" 1000 "$took"
	wait_for 10 is_spare_ready
done
assert_eq "manager, zygote, one worker and one spare" 4 "$(spare)"

# The zygote is killed, and the spare does not stay.
former=$(in_container pgrep -f 'fpmd: app: spare worker')
in_container kill -KILL "$(zygote_of app)"
wait_for 5 in_container sh -c "! kill -0 $former 2>/dev/null"
wait_for 10 page
wait_for 10 is_spare_ready

# Several workers that end at once.
sed -i 's/^pm.max_children.*//; s/^request_term.*/pm.max_children = 3/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
script 'usleep(200000);'
in_container systemctl reload fpmd@app.service
load_begin 'http://app.test/index.php?do=exit' 3 4
sleep 2
in_container systemctl reload fpmd@app.service
load_end "exits" 20

# The application does not boot any more.
wait_for 10 is_spare_ready
script 'throw new Exception("no boot");'
page exit >/dev/null
wait_for 10 journal_has fpmd@app.service "No spare worker is ready, it has ended with status 78"
assert_matches "those that are left" '^[0-9]+ [0-9]+$' "$(page)"
for _ in 1 2 3 4 5 6; do page exit >/dev/null; done
is_unavailable() {
	[[ $(fetch_status http://app.test/) == 503 ]]
}
wait_for 20 is_unavailable
sleep 1.1 # opcache tells two versions of a script apart by the second
script ''
is_back() {
	[[ $(page) =~ ^[0-9]+\ [0-9]+$ ]]
}
wait_for 30 is_back

# With pm = ondemand there is no worker that nobody has asked for.
sed -i 's/^pm = .*/pm = ondemand/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
in_container systemctl reload fpmd@app.service
page >/dev/null
sleep 1
if in_container pgrep -f 'fpmd: app: spare worker'; then fail "a spare worker of pm = ondemand"; fi
