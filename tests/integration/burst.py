#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""burst.py URL N: N clients that ask at the same moment, once each.

Prints {"status": {"200": N, …}, "errors": {"KIND": N, …}, "bodies": N, "last_ms": N}: how many different
bodies came, and when the last answer was there.
"""
import collections
import http.client
import json
import sys
import threading
import time
import urllib.parse


class Client(threading.Thread):
    def __init__(self, url, gate):
        super().__init__()
        self.url = url
        self.gate = gate
        self.status = self.error = self.body = None
        self.end = 0.0

    def run(self):
        self.gate.wait()
        try:
            connection = http.client.HTTPConnection(self.url.hostname, self.url.port or 80, timeout=30)
            connection.request("GET", self.url.path + ("?" + self.url.query if self.url.query else ""), headers={"Connection": "close"})
            reply = connection.getresponse()
            self.body = reply.read()
            self.status = str(reply.status)
        except (OSError, http.client.HTTPException) as error:
            self.error = type(error).__name__
        self.end = time.monotonic()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    url = urllib.parse.urlsplit(sys.argv[1])
    count = int(sys.argv[2])
    gate = threading.Barrier(count + 1)
    clients = [Client(url, gate) for _ in range(count)]
    for client in clients:
        client.start()
    gate.wait()
    start = time.monotonic()
    for client in clients:
        client.join()
    print(
        json.dumps(
            {
                "status": collections.Counter(c.status for c in clients if c.status),
                "errors": collections.Counter(c.error for c in clients if c.error),
                "bodies": len({c.body for c in clients if c.status == "200"}),
                "last_ms": round((max(c.end for c in clients) - start) * 1000),
            }
        )
    )


main()
