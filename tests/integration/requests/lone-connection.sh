#!/bin/bash
# A connection that comes at the very moment at which the workers of the old generation leave is served,
# also when no other comes after it: its wake-up may have gone to one that was about to leave.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_pool alone <<END
user = alice
pm = static
pm.max_children = 4
END
write_page alone page.php <<<'<?php echo "here";'
in_container systemctl start fpmd@alone.socket fpmd@alone.service

in_container python3 - <<'END'
import subprocess
import sys
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

PAGE = fcgi.pairs(fcgi.params_of("/srv/www/alone/page.php"))
HEAD = fcgi.begin() + fcgi.record(fcgi.PARAMS, PAGE)
longest = 0


def ask():
    global longest
    begin = time.monotonic()
    peer = fcgi.connect("/run/fpmd/alone.sock", timeout=3)
    peer.sendall(HEAD + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
    assert b"here" in peer.recv(65536), "answered something else"
    peer.close()
    longest = max(longest, time.monotonic() - begin)


for n in range(60):
    reload = subprocess.Popen(["fpmctl", "reload", "alone"])
    while reload.poll() is None:
        ask()
    assert reload.wait() == 0
    for _ in range(20):
        ask()
print(f"longest: {longest * 1000:.0f} ms")
END
