#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""allowed.py ADDRESS SCRIPT SOURCE…: asks from each source address; prints "SOURCE served" or "SOURCE closed"."""
import socket
import sys

import fcgi


def ask(address, script, source):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), 5, (source, 0)) as peer:
        try:
            peer.sendall(fcgi.request(script))
            reply = fcgi.Reply(peer)
        except (ConnectionResetError, BrokenPipeError):
            return "closed"
        if reply.ended:
            return "served"
        return "cut short" if reply.out else "closed"


for one in sys.argv[3:]:
    print(one, ask(sys.argv[1], sys.argv[2], one))
