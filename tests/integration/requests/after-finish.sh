#!/bin/bash
# What a script opens after fastcgi_finish_request(), and keeps beyond its request, is its own: the worker has
# closed the connection of the request by then, and does not close what has that number now. A connection that the web
# server keeps has gone to another worker by then: the next request on it does not wait for the script, and is not lost
# when the script's worker is killed.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool finish <<'END_OF_POOL'
pm.max_children = 1
END_OF_POOL
write_page finish persist.php <<'END_OF_PAGE'
<?php
fastcgi_finish_request();
pfsockopen('127.0.0.1', 80);
END_OF_PAGE
write_page finish hello.php <<<'hello'

sockets() {
	in_container ls -l "/proc/$(workers_of finish)/fd" | grep -c socket:
}
fetch http://finish.test/hello.php >/dev/null
before=$(sockets)
fetch http://finish.test/persist.php >/dev/null
one_more() {
	[[ $(sockets) == $((before + 1)) ]]
}
wait_for 2 one_more

pool goes-on <<'END_OF_POOL'
pm = static
pm.max_children = 2
END_OF_POOL
write_page goes-on page.php <<'END_OF_PAGE'
<?php
echo getmypid();
if (isset($_SERVER['FINISH'])) {
	fastcgi_finish_request();
	sleep((int) $_SERVER['FINISH']);
}
END_OF_PAGE
in_container python3 - <<'END_OF_CLIENT'
import os
import signal
import sys
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi


def ask(peer, body=b"", **more):
    begin = time.monotonic()
    peer.sendall(fcgi.request("/srv/www/goes-on/page.php", body, flags=1, **more))
    reply = fcgi.Reply(peer)
    assert reply.ended, "the connection has ended"
    return int(reply.body), time.monotonic() - begin


peer = fcgi.connect("/run/fpmd/goes-on.sock", 10)
for _ in range(20):
    ask(peer)
    ask(peer, FINISH="0")

pid, _ = ask(peer, FINISH="4")
other, took = ask(peer)
print(f"the next request is answered after {took * 1000:.1f} ms")
assert other != pid and took < 1

# The same on a new connection, with a worker that is killed.
time.sleep(4)
for n in range(10):
    peer = fcgi.connect("/run/fpmd/goes-on.sock", 10)
    pid, _ = ask(peer, FINISH="9")
    time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    for _ in range(2):
        assert ask(peer, b"once")[0] != pid
    time.sleep(0.3)
END_OF_CLIENT
