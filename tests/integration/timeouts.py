#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""timeouts.py SOCKET LATE N HEALTHY M LIMIT [PID FROM SECONDS]: many requests whose time limits end together.

Starts N requests for the script LATE within one second, and among them M for the script HEALTHY. With PID that
process is stopped after FROM seconds, for SECONDS.

Prints {"ended": N, "answered": N, "p99": S, "worst": S, "healthy": N}: how many of LATE came to their end, how many of
them with an answer, how far from LIMIT seconds after their start (99 of 100, and all), and how many of HEALTHY were
answered.
"""
import json
import os
import selectors
import signal
import sys
import time

import fcgi


class Client:
    def __init__(self, address, script, late):
        self.late = late
        self.data = b""
        self.peer = fcgi.connect(address)
        self.peer.sendall(fcgi.request(script))
        self.start = time.monotonic()
        self.end = None

    # Whether it is over.
    def read(self):
        try:
            part = self.peer.recv(65536)
        except ConnectionResetError:
            part = b""
        self.data += part
        if part:
            return False
        self.end = time.monotonic()
        self.peer.close()
        return True

    @property
    def answered(self):
        return b"answered" in self.data


def events(begin, pid, start, seconds):
    return [(begin + start, pid, signal.SIGSTOP), (begin + start + seconds, pid, signal.SIGCONT)]


def main():
    if len(sys.argv) not in (7, 10):
        sys.exit(__doc__)
    address, late, n, healthy, m, limit = sys.argv[1:7]
    n, m, limit = int(n), int(m), float(limit)
    begin = time.monotonic()
    signals = events(begin, int(sys.argv[7]), float(sys.argv[8]), float(sys.argv[9])) if len(sys.argv) > 7 else []
    every = max(1, n // m) if m else n + 1
    selector = selectors.DefaultSelector()
    clients, n_open = [], 0

    def start(script, is_late):
        client = Client(address, script, is_late)
        clients.append(client)
        selector.register(client.peer, selectors.EVENT_READ, client)

    started = 0
    while started < n or selector.get_map():
        now = time.monotonic()
        while signals and now >= signals[0][0]:
            os.kill(signals[0][1], signals[0][2])
            signals.pop(0)
        if started < n and now >= begin + started / n:
            start(late, True)
            if started % every == 0 and n_open < m:
                n_open += 1
                start(healthy, False)
            started += 1
        for key, _ in selector.select(0.0002 if started < n else 0.02):
            if key.data.read():
                selector.unregister(key.fileobj)

    ends = sorted(abs(c.end - c.start - limit) for c in clients if c.late)
    print(
        json.dumps(
            {
                "ended": len(ends),
                "answered": sum(c.answered for c in clients if c.late),
                "p99": round(ends[len(ends) * 99 // 100], 3),
                "worst": round(ends[-1], 3),
                "healthy": sum(c.answered for c in clients if not c.late),
            }
        )
    )


if __name__ == "__main__":
    main()
