#!/bin/bash
# Time limit: 300 s
# POSTs on connections that are kept, to several pools of one user, while they are reloaded, their logs are rotated and
# their managers killed, and while that user has more descriptors under way through sockets, on the whole machine, than
# the soft limit of a worker allows: none is lost. FPMD_TEST_MANY=1 is the long form: ten pools of 300 workers, 50
# reloads, 50 rotations, 20 killed managers, two minutes.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

if [[ -n ${FPMD_TEST_MANY:-} ]]; then
	n_pools=10 n_workers=300 n_rounds=50 n_kills=20 n_peers=100 pause=0.2
else
	n_pools=3 n_workers=20 n_rounds=4 n_kills=2 n_peers=40 pause=0.2
fi

cat >"$CONTAINER_ROOT/srv/peers.py" <<'END'
"""peers.py PAUSE N_PEERS POOL…: N_PEERS connections to each pool, each with a POST now and then, until SIGTERM."""
import asyncio
import collections
import random
import signal
import sys

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

answers, stop = collections.Counter(), asyncio.Event()
PAUSE = float(sys.argv[1])
ANSWER_END = b"\x01\x03\x00\x01\x00\x08"


async def answer(reader):
    data = b""
    while ANSWER_END not in data or len(data) < data.index(ANSWER_END) + 16:
        piece = await reader.read(65536)
        if not piece:
            return "closed" if not data else "cut"
        data += piece
    return "good" if b"<4711>" in data else "wrong"


async def peer(pool):
    post = fcgi.request("/srv/www/many/post.php", b"a=4711", flags=1,
                        CONTENT_TYPE="application/x-www-form-urlencoded")
    reader = writer = None
    while not stop.is_set():
        try:
            if not writer:
                reader, writer = await asyncio.open_unix_connection(f"/run/fpmd/{pool}.sock")
            writer.write(post)
            result = await asyncio.wait_for(answer(reader), 20)
        except (OSError, asyncio.TimeoutError) as error:
            result = type(error).__name__
        answers[result] += 1
        if result != "good":
            if writer:
                writer.close()
            writer = None
        await asyncio.sleep(random.uniform(0, PAUSE) if random.random() < 0.9 else random.uniform(0, 3))


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await asyncio.gather(*(peer(pool) for pool in sys.argv[3:] for _ in range(int(sys.argv[2]))))
    print("good", answers.pop("good", 0), "lost", sum(answers.values()), dict(answers))


asyncio.run(main())
END

# As the pools' user: descriptors that nobody takes.
cat >"$CONTAINER_ROOT/srv/park.py" <<'END'
import array
import resource
import signal
import socket
import sys

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
pairs, left = [], int(sys.argv[1])
while left > 0:
    pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    for _ in range(8):
        fds = array.array("i", [0] * min(left, 250))
        if fds:
            pairs[-1][0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        left -= len(fds)
print("parked", flush=True)
signal.pause()
END

names=()
write_page many post.php <<'END'
<?php
usleep(random_int(0, 5000));
echo "<{$_POST['a']}>";
END
for ((i = 0; i < n_pools; i++)); do
	names+=("many$i")
	write_pool "many$i" <<-END
		user = alice
		pm = static
		pm.max_children = $n_workers
		access.log = /var/log/fpmd/many$i/access.log
	END
	in_container systemctl start "fpmd@many$i.socket" "fpmd@many$i.service"
done

# 1100 are more than a soft limit of 1024 allows.
in_container runuser -u alice -- python3 /srv/park.py 1100 >"$CONTAINER_ROOT/srv/parked" &
park=$!
is_parked() {
	grep -q parked "$CONTAINER_ROOT/srv/parked"
}
wait_for 10 is_parked
in_container sh -c 'echo $$; exec python3 /srv/peers.py "$@"' sh "$pause" "$n_peers" "${names[@]}" >"$CONTAINER_ROOT/srv/peers" &
peers=$!
sleep 2

for ((i = 0; i < n_rounds; i++)); do
	name=${names[i % n_pools]}
	in_container systemctl reload "fpmd@$name.service"
	in_container systemctl kill --kill-who=main --signal=USR1 "fpmd@${names[(i + 1) % n_pools]}.service"
	sleep 0.3
	if ((i * n_kills / n_rounds != (i + 1) * n_kills / n_rounds)); then
		name=${names[(i + 2) % n_pools]}
		manager=$(manager_of "$name")
		in_container kill -KILL "$manager"
		wait_for 30 another_manager "$name" "$manager"
	fi
done

in_container systemctl restart "fpmd@${names[0]}.service"
sleep 1
in_container kill "$(head -n 1 "$CONTAINER_ROOT/srv/peers")"
wait $peers
in_container pkill -u alice -f park.py || :
wait $park || :
result=$(tail -n 1 "$CONTAINER_ROOT/srv/peers")
echo "$result"
for name in "${names[@]}"; do
	journal_of "fpmd@$name" --priority=warning | sort | uniq -c | sort -rn | sed -n 1,5p
done
assert_matches 'POSTs' '^good [0-9]{3,} lost 0 ' "$result"
