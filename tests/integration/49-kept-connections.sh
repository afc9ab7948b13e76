#!/bin/bash
# A connection that a web server keeps without a request on it does not keep a worker from those who wait:
# with as many of them as there are workers, another connection is served at once. One that is in use is
# kept, and a request that comes while it is idle is answered on it.

source "${BASH_SOURCE[0]%/*}/lib.sh"
needs_fpmd

pool kept </dev/null
write_page kept page.php <<<'<?php echo getmypid();'

in_container python3 - <<'END'
import sys
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

SOCKET = "/run/fpmd/kept.sock"
PAGE = fcgi.params_of("/srv/www/kept/page.php")
KEEP = 1


def ask(peer, flags=KEEP):
    """Sends a request; the answer's text, or None where the connection has ended."""
    peer.sendall(
        fcgi.begin(flags=flags) + fcgi.record(fcgi.PARAMS, fcgi.pairs(PAGE))
        + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN)
    )
    data = b""
    while b"\x01\x03\x00\x01\x00\x08" not in data:
        piece = peer.recv(65536)
        if not piece:
            return None
        data += piece
    return data


def timed(function, *args):
    begin = time.monotonic()
    assert function(*args) is not None
    return time.monotonic() - begin


# Two workers, each with a connection that is kept and idle.
first, second = fcgi.connect(SOCKET), fcgi.connect(SOCKET)
assert ask(first) and ask(second)
time.sleep(0.3)
assert ask(first) and ask(second), "an idle connection is kept while nobody waits"
time.sleep(0.3)
took = timed(ask, fcgi.connect(SOCKET), 0)
print(f"a third connection is answered after {took * 1000:.1f} ms")
assert took < 0.2

# One of the two had to go, and only one.
ended = []
for peer in (first, second):
    peer.settimeout(0.3)
    try:
        ended.append(ask(peer) is None)
    except OSError:
        ended.append(True)
print("ended:", ended)
assert sorted(ended) == [False, True]

# With another worker asleep, none goes.
kept = second if ended[0] else first
for _ in range(10):
    time.sleep(0.03)
    assert timed(ask, fcgi.connect(SOCKET), 0) < 0.2
assert ask(kept), "kept, for another worker was free"
END
