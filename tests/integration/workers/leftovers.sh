#!/bin/bash
# What scripts leave behind is gone after a stop: daemons in sessions of their own, also those that ignore SIGTERM, that
# fork on, or call themselves like a worker. The workers of a killed manager finish their requests, over a restart and a
# stop of the next one. A pool with such processes does not leave for want of work.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool behind <<'END'
pm = static
pm.max_children = 2
END
write_page behind daemon.php <<'END'
<?php
exec('setsid sh -c "exec >/dev/null 2>&1; ' . $_GET['do'] . '" >/dev/null 2>&1 &');
echo 'started';
END
write_page behind slow.php <<'END'
<?php sleep((int) $_GET['s']); echo 'slow';
END
write_page behind page.php <<<'<?php echo getmypid();'
unit=fpmd@behind.service

# daemon COMMAND: a script starts it, and the daemon runs
daemon() {
	assert_eq 'a daemon' started "$(fetch --get --data-urlencode "do=$1" http://behind.test/daemon.php)"
	sleep 0.3
}
nobody_is_left() {
	assert_eq "$1" '' "$(processes_of behind)"
	assert_eq "$1: by name" '' "$(in_container pgrep -u alice || true)"
}
stop_in() {
	local limit=$1

	SECONDS=0
	in_container systemctl stop $unit 2>/dev/null
	assert_at_most 'seconds of a stop' "$limit" "$SECONDS"
}

# several at once
daemon 'sleep 1000'
daemon 'sleep 1001 & sleep 1002 & wait'
assert_at_most 'processes before' 12 "$(processes_of behind | wc -l)"
assert_contains 'the daemons' sleep "$(processes_of behind)"
stop_in 2
nobody_is_left 'daemons'
assert_matches 'told' 'Ending [0-9]+ processes that scripts have left behind' "$(journal_of $unit)"

# one that ignores SIGTERM, one that is stopped, one that forks on, one that is called like a worker
# shellcheck disable=SC2016
daemon 'trap \"\" TERM; while :; do sleep 1; done'
daemon 'kill -STOP \$\$'
daemon $'exec python3 -c \\"import os, signal, time\nsignal.signal(15, signal.SIG_IGN)\nwhile True:\n if os.fork(): os._exit(0)\n time.sleep(0.2)\\"'
daemon 'exec python3 -c \"import ctypes,time; ctypes.CDLL(None).prctl(15, b\\\"php-fpm'"$FPMD_TEST_PHP"'\\\"); time.sleep(1000)\"'
daemon 'exec bash -c \"exec -a \\\"fpmd: behind: worker 9\\\" sleep 1006\"'
stubborn_ones_run() {
	local name all

	all=$(processes_of behind)
	for name in sh sleep python3; do
		[[ $all == *" $name"* ]] || return 1
	done
	[[ $(grep -c " php-fpm$FPMD_TEST_PHP\$" <<<"$all") == 4 ]]
}
wait_for 15 stubborn_ones_run
stop_in 5
nobody_is_left 'stubborn ones'

# a restart, as with php-fpm's unit
daemon 'sleep 1003'
in_container systemctl restart $unit
assert_lacks 'after a restart' sleep "$(processes_of behind)"

# none: a stop is not held up
fetch http://behind.test/page.php >/dev/null
stop_in 1

# The workers of a killed manager finish: over a restart of the next one, whose daemons go at once
fetch http://behind.test/page.php >/dev/null
begun=$EPOCHREALTIME
fetch 'http://behind.test/slow.php?s=5' >"$CONTAINER_ROOT/srv/answer" &
client=$!
sleep 0.5
manager=$(manager_of behind)
in_container systemctl kill --kill-whom=main --signal=KILL $unit
wait_for 5 another_manager behind "$manager"
daemon 'sleep 1004'
in_container systemctl stop $unit 2>/dev/null
wait "$client"
assert_eq 'a request of the killed manager' slow "$(<"$CONTAINER_ROOT/srv/answer")"
echo "the stop took ${begun%.*} to ${EPOCHREALTIME%.*}"
nobody_is_left 'after a stop behind a killed manager'

# The same where the program of that PHP has a name of its own
cp "/usr/sbin/php-fpm$FPMD_TEST_PHP" "$CONTAINER_ROOT/usr/local/sbin/web-php"
php_side 7.9 /usr/local/sbin/web-php
in_container systemctl stop fpmd@behind.socket
pool behind <<'END'
php = 7.9
pm = static
pm.max_children = 2
END
fetch http://behind.test/page.php >/dev/null
assert_contains 'its name' web-php "$(processes_of behind)"
fetch 'http://behind.test/slow.php?s=6' >"$CONTAINER_ROOT/srv/answer" &
client=$!
sleep 0.5
manager=$(manager_of behind)
in_container systemctl kill --kill-whom=main --signal=KILL $unit
wait_for 5 another_manager behind "$manager"
in_container systemctl stop $unit 2>/dev/null
wait "$client"
assert_eq 'a request of a program with another name' slow "$(<"$CONTAINER_ROOT/srv/answer")"
nobody_is_left 'after its stop'

# idle exit
in_container systemctl stop fpmd@behind.socket
pool behind <<'END'
pm = ondemand
pm.idle_exit_timeout = 1
END
daemon 'sleep 1005'
sleep 3
assert_eq 'a pool with a daemon' active "$(unit_property $unit ActiveState)"
in_container pkill -u alice sleep
idle() {
	[[ $(unit_property $unit ActiveState) == inactive ]]
}
wait_for 5 idle
nobody_is_left 'after idle exit'
