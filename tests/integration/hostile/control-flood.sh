#!/bin/bash
# Time limit: 120 s
# Any local user may connect to the control socket, and one who does nothing else takes neither the manager's CPU time
# nor anybody's answers: while nobody floods it with connections, silent ones, questions and rubbish, each reload and
# each question of root succeeds at once, and those of other users succeed. 200 reloads at once succeed, too.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../fake_pool.sh"
needs_fpmd

write_page flooded page.php <<<'<?php echo "ok";'
pool flooded
in_container systemctl start fpmd@flooded
manager=$(manager_of flooded)

# Counts the commands that fail of N, PARALLEL at once: failures N PARALLEL COMMAND…
cat >"$CONTAINER_ROOT/srv/failures.py" <<'END'
import collections, concurrent.futures, subprocess, sys, time
n, parallel, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
slowest = 0
def run(_):
    global slowest
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    slowest = max(slowest, time.monotonic() - begin)
    return done.returncode, done.stderr.strip()
with concurrent.futures.ThreadPoolExecutor(parallel) as executor:
    failed = [r for r in executor.map(run, range(n)) if r[0]]
print(len(failed), dict(collections.Counter(failed)), "slowest %.2f s" % slowest)
END
failures() {
	in_container python3 /srv/failures.py "$@"
}
as_user=(setpriv --clear-groups)
nobody=("${as_user[@]}" --reuid=65534 --regid=65534)
bob=("${as_user[@]}" --reuid=2002 --regid=2002)

# --- nobody attacks
said=$(failures 200 200 fpmctl reload flooded)
echo "200 reloads at once: $said"
assert_matches '200 reloads at once' '^0 ' "$said"
said=$(failures 100 100 "${bob[@]}" fpmctl status flooded)
echo "100 questions of one user at once: $said"
assert_matches '100 questions at once' '^0 ' "$said"

# --- nobody does
cat >"$CONTAINER_ROOT/srv/flood.py" <<'END'
import os, resource, socket, struct, sys, time
kind, seconds = sys.argv[1], float(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
ask = struct.pack("<IIII", 2, 2, 0xffffffff, 0)
end, kept, n = time.monotonic() + seconds, [], 0
while time.monotonic() < end and not (n % 64 == 0 and os.path.exists("/srv/flood.stop")):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.setblocking(False)
    try:
        peer.connect("/run/fpmd/flooded/control")
        n += 1
        if kind == "ask":
            peer.send(ask)
        elif kind == "rubbish":
            for _ in range(100):
                peer.send(b"x" * 1000)
    except OSError:
        pass
    if kind in ("silent", "ask"):
        kept.append(peer)  # neither read nor closed
        if len(kept) > 2000:
            del kept[:1000]
    else:
        peer.close()
print("%s: %d connections" % (kind, n))
END
for kind in connect silent ask rubbish; do
	for _ in 1 2; do
		in_container "${nobody[@]}" python3 /srv/flood.py "$kind" 60 &
	done
	sleep 0.5
	before=$(cpu_of "$manager")
	begin=${EPOCHREALTIME/./}
	root=$(failures 20 4 fpmctl status flooded)
	reloads=$(failures 8 2 fpmctl reload flooded)
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	ms=$(($(cpu_of "$manager") - before))
	other=$(failures 20 2 "${bob[@]}" fpmctl status flooded)
	: >"$CONTAINER_ROOT/srv/flood.stop"
	wait
	rm "$CONTAINER_ROOT/srv/flood.stop"
	echo "$kind: $ms ms of the manager in $took ms; root's questions: $root; reloads: $reloads; another user's: $other"
	assert_matches "$kind: root's questions" '^0 ' "$root"
	assert_matches "$kind: reloads" '^0 ' "$reloads"
	assert_matches "$kind: another user's questions" '^[01] ' "$other"
done

# --- the share of a CPU: without reloads, which cost time of their own
for _ in 1 2; do
	in_container "${nobody[@]}" python3 /srv/flood.py connect 4 &
done
sleep 0.5
before=$(cpu_of "$manager")
sleep 3
assert_at_most 'the manager during a flood, ms in 3 s' 300 $(($(cpu_of "$manager") - before))
wait

assert_eq 'the manager' "$manager" "$(manager_of flooded)"
assert_eq 'afterwards' ok "$(fetch http://flooded.test/page.php)"
assert_contains 'afterwards' 'pool:                 flooded' "$(in_container "${nobody[@]}" fpmctl status flooded)"

# --- who may connect where
assert_eq 'the sockets' $'control 666 root\ncontrol.root 600 root' \
	"$(in_container sh -c 'cd /run/fpmd/flooded && stat --format="%n %a %U" control control.root')"
