#!/bin/bash
# Without systemd as PID 1, as in a container: process namespaces of their own, an empty /run, no bus, no journal. fpmd is
# PID 1 there, by systemd-socket-activate and with a socket that is passed by hand, as podman does. It answers, its lines
# have no priorities in front, fpmctl finds the pool, and SIGTERM ends it when its requests are done.
# A pool that would leave after its quiet time stays, since nobody would start it again; one without a number of workers
# has as many as its open files allow.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
in_container sh -c 'command -v systemd-socket-activate' >/dev/null || skip 'no systemd-socket-activate'

write_page bare page.php <<'END'
<?php
if (isset($_GET['ms'])) usleep(1000 * (int) $_GET['ms']);
if (isset($_GET['log'])) { error_log('a line of the script'); trigger_error('a warning'); }
echo 'ok ', getmypid();
END
write_pool bare <<'END'
user = alice
group = alice
listen = 127.0.0.1:9077
pm = static
pm.max_children = 2
access.log = /proc/self/fd/2
catch_workers_output = yes
php_admin_value[log_errors] = on
php_value[nonsense.setting] = 1
ping.path = /ping
END
site bare 127.0.0.1:9077

# a machine COMMAND…: COMMAND as PID 1 of it, and what it writes in /srv/bare.log
machine() {
	rm -f "$CONTAINER_ROOT/srv/bare.log"
	in_container env -u JOURNAL_STREAM -u INVOCATION_ID unshare --pid --fork --kill-child --mount --ipc -- sh -c '
		mount -t tmpfs tmpfs /run
		mount -t proc proc /proc
		exec "$@" 2>/srv/bare.log' sh "$@" &
	machine=$!
}
# inside COMMAND…
inside() {
	local pid

	pid=$(in_container pgrep -o -x fpmd)
	in_container nsenter --target "$pid" --mount --pid -- "$@"
}
is_up() {
	[[ $(fetch http://bare.test/page.php) == ok* ]]
}
check_lines() {
	local text

	text=$(<"$CONTAINER_ROOT/srv/bare.log")
	assert_contains "$1: its start" 'fpmd: bare: Ready to handle connections' "$text"
	assert_contains "$1: the script's" 'a line of the script' "$text"
	assert_contains "$1: PHP's" 'a warning' "$text"
	assert_contains "$1: of the pool program" 'PHP knows no such setting' "$text"
	assert_contains "$1: the access log" '"GET /page.php" 200' "$text"
	[[ ! $text =~ $'\n'\<[0-7]\> && $text != '<'[0-7]'>'* ]] || fail "$1: priorities in: $text"
}

cat >"$CONTAINER_ROOT/srv/pass.py" <<'END'
import os, socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 9077))
s.listen(64)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_FDS"] = "1"
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp("fpmd", ["fpmd", "bare"])
END

for way in socket-activate by-hand; do
	case $way in
	socket-activate) machine systemd-socket-activate --listen=127.0.0.1:9077 fpmd bare ;;
	by-hand) machine python3 /srv/pass.py ;;
	esac
	for _ in {1..100}; do is_up && break; sleep 0.1; done
	is_up || fail "$way: $(cat "$CONTAINER_ROOT/srv/bare.log")"
	assert_eq "$way: process 1" fpmd "$(inside ps -o comm= -p 1)"
	assert_eq "$way: no systemd" '' "$(inside sh -c 'ls -d /run/systemd 2>/dev/null' || :)"
	fetch --output /dev/null 'http://bare.test/page.php?log=1'

	# fpmctl
	assert_contains "$way: list" serving "$(inside fpmctl list)"
	assert_eq "$way: ping" pong "$(inside fpmctl ping bare)"
	assert_contains "$way: status" 'serving' "$(inside fpmctl status bare)"
	inside fpmctl drain bare
	assert_eq "$way: drained" 503 "$(fetch_status http://bare.test/ping)"
	inside fpmctl undrain bare
	sed -i '/nonsense/d' "$CONTAINER_ROOT/etc/fpmd/conf.d/bare.conf"
	inside fpmctl reload bare
	assert_contains "$way: generation" 2 "$(inside fpmctl status bare | grep ^generation)"
	is_up || fail "$way: nothing after a reload"
	echo 'php_value[nonsense.setting] = 1' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/bare.conf"

	# the end: what runs is finished
	fetch 'http://bare.test/page.php?ms=1500' >"$CONTAINER_ROOT/srv/last" &
	last=$!
	sleep 0.5
	inside kill -TERM 1
	wait "$last"
	assert_matches "$way: the last request" '^ok' "$(<"$CONTAINER_ROOT/srv/last")"
	status=0
	wait "$machine" || status=$?
	assert_eq "$way: exit status" 0 "$status"
	check_lines "$way"
done

# pm = auto, which a number of workers that nobody has written does not keep from starting
write_pool bare <<'END'
user = alice
listen = 127.0.0.1:9077
pm = auto
END
machine prlimit --nofile=256:256 systemd-socket-activate --listen=127.0.0.1:9077 fpmd bare
for _ in {1..100}; do is_up && break; sleep 0.1; done
is_up || fail "few files: $(cat "$CONTAINER_ROOT/srv/bare.log")"
assert_contains 'few files' 'pm.max_children: becomes 64, since a process may open 256 files' "$(<"$CONTAINER_ROOT/srv/bare.log")"
assert_eq 'max children' 64 "$(inside fpmctl status bare | sed -n 's/^max children: *//p')"
said=$(inside fpmd --test bare)
assert_contains 'a check' 'test is successful' "$said"
assert_lacks 'it does not leave' 'minutes without a request' "$said"
inside kill -TERM 1
wait "$machine"
