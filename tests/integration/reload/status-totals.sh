#!/bin/bash
# The status page never forgets: across reloads under load no total that it shows falls, and it knows since when the pool
# runs, whichever generation answers.

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
import time

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
        for _ in range(5):
            assert fcgi.get(SOCKET, "/srv/www/totals/hello.php").body == b"hello"


threads = [threading.Thread(target=watch)]
threads[0].start()
for _ in range(40):
    subprocess.run(["fpmctl", "reload", "totals"], check=True)
    time.sleep(0.02)
stop.set()
for thread in threads:
    thread.join()
print(f"{asked[0]} looks, falls: {falls[:5]}")
assert asked[0] > 40 and not falls
END
