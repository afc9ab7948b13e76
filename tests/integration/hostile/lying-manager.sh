#!/bin/bash
# The manager of a hardened pool is a process of the pool's user, and so is whoever listens where it did. What root's
# fpmctl, the exporter and the agent are answered there harms nobody else: a name in an answer is no command to the
# terminal, an answer of 40 MB or with one word of a megabyte costs no memory, one page of metrics with a wrong name in it
# is still a page, who says nothing, half a line or what is no answer keeps nobody, and a link to the socket of another
# pool does not make root's word that pool's.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # which has memory of its own

cat >"$CONTAINER_ROOT/srv/liar.py" <<'END'
import array, fcntl, json, os, socket, struct, sys, threading
good = {"state": "serving", "workers": {"busy": 1, "idle": 1, "max": 2}, "queue": {"now": 0}, "requests": 7, "uptime": 5}
def memfd(data, seals=fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE):
    fd = os.memfd_create("answer", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    for at in range(0, len(data), 1 << 20):
        os.write(fd, data[at:at + (1 << 20)])
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd
def text(**more):
    return json.dumps({**good, **more}).encode()
reply = struct.pack("<Ii", 2, 0) + b"\0"
bounds = {"\x1b]0;owned\x07": 1, "+Inf": 1}
answers = {
    "names": text(worker_exits={"\x1b[2J\x1b]0;owned\x07": 1, "crashed": 2}, because="\x1b[31m", pm="\x9b31m",
                  state="\x1b[5m", uptime=1e300, request_seconds={"sum": 1, "buckets": bounds}),
    "huge": b'{"state": "serving", "x": [' + b"[]," * (13 << 20) + b"0]}",
    "rows": b'{"workers": [' + b'{"pid": 1},' * 500000 + b"{}]}",
    "wide": b'{"workers": [{"client": "' + b"x" * (1 << 20) + b'"},' + b"{}," * 2000 + b"{}]}",
    "half": text()[:40], "nul": b"\0" * 4096, "deep": b"[" * 60000, "list": b"[1]", "empty": b"",
}
def serve(pool):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind("/run/fpmd/%s/control" % pool)
    os.chmod("/run/fpmd/%s/control" % pool, 0o777)
    listener.listen(64)
    kept = []
    fd = memfd(answers[pool]) if pool in answers else -1
    while True:
        peer = listener.accept()[0]
        try:
            if pool != "flood":
                peer.settimeout(1)
                peer.recv(64)
            if pool in answers:
                peer.sendmsg([reply], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
            elif pool == "never":
                kept.append(peer)
                continue
            elif pool == "busy":
                peer.send(struct.pack("<Ii", 2, -87) + b"later\0")
            elif pool == "words":
                peer.send(struct.pack("<Ii", 2, -1) + b"\x1b[2J\x1b]0;owned\x07\n" * 150 + b"\0")
            elif pool == "flood":
                peer.setblocking(False)
                while peer.send(struct.pack("<Ii", 2, -115) + b"x\0"):
                    pass
            elif pool == "unsealed":
                peer.sendmsg([reply], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memfd(text(), 0)]))])
            elif pool == "pipe":
                peer.sendmsg([reply], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", list(os.pipe())))])
        except OSError:
            pass
        peer.close()
for pool in sys.argv[1:]:
    threading.Thread(target=serve, args=[pool]).start()
END
liars=(names huge rows wide busy half nul deep list empty never words flood unsealed pipe)
write_page honest page.php <<<'<?php echo "ok";'
pool honest
fetch --output /dev/null http://honest.test/page.php
for liar in "${liars[@]}" fifo link twin; do
	in_container install -d -o alice "/run/fpmd/$liar"
	printf '[%s]\nuser = alice\npm = static\npm.max_children = 1\n' "$liar" >"$CONTAINER_ROOT/etc/fpmd/conf.d/$liar.conf"
done
in_container mkfifo -m 666 /run/fpmd/fifo/control
in_container ln -s /run/systemd/journal/socket /run/fpmd/link/control
in_container ln -s /run/fpmd/honest/control.root /run/fpmd/twin/control.root
in_container ln -s /run/fpmd/honest/control /run/fpmd/twin/control
in_container setpriv --reuid=2001 --regid=2001 --clear-groups python3 /srv/liar.py "${liars[@]}" &
end() {
	in_container systemctl stop fpmd-exporter.socket fpmd-agent.socket fpmd-exporter.service fpmd-agent.service
	in_container pkill -f /srv/liar.py || true
	for liar in "${liars[@]}" fifo link twin; do
		rm -rf "$CONTAINER_ROOT/etc/fpmd/conf.d/$liar.conf"
		in_container rm -rf "/run/fpmd/$liar"
	done
}
trap end EXIT
wait_for 10 in_container test -S /run/fpmd/pipe/control

# peak COMMAND…: its output, and last the most memory that it had, in MB
peak() {
	in_container python3 -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stderr=subprocess.STDOUT)
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' timeout 10 "$@"
}
# peak_of SERVICE
peak_of() {
	# shellcheck disable=SC2016
	in_container awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$(unit_property "$1" MainPID)/status"
}
is_plain() {
	[[ $2 != *[$'\e\a\u9b']* ]] || fail "$1: what a terminal obeys is in: $(cat -v <<<"$2")"
}

# --- root's fpmctl
for command in list 'top --once' metrics 'status --all'; do
	# shellcheck disable=SC2086
	output=$(peak fpmctl $command)
	is_plain "fpmctl $command" "$output"
	assert_at_most "fpmctl $command, MB" 40 "${output##*peak }"
done
output=$(peak fpmctl requests huge)
assert_at_most 'fpmctl requests, MB' 100 "${output##*peak }"
for liar in rows wide; do
	output=$(peak fpmctl requests "$liar" | tail --bytes=1000)
	assert_at_most "fpmctl requests $liar, MB" 200 "${output##*peak }"
done
list=$(in_container fpmctl list)
assert_matches 'an honest one' 'honest +serving' "$list"
for command in requests trace 'top --once' ping drain reload; do
	# shellcheck disable=SC2086
	is_plain "fpmctl $command" "$(in_container fpmctl $command names 2>&1 || true)"
done
is_plain 'fpmctl reload' "$(in_container fpmctl reload words 2>&1 || true)"
for liar in "${liars[@]}" fifo link twin; do
	is_plain "fpmctl status $liar" "$(in_container timeout 10 fpmctl status "$liar" 2>&1 || true)"
done
assert_contains 'a name as text' 'exits, \x1b[2J' "$(in_container fpmctl status names)"

before=$(in_container fpmctl status honest | grep generation)
for command in drain reload status; do
	error=$(in_container fpmctl $command twin 2>&1) && fail "fpmctl $command asked another pool: $error"
	assert_contains "fpmctl $command of a link" 'leads to another program' "$error"
done
assert_eq 'the other pool' "$before" "$(in_container fpmctl status honest | grep generation)"
assert_matches 'the other pool' 'honest +serving ' "$(in_container fpmctl list)"

# --- one page for all
metrics=$(in_container fpmctl metrics)
in_container promtool check metrics <<<"$metrics"
assert_contains 'an honest one' 'fpmd_up{pool="honest"} 1' "$metrics"
assert_contains 'what is right in a lie' 'fpmd_worker_exits_total{pool="names",reason="crashed"} 2' "$metrics"
assert_lacks 'a bound that is no number' 'fpmd_request_duration_seconds_bucket{pool="names"' "$metrics"
in_container systemctl start fpmd-exporter.socket fpmd-agent.socket
for _ in 1 2 3; do
	assert_contains 'the exporter' 'fpmd_up{pool="honest"} 1' "$(fetch http://127.0.0.1:9253/metrics)"
	for liar in honest "${liars[@]}"; do
		in_container python3 -c '
import socket, sys
peer = socket.create_connection(("127.0.0.1", 9254), timeout=5)
peer.send(sys.argv[1].encode() + b"\n")
print(sys.argv[1], peer.makefile().read().strip())' "$liar"
	done >"$CONTAINER_ROOT/srv/agent"
	assert_matches 'the agent' '^honest up ready' "$(<"$CONTAINER_ROOT/srv/agent")"
done
assert_at_most 'the exporter, MB' 40 "$(peak_of fpmd-exporter)"
assert_at_most 'the agent, MB' 40 "$(peak_of fpmd-agent)"
