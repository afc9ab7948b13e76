#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""load.py URL CLIENTS SECONDS [FILE]: clients that fetch a page again and again, until there is that FILE.

Prints one JSON object: {"requests": N, "status": {"200": N, …}, "errors": {"KIND": N, …},
"slowest_ms": N}. Each request has a connection of its own. Needs only the standard library.
"""
import collections
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.status = collections.Counter()
        self.errors = collections.Counter()
        self.slowest = 0.0

    def add(self, counter, key, seconds):
        with self.lock:
            counter[key] += 1
            self.slowest = max(self.slowest, seconds)


def client(url, end, file, tally):
    target = url.path or "/"
    if url.query:
        target += "?" + url.query
    while time.monotonic() < end and not (file and os.path.exists(file)):
        begin = time.monotonic()
        connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=30)
        try:
            connection.request("GET", target, headers={"Connection": "close"})
            reply = connection.getresponse()
            reply.read()
            tally.add(tally.status, str(reply.status), time.monotonic() - begin)
        except (OSError, http.client.HTTPException) as error:
            tally.add(tally.errors, type(error).__name__, time.monotonic() - begin)
            time.sleep(0.01)
        finally:
            connection.close()


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    url = urllib.parse.urlsplit(sys.argv[1])
    end = time.monotonic() + float(sys.argv[3])
    tally = Tally()
    file = sys.argv[4] if len(sys.argv) == 5 else None
    threads = [
        threading.Thread(target=client, args=(url, end, file, tally)) for _ in range(int(sys.argv[2]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {
                "requests": sum(tally.status.values()) + sum(tally.errors.values()),
                "status": tally.status,
                "errors": tally.errors,
                "slowest_ms": round(tally.slowest * 1000),
            }
        )
    )


main()
