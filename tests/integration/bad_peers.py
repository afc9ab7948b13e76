#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bad_peers.py ADDRESS SCRIPT WORKERS SECONDS quick|slow|NAME…: peers that speak bad FastCGI.

Opens one connection for each kind of bad peer, all at once, and leaves them open. The slow ones are
those that an upload over a bad line cannot be told from: they are given more time. SCRIPT must answer its process id after the milliseconds in QUERY_STRING. Then
 - three clients ask all the time, and must never notice;
 - within SECONDS every one of the pool's WORKERS must be free: they answer all together.
Ends with status 1 when that is not so. WORKERS must be at least the number of kinds + 3: those that
ask want a worker too. bad_peers.py --list quick|slow says the names.
"""
import collections
import concurrent.futures
import os
import socket
import struct
import sys
import threading
import time

import fcgi

KINDS = {}
SLOW = []


def kind(function):
    KINDS[function.__name__] = function
    return function


def slow_kind(function):
    SLOW.append(function.__name__)
    return kind(function)


def chosen(names):
    if names == ["slow"]:
        return SLOW
    if names == ["quick"]:
        return [name for name in KINDS if name not in SLOW]
    return names


def params(script):
    return fcgi.record(fcgi.PARAMS, fcgi.pairs(fcgi.params_of(script))) + fcgi.record(fcgi.PARAMS)


def upload(script, size):
    whole = fcgi.params_of(script, REQUEST_METHOD="POST", CONTENT_LENGTH=str(size))
    return fcgi.begin() + fcgi.record(fcgi.PARAMS, fcgi.pairs(whole)) + fcgi.record(fcgi.PARAMS)


@kind
def silence(peer, script):
    pass


@kind
def one_byte(peer, script):
    peer.sendall(b"\1")


@kind
def half_a_header(peer, script):
    peer.sendall(fcgi.begin()[:5])


@kind
def half_a_begin(peer, script):
    peer.sendall(fcgi.begin()[:12])


@kind
def begin_and_nothing(peer, script):
    peer.sendall(fcgi.begin())


@kind
def half_the_params(peer, script):
    peer.sendall(fcgi.begin() + params(script)[:40])


@kind
def params_without_end(peer, script):
    peer.sendall(fcgi.begin() + fcgi.record(fcgi.PARAMS, fcgi.pairs(fcgi.params_of(script))))


@kind
def rubbish(peer, script):
    peer.sendall(os.urandom(4096))


@kind
def zeros(peer, script):
    peer.sendall(bytes(4096))


@kind
def http(peer, script):
    peer.sendall(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n")


@kind
def wrong_version(peer, script):
    peer.sendall(b"\2" + fcgi.request(script)[1:])


@kind
def unknown_role(peer, script):
    peer.sendall(fcgi.begin(role=77) + params(script) + fcgi.record(fcgi.STDIN))


@kind
def huge_name_length(peer, script):
    peer.sendall(fcgi.begin() + fcgi.record(fcgi.PARAMS, b"\xff\xff\xff\xff\xff\xff\xff\xff" + b"A" * 100))
    peer.sendall(fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))


@kind
def huge_record_and_nothing(peer, script):
    peer.sendall(fcgi.begin() + struct.pack(">BBHHBx", 1, fcgi.PARAMS, 1, 65535, 255))


@slow_kind
def huge_content_length(peer, script):
    peer.sendall(upload(script, 99999999999999999999) + fcgi.record(fcgi.STDIN, b"x"))


@kind
def negative_content_length(peer, script):
    peer.sendall(upload(script, -1) + fcgi.record(fcgi.STDIN))


@slow_kind
def half_the_body(peer, script):
    peer.sendall(upload(script, 100000) + fcgi.record(fcgi.STDIN, b"x" * 1000))


@slow_kind
def half_a_body_record(peer, script):
    peer.sendall(upload(script, 100000) + fcgi.record(fcgi.STDIN, b"x" * 60000)[:1000])


@kind
def more_body_than_said(peer, script):
    peer.sendall(upload(script, 3) + fcgi.record(fcgi.STDIN, b"x" * 60000) + fcgi.record(fcgi.STDIN))


@kind
def values_and_nothing(peer, script):
    peer.sendall(fcgi.record(fcgi.GET_VALUES, fcgi.pairs({"FCGI_MAX_CONNS": ""}), request_id=0))


@kind
def values_with_a_lie(peer, script):
    peer.sendall(fcgi.record(fcgi.GET_VALUES, b"\xff\xff\xff\xff\xff\xff\xff\xff", request_id=0))


@kind
def values_inside_a_request(peer, script):
    peer.sendall(fcgi.begin() + fcgi.record(fcgi.GET_VALUES, b"\x80", request_id=0) + params(script))


@kind
def many_questions(peer, script):
    peer.sendall(8000 * fcgi.record(200, request_id=0))


@kind
def abort_without_request(peer, script):
    peer.sendall(fcgi.record(fcgi.ABORT))


@kind
def abort_in_the_body(peer, script):
    peer.sendall(upload(script, 1000) + fcgi.record(fcgi.ABORT))


@kind
def unknown_type(peer, script):
    peer.sendall(fcgi.record(99, b"what") + fcgi.begin() + fcgi.record(199, b"what"))


@kind
def two_begins(peer, script):
    peer.sendall(fcgi.begin() + fcgi.begin())


@kind
def body_first(peer, script):
    peer.sendall(fcgi.record(fcgi.STDIN, b"body") + fcgi.begin())


@kind
def empty_params(peer, script):
    peer.sendall(fcgi.begin() + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))


@kind
def kept_open_after_the_answer(peer, script):
    peer.sendall(fcgi.request(script))


@kind
def closed_at_once(peer, script):
    peer.close()


@kind
def closed_in_the_params(peer, script):
    peer.sendall(fcgi.begin() + params(script)[:40])
    peer.close()


@kind
def closed_in_the_body(peer, script):
    peer.sendall(upload(script, 100000) + fcgi.record(fcgi.STDIN, b"x" * 1000))
    peer.close()


@kind
def shut_down_in_the_body(peer, script):
    peer.sendall(upload(script, 100000) + fcgi.record(fcgi.STDIN, b"x" * 1000))
    peer.shutdown(socket.SHUT_WR)


@kind
def reset_in_the_body(peer, script):
    peer.sendall(upload(script, 100000) + fcgi.record(fcgi.STDIN, b"x" * 1000))
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@kind
def gone_before_the_answer(peer, script):
    peer.sendall(fcgi.request(script, QUERY_STRING="500"))
    peer.close()


def ask(address, script, msec, timeout):
    """The process id of the worker that answered, or None."""
    try:
        reply = fcgi.get(address, script, timeout, QUERY_STRING=str(msec))
        return int(reply.body) if reply.ended else None
    except (OSError, ValueError):
        return None


def clients(address, script, stop, tally):
    """Three that ask all the time, and count."""

    def one():
        while not stop.is_set():
            tally["ok" if ask(address, script, 5, 2) else "lost"] += 1

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    return threads


def free_workers(address, script, count):
    """How many different workers take part when as many are asked for at once."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(ask, address, script, 400, 1.5) for _ in range(count)]
        return len({future.result() for future in asked} - {None})


def main(argv):
    if argv[1:2] == ["--list"]:
        print("\n".join(chosen(argv[2:])))
        return
    if len(argv) < 6:
        sys.exit(__doc__)
    address, script, workers, limit = argv[1], argv[2], int(argv[3]), float(argv[4])
    kinds = chosen(argv[5:])

    stop, tally = threading.Event(), collections.Counter()
    start = time.monotonic()
    threads = clients(address, script, stop, tally)
    peers = []
    for name in kinds:
        peer = fcgi.connect(address)
        try:
            KINDS[name](peer, script)
        except OSError:
            pass  # the pool was quick to close
        peers.append(peer)

    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    free = 0
    while free < workers and time.monotonic() < start + limit:
        free = free_workers(address, script, workers)
    seconds = time.monotonic() - start

    print(f"{len(kinds)} bad peers; {tally['ok']} good requests, {tally['lost']} lost; "
          f"{free} of {workers} workers free after {seconds:.1f} s")
    for peer in peers:
        peer.close()
    if tally["lost"] or not tally["ok"] or free < workers:
        sys.exit(1)


main(sys.argv)
