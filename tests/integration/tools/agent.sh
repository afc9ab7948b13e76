#!/bin/bash
# fpmd-agent, HAProxy's agent-check: a pool at rest is up and is not woken; one that serves says its weight and how many
# requests it can take; one that is drained or stops says so; one that cannot serve is down, with the reason. Names that
# are none, slow askers by the thousand, a flood, and a manager that hangs do no harm.
# Time limit: 90 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

end_agent() {
	in_container systemctl stop fpmd-agent.socket fpmd-agent.service
}
trap end_agent EXIT

write_page agent page.php <<'END'
<?php usleep((int) ($_GET['us'] ?? 0)); echo 'ok';
END
pool agent <<'END'
ping.path = /ping
END
pool other
write_pool never <<<'pm = static'
write_pool broken <<'END'
user = alice
pm = static
pm.max_children = 1
END
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@broken.service.d"
printf '[Service]\nExecStart=\nExecStart=sh -c "exit 78"\n' >"$CONTAINER_ROOT/etc/systemd/system/fpmd@broken.service.d/no.conf"
in_container systemctl daemon-reload

# ask NAME: as HAProxy does
ask() {
	# shellcheck disable=SC2016
	in_container timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9254; printf "%s\n" "$1" >&3; cat <&3' bash "$1"
}
says() {
	[[ $(ask "$1") =~ $2 ]]
}
in_container systemctl start fpmd-agent.socket

# One that lacks something is started again and again while a connection waits, which is no time to send it requests.
pool lacks <<'END'
chdir = /srv/not-there
END
fetch --output /dev/null --max-time 9 http://lacks.test/ &
wait_for 20 says lacks '^fail#the pool does not start$' && touch "$CONTAINER_ROOT/srv/lacks.said" &

# at rest
assert_eq 'a pool that listens' 'up ready 100%' "$(ask agent | sed 's/ [0-9]*%/ 100%/')"
assert_eq 'nobody is woken' inactive "$(unit_property fpmd@agent.service ActiveState)"
assert_eq 'not started' 'stopped#nobody has started the pool' "$(ask never)"
assert_eq 'another user' fpmd-exporter "$(in_container ps -o user:20= -p "$(unit_property fpmd-agent.service MainPID)" | tr -d ' ')"

# one that serves
fetch --output /dev/null http://agent.test/page.php
wait_for 5 says agent '^up ready [0-9]+% maxconn:2$'
idle=$(ask agent)
for _ in 1 2 3 4 5; do fetch --output /dev/null 'http://agent.test/page.php?us=6000000' & done
wait_for 6 says agent '^up ready 1[0-9]% maxconn:2$'
wait
echo "idle: $idle; busy: $(ask agent)"
wait_for 8 says agent "^up ready ([2-9][0-9]|100)% maxconn:2$"

assert_eq 'the state alone' 'up ready' "$(ask 'agent state')"
assert_eq 'the limit alone' 'up ready maxconn:2' "$(ask 'agent maxconn')"

# out of rotation, and back; also of one at rest
in_container fpmctl drain agent
assert_matches 'drained' '^up drain [0-9]+% maxconn:2$' "$(ask agent)"
in_container systemctl restart fpmd@agent.service
wait_for 5 says agent '^up drain'
in_container fpmctl undrain agent
wait_for 5 says agent '^up ready'
in_container fpmctl drain other
assert_matches 'drained at rest' '^up drain' "$(ask other)"
assert_eq 'nobody is woken' inactive "$(unit_property fpmd@other.service ActiveState)"
in_container fpmctl undrain other

# one whose file got a mistake: what runs goes on, what is at rest would not start
file=$CONTAINER_ROOT/etc/fpmd/conf.d
sed -i '$a nonsense = 1' "$file/agent.conf" "$file/other.conf"
wait_for 10 says other '^fail#the pool file has a mistake$'
assert_matches 'one that runs' '^up ready' "$(ask agent)"
sed -i '$d' "$file/agent.conf" "$file/other.conf"
wait_for 10 says other '^up ready'

# one that has failed
in_container systemctl start fpmd@broken.service 2>/dev/null && fail 'a broken pool starts'
wait_for 10 says broken '^fail#the pool has failed$'

[[ -e $CONTAINER_ROOT/srv/lacks.said ]] || fail 'a pool that does not start is up' # it was waited for above
in_container systemctl stop fpmd@lacks.socket fpmd@lacks.service

# names that are none; without an end of line; in pieces
assert_eq 'no such pool' 'fail#there is no pool of this name' "$(ask nonesuch)"
for name in '' '../agent' '%s%n' 'agentx agent' "$(printf 'x%.0s' {1..5000})" $'a\x01\xff' '-' '.drained'; do
	assert_eq "name '$(head -c 20 <<<"$name" | cat -v)'" 'fail#there is no pool of this name' "$(ask "$name" 2>/dev/null)"
done
cat >"$CONTAINER_ROOT/srv/agent.py" <<'END'
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
def connect():
    s = socket.create_connection(("127.0.0.1", 9254), timeout=5)
    return s
def ask(*pieces):
    s = connect()
    for piece in pieces:
        s.send(piece)
        time.sleep(0.02)
    return s.recv(200)
if sys.argv[1] == "pieces":
    assert ask(b"agent").startswith(b"up ready"), "no end of line"
    assert ask(b"age", b"nt\r\n").startswith(b"up ready"), "in pieces"
    assert ask(b"agent\nother\n").startswith(b"up ready"), "two lines"
    s = connect()
    begin = time.monotonic()
    assert s.recv(10) == b"", "one who says nothing"
    assert 1 < time.monotonic() - begin < 4
elif sys.argv[1] == "slow":
    end, slow = time.monotonic() + 5, []
    for i in range(1000):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", 9254))
        slow.append(s)
    while time.monotonic() < end:
        time.sleep(0.1)
elif sys.argv[1] == "flood":
    end, n = time.monotonic() + 5, 0
    while time.monotonic() < end:
        try:
            s = connect()
            s.send(b"nonesuch%d\n" % n)
            s.recv(100)
            s.close()
            n += 1
        except OSError:
            pass
    print("a flood of", n)
elif sys.argv[1] == "crowd":
    crowd = []
    for i in range(600):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.setblocking(False)
        try:
            s.connect("/run/fpmd/other/control")
        except BlockingIOError:
            break
        crowd.append(s)
    print("the queue has room for", len(crowd), flush=True)
    open("/tmp/agent.crowd", "w").close()
    time.sleep(60)
END
in_container python3 /srv/agent.py pieces
for crowd in slow flood; do
	in_container python3 /srv/agent.py $crowd &
	sleep 1
	for _ in 1 2 3 4 5; do
		assert_matches "beside: $crowd" '^up ready' "$(ask agent)"
		sleep 0.3
	done
	wait $!
done
pid=$(unit_property fpmd-agent.service MainPID)
assert_at_most 'memory, KiB' 32000 "$(in_container sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")"

# a manager that hangs: its workers serve, and the others are answered; also where somebody fills the queue of its socket
fetch --output /dev/null http://other.test/ || true
hung=$(manager_of other)
in_container kill -STOP "$hung"
sleep 1.1
assert_eq 'one that hangs' up "$(ask other)"
sleep 1.1
begin=$(date +%s%N)
assert_matches 'the others' '^up ready' "$(ask agent)"
assert_at_most 'milliseconds' 1500 $((($(date +%s%N) - begin) / 1000000))
in_container setpriv --reuid=2002 --regid=2002 --clear-groups python3 /srv/agent.py crowd &
wait_for 5 in_container test -e /tmp/agent.crowd
in_container systemctl restart fpmd-agent.service # which asks for this pool alone then
begin=$(date +%s%N)
assert_eq 'one with a crowd before it' up "$(ask other)"
assert_at_most 'milliseconds' 2500 $((($(date +%s%N) - begin) / 1000000))
in_container pkill -f 'agent.py crowd'
wait $! || true
in_container kill -CONT "$hung"
sleep 1.1
wait_for 5 says other '^up ready'

# one that stops at once; one that is gone
in_container systemctl stop fpmd@agent.socket fpmd@agent.service
wait_for 5 says agent '^(stopped|fail)#'
assert_eq 'its complaints' '' "$(in_container journalctl --quiet --output=cat --priority=warning --unit=fpmd-agent.service)"
