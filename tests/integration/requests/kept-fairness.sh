#!/bin/bash
# Requests are served in the order in which they came, on connections that the web server keeps and on new ones alike:
# with more of both than there are workers none waits much longer than the other, whichever are more. What keeps
# connections costs a worker that sleeps next to nothing.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

pool fair <<'END'
pm = static
pm.max_children = 2
END
write_page fair nap.php <<'END'
<?php
usleep((int) ($_SERVER['SLEEP_MSEC'] ?? 20) * 1000);
echo getmypid();
END

in_container python3 - <<'END'
import os
import sys
import threading
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

SOCKET = "/run/fpmd/fair.sock"
SCRIPT = "/srv/www/fair/nap.php"


def ask(peer, keep, **more):
    peer.sendall(fcgi.request(SCRIPT, flags=1 if keep else 0, **more))
    reply = fcgi.Reply(peer)
    assert reply.ended
    return reply.body


def keep_asking(until, times):
    with fcgi.connect(SOCKET) as peer:
        while time.monotonic() < until:
            begin = time.monotonic()
            ask(peer, True)
            times.append(time.monotonic() - begin)


def connect_and_ask(until, times):
    while time.monotonic() < until:
        begin = time.monotonic()
        with fcgi.connect(SOCKET) as peer:
            ask(peer, False)
        times.append(time.monotonic() - begin)


def load(n_kept, n_plain, seconds):
    """The 99th percentiles, in ms."""
    kept, plain, until = [], [], time.monotonic() + seconds
    threads = [threading.Thread(target=keep_asking, args=(until, kept)) for _ in range(n_kept)]
    threads += [threading.Thread(target=connect_and_ask, args=(until, plain)) for _ in range(n_plain)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p99 = [sorted(times)[int(len(times) * 0.99)] * 1000 if times else 0 for times in (kept, plain)]
    print(f"{n_kept} kept, {n_plain} plain: {len(kept)} and {len(plain)} answers,"
          f" p99 {p99[0]:.0f} and {p99[1]:.0f} ms")
    return p99


def is_fair(n_kept, n_plain):
    kept, plain = load(n_kept, n_plain, 4)
    if n_plain == 0:
        return kept < 1.5 * n_kept * 20 / 2
    return 1 / 1.5 < kept / plain < 1.5


# What else the machine does may hit one of the few requests that are the slowest of a hundred.
for counts in (4, 4), (2, 8), (8, 2), (8, 0):
    assert any(is_fair(*counts) for _ in range(3)), "some wait longer than others"


# --- a worker that sleeps ---

def cpu_seconds(pid):
    def of(task):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9
    return sum(of(task) for task in os.listdir(f"/proc/{pid}/task"))


peers = [fcgi.connect(SOCKET) for _ in range(400)]
for peer in peers:
    ask(peer, True, SLEEP_MSEC="0")
sleepers = [fcgi.connect(SOCKET) for _ in range(2)]
for peer in sleepers:
    peer.sendall(fcgi.request(SCRIPT, SLEEP_MSEC="6000"))
time.sleep(1)
pids = [pid for pid in os.listdir("/proc") if pid.isdigit()
        and b"fpmd: fair: worker" in open(f"/proc/{pid}/cmdline", "rb").read()]
assert len(pids) == 2, pids
before = sum(map(cpu_seconds, pids))
time.sleep(4)
share = (sum(map(cpu_seconds, pids)) - before) / 4 / 2
print(f"a worker that sleeps, with 400 kept connections at two of them: {share * 100:.3f} % of a CPU")
assert share < 0.002
END
