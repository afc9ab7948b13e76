#!/bin/bash
# A connection on which nothing comes holds no worker: hundreds of them, opened at once, are in nobody's way. One that
# sends at last is answered; one that never does is closed after five seconds. So do those that were put into the pair of
# all workers, behind requests that have waited there.
# Time limit: 90 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool silent <<'END'
pm = static
pm.max_children = 2
END
write_page silent nap.php <<'END'
<?php usleep((int) ($_SERVER['SLEEP_MSEC'] ?? 2) * 1000); echo 'here';
END
write_page silent finish.php <<'END'
<?php echo 'here'; fastcgi_finish_request(); usleep(100000);
END

in_container python3 - <<'END'
import errno
import select
import socket
import sys
import threading
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

SOCKET = "/run/fpmd/silent.sock"
REQUEST = fcgi.request("/srv/www/silent/nap.php")


def ask(peer):
    peer.sendall(REQUEST)
    assert b"here" in fcgi.Reply(peer).body


def keep_asking(until, times):
    while time.monotonic() < until:
        begin = time.monotonic()
        with fcgi.connect(SOCKET) as peer:
            ask(peer)
        times.append(time.monotonic() - begin)


def p99(seconds):
    """Of four clients, in ms."""
    times, until = [], time.monotonic() + seconds
    threads = [threading.Thread(target=keep_asking, args=(until, times)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times)[int(len(times) * 0.99)] * 1000


def is_closed(peer):
    poll = select.poll()
    poll.register(peer, select.POLLIN)
    return bool(poll.poll(0))


def ask_all(peers, **more):
    for peer in peers:
        peer.sendall(fcgi.request("/srv/www/silent/nap.php", flags=1, **more))


def wait_for_all(peers):
    for peer in peers:
        assert b"here" in fcgi.Reply(peer).body


# both workers are busy, and meanwhile requests come on what they keep, and connections on which nothing comes
kept = [fcgi.connect(SOCKET) for _ in range(16)]
for peer in kept:
    ask_all([peer])
    wait_for_all([peer])
busy = [fcgi.connect(SOCKET) for _ in range(2)]
ask_all(busy, SLEEP_MSEC="500")
time.sleep(0.2)
ask_all(kept, SLEEP_MSEC="20")
silent = [fcgi.connect(SOCKET) for _ in range(60)]
begin = time.monotonic()
wait_for_all(busy + kept)
ask_all(kept)
wait_for_all(kept)
took = time.monotonic() - begin
print(f"16 kept connections, beside 60 silent ones: two requests each took {took:.1f} s")
assert took < 4, "silent connections in the pair hold workers"
for peer in silent + kept + busy:
    peer.close()

# taken from another worker, which goes on with its script, and found by epoll although there is nothing to be read
for peer in (kept := [fcgi.connect(SOCKET) for _ in range(8)]):
    peer.sendall(fcgi.request("/srv/www/silent/finish.php", flags=1))
    wait_for_all([peer])
time.sleep(0.5)
try:
    for peer in kept:
        peer.send(b"!", socket.MSG_OOB)
        time.sleep(0.05)
        ask_all([peer])
        wait_for_all([peer])
except OSError as error:
    assert error.errno == errno.EOPNOTSUPP, error
for peer in kept:
    peer.close()

before = p99(2)
result = []
healthy = threading.Thread(target=lambda: result.append(p99(4)))
healthy.start()
time.sleep(0.5)
begin = time.monotonic()
peers = [fcgi.connect(SOCKET) for _ in range(400)]
healthy.join()
print(f"four clients, p99: {before:.0f} ms, beside 400 silent connections {result[0]:.0f} ms")
assert result[0] < 3 * before + 100, "silent connections hold workers"

# those that send at last
if time.monotonic() < begin + 4.5:
    assert not any(map(is_closed, peers)), "closed too early"
    for peer in peers[::40]:
        ask(peer)
rest = [peer for i, peer in enumerate(peers) if i % 40]
while time.monotonic() < begin + 15 and not all(map(is_closed, rest)):
    time.sleep(0.2)
after = time.monotonic() - begin
print(f"all silent ones are closed after {after:.1f} s")
assert all(map(is_closed, rest)) and after > 4.9

# more than there are places: the oldest go, and requests are answered meanwhile
peers = [fcgi.connect(SOCKET) for _ in range(900)]
begin = time.monotonic()
with fcgi.connect(SOCKET) as peer:
    ask(peer)
assert time.monotonic() - begin < 2
assert not any(map(is_closed, peers[-100:])), "the youngest were closed"
END
