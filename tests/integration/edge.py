#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""edge.py SOCKET SCRIPT PAUSE…: one request after each pause (seconds, from the end of the one before).

Prints the body of each answer, or what went wrong, a line each.
"""
import sys
import time

import fcgi


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    for pause in sys.argv[3:]:
        time.sleep(float(pause))
        try:
            reply = fcgi.get(sys.argv[1], sys.argv[2], timeout=10)
            print(reply.body.decode() if reply.ended else "no END_REQUEST", flush=True)
        except OSError as error:
            print(error, flush=True)


main()
