#!/bin/bash
# When the zygote is killed its workers finish what they hold, and the limits stay: request_terminate_timeout
# ends one of them on time, process_control_timeout what a stop would wait for, SIGINT all at once. What a
# script leaves behind becomes the manager's, which reaps it when it ends and never ends it.
# A zygote that hangs is killed, and one that dies with orders unread: their requests are answered.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page dead nap.php <<'END'
<?php sleep((int) $_GET['s']); echo 'slept';
END
write_page dead daemon.php <<'END'
<?php
exec('(exec sleep ' . (float) $_GET['s'] . ') >&- 2>&- & echo $!', $out);
echo $out[0];
END
write_page dead child.php <<'END'
<?php
proc_open('exec sleep 1.25', [], $pipes);
posix_kill(getmypid(), 9);
END
# configure TERMINATE CONTROL
configure() {
	write_pool dead <<-END
		process_control_timeout = $2
		[dead]
		user = alice
		pm = static
		pm.max_children = 4
		request_terminate_timeout = $1
	END
}
configure 3s 6s
site dead
unit=fpmd@dead.service
in_container systemctl start fpmd@dead.socket "$unit"
manager=$(manager_of dead)

# ask NAME SECONDS: body, status and time into a file, in the background
ask() {
	fetch --write-out '|%{http_code} %{time_total}' "http://dead.test/nap.php?s=$2" >"$CONTAINER_ROOT/srv/$1" &
}
answer() {
	sed -z 's/\n/ /g' "$CONTAINER_ROOT/srv/$1"
}
kill_zygote() {
	local zygote

	zygote=$(zygote_of dead)
	in_container kill -KILL "$zygote"
	wait_for 5 another_zygote dead "$zygote"
}
children_of_manager() {
	in_container ps -o stat=,args= --ppid "$manager"
}
has_ended() {
	! in_container kill -0 "$1"
}

# --- request_terminate_timeout
ask late 20
ask quick 2
sleep 0.4
kill_zygote
assert_eq 'a page of the next generation' 'slept' "$(fetch 'http://dead.test/nap.php?s=0')"
assert_contains 'requests that run' 's=20' "$(in_container fpmctl requests dead)"
wait
echo "late: $(answer late)"
assert_matches 'the late one' '\|502 3\.[0-3]' "$(answer late)"
assert_matches 'the quick one' '^slept\|200 2\.' "$(answer quick)"
assert_matches 'journal of the late one' \
	"was ended during GET /nap\\.php\\?s=20 \\(/srv/www/dead/nap\\.php\\): the request ran for 3\\.[0-3][0-9] s, longer than request_terminate_timeout, without a stack: the zygote has gone" \
	"$(journal_of "$unit" --priority=warning)"
only_the_new_ones() {
	[[ $(processes_of dead | wc -l) == 6 && $(children_of_manager | wc -l) == 1 ]]
}
wait_for 2 only_the_new_ones

# --- what scripts leave behind
daemon=$(fetch 'http://dead.test/daemon.php?s=1.5')
assert_eq 'parent of a daemon' "$manager" "$(in_container ps -o ppid= -p "$daemon" | tr -d ' ')"
fetch --output /dev/null 'http://dead.test/daemon.php?s=100'
assert_eq 'a script that kills its worker' 502 "$(fetch_status http://dead.test/child.php)"
assert_contains 'its child' 'sleep 1.25' "$(children_of_manager)"
wait_for 3 has_ended "$daemon"
only_one_stays() {
	[[ $(children_of_manager | wc -l) == 2 ]]
}
wait_for 2 only_one_stays
assert_eq 'the manager' "$manager" "$(manager_of dead)"

# --- a stop waits, and leaves nothing
configure 0 6s
in_container systemctl reload "$unit"
ask stopped 3
sleep 0.4
kill_zygote
begin=${EPOCHREALTIME/./}
in_container systemctl stop fpmd@dead.socket "$unit"
ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
wait
assert_matches 'one that a stop waits for' '^slept\|200 3\.' "$(answer stopped)"
((ms >= 1000)) || fail "the stop took only $ms ms"
assert_eq 'the stop' success "$(unit_property "$unit" Result)"
assert_eq 'what is left' '' "$(processes_of dead)"

# --- not for longer than process_control_timeout, and not at all when it is told to be quick
configure 0 2s
in_container systemctl start fpmd@dead.socket "$unit"
ask drained 20
sleep 0.4
in_container kill -KILL "$(zygote_of dead)"
in_container timeout 10 systemctl stop fpmd@dead.socket "$unit"
wait
assert_matches 'one that hangs' '\|502 [23]\.' "$(answer drained)"
assert_contains 'the journal' '(process_control_timeout)' "$(journal_of "$unit")"
assert_eq 'what is left' '' "$(processes_of dead)"

in_container systemctl start fpmd@dead.socket "$unit"
ask fast 20
sleep 0.4
kill_zygote
in_container systemctl kill --kill-whom=main --signal=INT "$unit"
wait
echo "fast: $(answer fast)"
assert_matches 'one that a fast stop ends' '\|502 [01]\.' "$(answer fast)"
nobody_is_left() {
	[[ -z $(processes_of dead) ]]
}
wait_for 2 nobody_is_left

# --- one that dies with orders unread costs no request
configure 0 0
in_container systemctl start fpmd@dead.socket "$unit"
ask unread 3
sleep 0.4
zygote=$(zygote_of dead)
in_container kill -STOP "$zygote"
in_container timeout 5 fpmctl trace dead >/dev/null || true # an order that it does not read
in_container kill -KILL "$zygote"
wait_for 5 another_zygote dead "$zygote"
wait
assert_matches 'the request of one that had orders' '^slept\|200 3\.' "$(answer unread)"
assert_lacks 'the journal' 'wrong message' "$(journal_of "$unit" --priority=err)"
in_container systemctl stop fpmd@dead.socket "$unit"

# --- one that hangs is killed for it, and costs no request
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/$unit.d"
printf '[Service]\nWatchdogSec=1s\n' >"$CONTAINER_ROOT/etc/systemd/system/$unit.d/watchdog.conf"
configure 0 0
in_container systemctl start fpmd@dead.socket "$unit"
ask hung 3
sleep 0.4
zygote=$(zygote_of dead)
in_container kill -STOP "$zygote"
wait_for 3 another_zygote dead "$zygote"
wait
assert_matches 'the request of one that hangs' '^slept\|200 3\.' "$(answer hung)"
assert_eq 'restarts' 0 "$(unit_property "$unit" NRestarts)"
