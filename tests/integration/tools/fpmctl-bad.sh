#!/bin/bash
# Each way in which fpmctl or its peer can be wrong ends in one clear line, the right status and in time: a pool that
# does not exist or run, wrong arguments, a manager that hangs, dies or lies. A manager that is sent what is no
# request, by whoever, goes on; nobody takes the places of others by keeping silent; an answer about 4096 workers
# arrives whole.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../fake_pool.sh"
needs_fpmd

# expect STATUS TEXT COMMAND…: with one line of standard error that has TEXT, within 2 s
expect() {
	local status=0 begin=${EPOCHREALTIME/./} error took
	error=$(in_container timeout 10 "${@:3}" 2>&1 >/dev/null) || status=$?
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	assert_eq "status of ${*:3}" "$1" "$status"
	assert_contains "error of ${*:3}" "$2" "$error"
	[[ $1 == 64 ]] || assert_eq "lines of ${*:3}" 1 "$(wc -l <<<"$error")"
	((took < 2000)) || fail "${*:3} took $took ms"
}

write_page bad page.php <<'END'
<?php while (!file_exists('/srv/go')) usleep(10000); echo 'done';
END
pool bad
write_pool other <<'END'
user = alice
pm = static
pm.max_children = 1
END
in_container systemctl start fpmd@bad fpmd@other

# --- arguments
expect 64 'there is no command' fpmctl nosuch
expect 64 'Usage: fpmctl COMMAND' fpmctl
expect 64 'Usage: fpmctl status' fpmctl status
expect 64 'Usage: fpmctl status' fpmctl status bad other
expect 64 'Usage: fpmctl reload' fpmctl reload bad --json
expect 64 'is not the name of a pool' fpmctl status ../bad
expect 64 'is not the name of a pool' fpmctl status $'x\e[31m'
expect 64 'is not the number of a slot' fpmctl trace bad x
expect 64 'is not the number of a slot, which is below 4096' fpmctl trace bad 9999
expect 64 '--sort is one of' fpmctl top --sort=beauty
expect 64 '--lines is a number' fpmctl slow bad --lines=0
expect 64 "'nosuch'" fpmctl $'nosuch'
assert_contains 'version' fpmctl "$(in_container fpmctl --version)"

# --- no pool, no manager
for command in status requests trace reload top; do
	expect 66 'there is no pool nosuch: no /etc/fpmd/conf.d/nosuch.conf' fpmctl "$command" nosuch
	expect 69 'pool www does not run' fpmctl "$command" www
done
write_pool broken <<<'pm = sttaic'
assert_fails in_container systemctl start fpmd@broken.service 2>/dev/null
expect 69 'pool broken has failed: correct what journalctl -u fpmd@broken names, then run systemctl restart fpmd@broken' fpmctl status broken
expect 78 'broken.conf:2: pm' sh -c 'mkdir -p /srv/sites/broken && cd /srv/sites && fpmctl check broken'
expect 66 'there is no such file' fpmctl config nosuch
expect 66 'there is no pool nosuch: no /etc/fpmd/conf.d/nosuch.conf' fpmctl slow nosuch
expect 66 'there is no pool nosuch: no /etc/fpmd/conf.d/nosuch.conf' fpmctl check nosuch
expect 66 'there is no pool nosuch: no /srv/x/nosuch.conf' fpmctl check /srv/x//nosuch.conf --json
expect 77 'may not read the journal' setpriv --reuid=2002 --regid=2002 --clear-groups fpmctl slow bad
expect 0 'the journal has no slow request; request_slowlog_timeout is 0, which tells of none' fpmctl slow bad
assert_contains 'one worker' 'because:              1 worker: pm.max_children' "$(in_container fpmctl status other)"
expect 1 'pool bad: there is no slot 77' fpmctl trace bad 77
expect 0 'pool bad: no request runs in this slot' fpmctl trace bad 0
expect 0 'pool bad: no request runs' fpmctl trace bad
expect 78 'there is no such directive' sh -c "mkdir -p /srv/c && printf '[p]\nnosuch = 1\n' >/srv/c/p.conf && fpmctl --conf-dir=/srv/c config p"
expect 78 '/srv/c/p.conf:2: ' fpmctl check /srv/c/p.conf
expect 78 './p.conf:2: ' sh -c 'cd /srv/c && fpmctl check ./p.conf'
expect 64 'is called NAME.conf' fpmctl check /etc/passwd
for command in 'status bad --json' 'status bad' 'list --names' 'metrics' 'help'; do
	expect 74 'cannot write' sh -c "fpmctl $command >/dev/full"
done

# --- 800 whose managers have died: what is said of one does not take a look at all
took=$(in_container unshare --mount python3 - <<'END'
import os, socket, subprocess, time
subprocess.check_call(["mount", "-t", "tmpfs", "tmpfs", "/run"])
os.makedirs("/srv/many")
for i in range(800):
    os.makedirs("/run/fpmd/many%d" % i)
    socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind("/run/fpmd/many%d/control" % i)
    with open("/srv/many/many%d.conf" % i, "w") as f:
        f.write("[many%d]\nuser = alice\npm = static\npm.max_children = 1\n" % i)
begin = time.monotonic()
said = subprocess.run(["fpmctl", "--conf-dir=/srv/many", "status", "--all"], capture_output=True, text=True)
took = time.monotonic() - begin
assert said.returncode == 69 and said.stderr.count("does not run") == 800, said
print(int(took * 1000))
END
)
assert_at_most 'status --all of 800 that are gone, ms' 1500 "$took"

# --- a manager that hangs: it alone does not answer, and costs a second and a half whatever else is asked
manager=$(manager_of bad)
in_container kill -STOP "$manager"
for command in status top; do
	expect 75 'the manager of pool bad did not answer in time' fpmctl "$command" bad
done
begin=${EPOCHREALTIME/./}
in_container fpmctl metrics >"$CONTAINER_ROOT/srv/metrics" &
list=$(in_container fpmctl list)
wait
metrics=$(<"$CONTAINER_ROOT/srv/metrics")
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
assert_matches 'a manager that hangs in the list' 'bad +silent' "$list"
assert_matches 'another pool in the list' 'other +serving' "$list"
assert_contains 'metrics' 'fpmd_up{pool="bad"} 0' "$metrics"
assert_contains 'metrics' 'fpmd_up{pool="other"} 1' "$metrics"
assert_at_most 'list and metrics with one that hangs, ms' 2000 "$took"
# Its backlog is full.
in_container timeout 5 python3 - <<'END' &
import socket, time
peers = []
for _ in range(40):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.setblocking(False)
    try:
        peer.connect("/run/fpmd/bad/control")
    except BlockingIOError:
        pass
    peers.append(peer)
time.sleep(2.3)
END
filler=$!
sleep 0.5
expect 75 'did not answer in time' fpmctl status bad
in_container kill -CONT "$manager"
wait "$filler" || true
assert_contains 'the manager afterwards' 'pool:                 bad' "$(in_container fpmctl status bad)"

# --- what is no request; who keeps silent
in_container setpriv --reuid=2001 --regid=2001 --clear-groups python3 - <<'END'
import array, os, socket, struct
ALL = 0xffffffff
def ask(data, fds=()):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.settimeout(3)
    peer.connect("/run/fpmd/bad/control")
    peer.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
    reply = peer.recv(65536)
    assert len(reply) >= 9, reply
    return struct.unpack("<Ii", reply[:8])[1], reply[8:-1].decode()
def refused(data, result, **more):
    got = ask(data, **more)
    assert got[0] == result and got[1], (data[:32], got)
request = lambda version, verb, slot, rest=0: struct.pack("<IIII", version, verb, slot, rest)
EPROTO, EBADMSG, EPERM = -71, -74, -1
assert ask(request(2, 2, ALL))[0] == 0
refused(b"x", EBADMSG)
refused(request(2, 2, ALL)[:12], EBADMSG)
refused(request(2, 2, ALL) + b"x" * 100000, EBADMSG)
refused(request(2, 2, ALL, 1), EBADMSG)
refused(request(2, 0, ALL), EBADMSG)
refused(request(2, 99, ALL), EBADMSG)
refused(request(2, 2, 1), EBADMSG)
refused(request(2, 4, 4096), EBADMSG)
refused(request(1, 2, ALL), EPROTO)
refused(struct.pack("<II", 1, 1), EPROTO)
for verb in (1, 3, 4):  # this uid is the pool's own, and a stranger all the same
    refused(request(2, verb, ALL), EPERM)
assert ask(request(2, 2, ALL), fds=[0, 1, 2])[0] == 0
# Twice is once too often; going at once is no harm.
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect("/run/fpmd/bad/control")
peer.send(request(2, 2, ALL))
try:
    peer.send(request(2, 2, ALL))
except OSError:
    pass  # the first was answered already
peer.close()
# 40 who say nothing do not keep the others from being heard.
silent = []
for _ in range(40):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.settimeout(3)
    peer.connect("/run/fpmd/bad/control")
    silent.append(peer)
    if len(silent) % 10 == 0:
        assert ask(request(2, 2, ALL))[0] == 0
END
assert_eq 'restarts' 0 "$(unit_property fpmd@bad.service NRestarts)"
assert_eq 'the manager' "$manager" "$(manager_of bad)"

# --- a manager that dies with a question, and one that lies
cat >"$CONTAINER_ROOT/srv/liar.py" <<'END'
import array, fcntl, os, socket, struct, sys
os.makedirs("/run/fpmd/liar", exist_ok=True)
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind("/run/fpmd/liar/control")
server.listen()
def memfd(data, seals=0xf):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, 1033, seals)
    return fd
ok = struct.pack("<Ii", 2, 0) + b"\0"
good = (ok, (memfd(b'{"pool": "liar", "workers": 7}', 0xf),))
lies = [
    None, None, None, (b"", ()),                                # gone, each time
    None, (b"", ()), good,                                      # the one that follows answers
    (b"x" * 9, ()),
    (struct.pack("<Ii", 2, 1) + b"\0", ()),
    (struct.pack("<Ii", 2, 0) + b"text without an end", ()),
    (ok + b"y" * 10000 + b"\0", ()),
    (ok, ()),                                                   # no fd
    (ok, (memfd(b'{"pool": 1', 0xf),)),
    (ok, (memfd(b'[]', 0xf),)),
    (ok, (memfd(b'{"pool": "x"}', 0),)),                        # not sealed
    (ok, (os.open("/etc/passwd", os.O_RDONLY),)),
    (ok, (memfd(b'[' * 100000, 0xf),)),
    (ok, (0, 1, 2)),
    (struct.pack("<Ii", 3, 0) + b"\0", ()),
    (ok, (memfd(b'{"pool": [], "workers": 7, "uptime": "x", "worker_exits": [1], "because": "\\u001b[31m"}', 0xf),)),
]
print(len(lies), flush=True)
for lie in lies:
    peer, _ = server.accept()
    peer.recv(100)
    if lie:
        data, fds = lie
        peer.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
    peer.close()
END
in_container python3 /srv/liar.py >"$CONTAINER_ROOT/srv/n_lies" &
wait_for 5 test -s "$CONTAINER_ROOT/srv/n_lies"
expect 69 'ended before it answered' fpmctl status liar
assert_contains 'the manager that follows' 'pool:  ' "$(in_container fpmctl status liar)"
for ((lie = 7; lie < $(<"$CONTAINER_ROOT/srv/n_lies") - 1; lie++)); do
	expect 76 'the manager of pool liar' fpmctl status liar
done
assert_contains 'an answer of nonsense' 'because:              \x1b[31m' "$(in_container fpmctl status liar)"
wait
in_container rm -r /run/fpmd/liar

# --- a bus that lets nobody in
cat >"$CONTAINER_ROOT/srv/bus.py" <<'END'
import socket, time
server = socket.socket(socket.AF_UNIX)
server.bind("/srv/bus")
server.listen()
time.sleep(60)
END
in_container python3 /srv/bus.py &
bus=$!
wait_for 5 test -S "$CONTAINER_ROOT/srv/bus"
begin=$SECONDS
assert_contains 'list without a bus' bad "$(in_container timeout 20 env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/srv/bus fpmctl list)"
assert_at_most 'seconds of a list without a bus' 10 $((SECONDS - begin))
in_container pkill -f /srv/bus.py
wait $bus || true

# --- as many workers as there can be
fake crowd
write_pool fake-crowd <<'END'
process_control_timeout = 1s
[fake-crowd]
user = alice
pm = dynamic
pm.max_children = 4096
pm.start_servers = 150
pm.min_spare_servers = 150
pm.max_spare_servers = 300
pm.max_spawn_rate = 150
END
start_fakes crowd
# The board may say busy of a worker whose process the manager has not heard of yet.
is_whole() {
	[[ $(in_container fpmctl status fake-crowd) == *'busy:                 4096'* &&
	$(in_container fpmctl requests fake-crowd | wc -l) == 4097 ]]
}
wait_for 30 is_whole # a sanitizer makes it slow
for command in requests trace; do
	in_container sh -c "fpmctl $command fake-crowd --json >/srv/crowd"
	in_container python3 - <<'END'
import json
workers = json.load(open("/srv/crowd"))["workers"]
assert sorted(w["slot"] for w in workers) == list(range(4096)), len(workers)
assert all(w["pid"] == w["slot"] + 1 for w in workers)
END
	echo "$command of 4096 in JSON: $(stat -c %s "$CONTAINER_ROOT/srv/crowd") bytes"
	output=$(in_container fpmctl "$command" fake-crowd)
	[[ $output != *[$'\e\a\r\x9b\x7f']* ]] || fail "control bytes in fpmctl $command"
done
assert_contains 'a stack of the crowd' 'Crowd\surge() /x.php:1' "$output"
is_in_order crowd
manager=$(manager_of fake-crowd)
if ! grep -qa __asan_init "$CONTAINER_ROOT/usr/sbin/fpmd"; then
	assert_at_most 'private memory of the manager of 4096 afterwards, kB' 1024 \
		"$(in_container sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' "/proc/$manager/smaps_rollup")"
fi
