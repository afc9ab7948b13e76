#!/bin/bash
# The status page never forgets: across reloads under load no total that it shows falls, and it knows since when the pool
# runs, whichever generation answers: a worker of the last one may take a connection when the next one has served already.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool totals <<'END'
pm.status_path = /status
END
write_page totals hello.php <<'END'
<?php echo "hello";
END
in_container systemctl start fpmd@totals.service

in_container python3 - <<'END'
import json
import subprocess
import sys
import threading

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

SOCKET = "/run/fpmd/totals.sock"
COUNTED = ("accepted conn", "start time", "max active processes", "max listen queue", "max children reached")
stop, falls, asked = threading.Event(), [], [0]


def watch():
    last = {}
    while not stop.is_set():
        now = json.loads(fcgi.get(SOCKET, "/status", SCRIPT_NAME="/status", QUERY_STRING="json").body)
        falls.extend((key, last[key], now[key]) for key in COUNTED if now[key] < last.get(key, 0))
        if now["start since"] > 1000:
            falls.append(("start since", now["start since"]))
        last = now
        asked[0] += 1
        for _ in range(2):
            assert fcgi.get(SOCKET, "/srv/www/totals/hello.php").body == b"hello"


threads = [threading.Thread(target=watch) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(80):
    subprocess.run(["fpmctl", "reload", "totals"], check=True)
stop.set()
for thread in threads:
    thread.join()
print(f"{asked[0]} looks, falls: {falls[:5]}")
assert asked[0] > 40 and not falls
END
