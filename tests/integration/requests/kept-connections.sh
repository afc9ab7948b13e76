#!/bin/bash
# Connections that a web server keeps hold no worker: two workers serve ten of them and whoever connects
# besides. One whose worker is busy is served by another. None is closed by a reload, by workers that end
# after pm.max_requests, or because many requests run at once in a pool that starts workers on demand; a
# stop answers what has arrived.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool kept </dev/null
write_page kept page.php <<'END'
<?php
usleep((int) ($_SERVER['SLEEP_MSEC'] ?? 0) * 1000);
echo getmypid();
END

in_container python3 - <<'END'
import subprocess
import sys
import threading
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

SOCKET = "/run/fpmd/kept.sock"
SCRIPT = "/srv/www/kept/page.php"
ANSWER_END = b"\x01\x03\x00\x01\x00\x08"


class Peer:
    """A connection that is kept, as a web server has it."""

    def __init__(self, keep=True):
        self.socket = fcgi.connect(SOCKET)
        self.socket.settimeout(20)
        self.flags = 1 if keep else 0

    def send(self, sleep_msec=0):
        params = {**fcgi.params_of(SCRIPT), "SLEEP_MSEC": str(sleep_msec)}
        self.socket.sendall(
            fcgi.begin(flags=self.flags) + fcgi.record(fcgi.PARAMS, fcgi.pairs(params))
            + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN)
        )

    def receive(self):
        """The pid of who answered."""
        data = b""
        while ANSWER_END not in data:
            piece = self.socket.recv(65536)
            assert piece, "the connection has ended"
            data += piece
        return int(data.split(b"\r\n\r\n", 1)[1].split(b"\x01")[0].rstrip(b"\0"))

    def ask(self, sleep_msec=0):
        self.send(sleep_msec)
        return self.receive()

    def timed(self, sleep_msec=0):
        begin = time.monotonic()
        self.ask(sleep_msec)
        return time.monotonic() - begin


def systemctl(*args):
    subprocess.run(["systemctl", *args], check=True)


def configure(**directives):
    text = "[kept]\nuser = alice\n" + "".join(
        f"{name.replace('__', '.')} = {value}\n" for name, value in directives.items())
    with open("/etc/fpmd/conf.d/kept.conf", "w", encoding="ascii") as file:
        file.write(text)
    systemctl("reload-or-restart", "fpmd@kept.service")


configure(pm="static", pm__max_children=2)
peers = [Peer() for _ in range(10)]
for peer in peers:
    peer.ask()

time.sleep(0.3)
took = max(Peer(keep=False).timed() for _ in range(5))
print(f"with ten kept connections at two workers another is answered after {took * 1000:.1f} ms")
assert took < 0.1
assert all(peer.timed() < 0.1 for peer in peers), "none was closed, none waits"

# The busy worker is the one that has most of them.
time.sleep(0.1)
peers[0].send(1000)
time.sleep(0.02)
took = max(peer.timed() for peer in peers[1:])
print(f"while one worker is busy for a second the others answer after {took * 1000:.1f} ms")
assert took < 0.3
peers[0].receive()

# Nobody knows when a reload comes, and nobody notices.
failures, answers, pids, stop = [], [0], set(), threading.Event()


def keep_asking(peer):
    try:
        while not stop.is_set():
            pids.add(peer.ask(1))
            answers[0] += 1
    except Exception as error:  # pylint: disable=broad-except
        failures.append(error)


def while_asking(function):
    failures.clear(), stop.clear()
    threads = [threading.Thread(target=keep_asking, args=(peer,)) for peer in peers[:4]]
    for thread in threads:
        thread.start()
    function()
    stop.set()
    for thread in threads:
        thread.join()


def reloads():
    for _ in range(5):
        systemctl("reload", "fpmd@kept.service")
        time.sleep(0.1)


while_asking(reloads)
print(f"{answers[0]} answers by {len(pids)} workers during five reloads, failures: {failures}")
assert not failures and len(pids) > 5
assert all(peer.timed() < 0.2 for peer in peers), "those that were idle are there as well"

# Workers that end.
configure(pm="static", pm__max_children=2, pm__max_requests=10)
pids.clear()
while_asking(lambda: time.sleep(1))
print(f"{len(pids)} workers with pm.max_requests = 10, failures: {failures}")
assert not failures and len(pids) > 5
assert all(peer.timed() < 0.3 for peer in peers)

# All at once, while there is one worker for all of them.
configure(pm="ondemand", pm__max_children=10, pm__process_idle_timeout=60)
peers[0].ask()
for peer in peers:
    peer.send(500)
begin = time.monotonic()
pids = {peer.receive() for peer in peers}
took = time.monotonic() - begin
print(f"ten at once in a pool on demand: {len(pids)} workers, {took:.2f} s")
assert len(pids) > 5 and took < 1.2

# The end.
for peer in peers[:3]:
    peer.send(200)
time.sleep(0.05)
systemctl("stop", "fpmd@kept.service")
for peer in peers[:3]:
    peer.receive()
assert peers[5].socket.recv(1) == b"", "one that is idle is closed"
END
