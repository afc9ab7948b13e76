#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""protocol.py ADDRESS DIRECTORY [CASE …]: FastCGI as web servers other than nginx may speak it.

Each case is one peer that does something the specification allows, or that a worker must refuse in
order; DIRECTORY has the scripts of requests/fastcgi.sh. Prints the cases; status 1 when one fails.
"""
import hashlib
import socket
import struct
import sys
import time

import fcgi

CASES = {}
KEEP = 1


def case(function):
    CASES[function.__name__] = function
    return function


def expect(what, expected, actual):
    if expected != actual:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def is_closed(peer, seconds=5):
    """Whether the other side ends the connection without a further byte."""
    peer.settimeout(seconds)
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def stays_open(peer, seconds=0.3):
    return not is_closed(peer, seconds)


def head(folder, page, flags=0, role=1, padding=0, request_id=1, body=b"", **more):
    pairs = fcgi.pairs(fcgi.params_of(f"{folder}/{page}", body, **more))
    return (fcgi.record(fcgi.BEGIN, struct.pack(">HB5x", role, flags), request_id, padding)
            + fcgi.record(fcgi.PARAMS, pairs, request_id, padding)
            + fcgi.record(fcgi.PARAMS, b"", request_id, padding))


def works(peer, folder, name="next"):
    """The connection takes one more request."""
    peer.sendall(fcgi.request(f"{folder}/echo.php", flags=KEEP, QUERY_STRING=name))
    expect("the next request on the connection", f"0 {name}".encode(), fcgi.Reply(peer).body.split(b"\n")[0])


@case
def kept_connection(peer, folder):
    for i in range(5):
        works(peer, folder, f"request{i}")
    if not stays_open(peer):
        raise AssertionError("closed, though it was to be kept")


@case
def closed_without_keep_conn(peer, folder):
    peer.sendall(fcgi.request(f"{folder}/echo.php"))
    expect("ended", True, fcgi.Reply(peer).ended)
    expect("closed", True, is_closed(peer))


@case
def two_requests_at_once(peer, folder):
    """The second was sent before the first is answered: it waits."""
    peer.sendall(b"".join(fcgi.request(f"{folder}/echo.php", flags=KEEP, QUERY_STRING=q) for q in ("a", "b")))
    got = b""
    while got.count(b"\1\3\0\1\0\10") < 2:
        got += peer.recv(65536)
    for q in (b"0 a\n", b"0 b\n"):
        expect("both answered", 1, got.count(q))


@case
def any_chunking(peer, folder):
    """One byte at a time, then cuts in every header."""
    body = bytes(range(256)) * 20
    whole = fcgi.request(f"{folder}/echo.php", body, flags=KEEP)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) if peer.family != socket.AF_UNIX else None
    for byte in whole:
        peer.sendall(bytes([byte]))
    sent = f"{len(body)} ".encode()
    expect("by bytes", sent, fcgi.Reply(peer).body.split(b"\n")[0])
    for size in (3, 7, 1021):
        for i in range(0, len(whole), size):
            peer.sendall(whole[i : i + size])
        expect(f"by {size}", sent, fcgi.Reply(peer).body.split(b"\n")[0])


@case
def pairs_over_records(peer, folder):
    """A pair may be cut anywhere by the end of a record (php-fpm refuses that)."""
    pairs = fcgi.pairs(fcgi.params_of(f"{folder}/echo.php", QUERY_STRING="cut"))
    peer.sendall(fcgi.begin(flags=KEEP)
                 + b"".join(fcgi.record(fcgi.PARAMS, pairs[i : i + 5]) for i in range(0, len(pairs), 5))
                 + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
    expect("the answer", b"0 cut", fcgi.Reply(peer).body.split(b"\n")[0])


@case
def any_padding(peer, folder):
    body = b"x" * 70000
    for padding in (1, 7, 8, 255):
        peer.sendall(head(folder, "echo.php", KEEP, padding=padding, body=body)
                     + fcgi.record(fcgi.STDIN, body[:65535], padding=padding)
                     + fcgi.record(fcgi.STDIN, body[65535:], padding=padding)
                     + fcgi.record(fcgi.STDIN, padding=padding))
        expect(f"padding {padding}", b"70000 ", fcgi.Reply(peer).body.split(b"\n")[0])


@case
def any_request_id(peer, folder):
    for number in (1, 255, 256, 65535):
        peer.sendall(head(folder, "echo.php", KEEP, request_id=number, QUERY_STRING=str(number))
                     + fcgi.record(fcgi.STDIN, b"", number))
        data = peer.recv(65536)
        expect("the id of the answer", number, struct.unpack(">H", data[2:4])[0])
        while not data.endswith(b"\0" * 8) or b"\1\3" not in data:
            data += peer.recv(65536)


@case
def management_records(peer, folder):
    values = fcgi.record(fcgi.GET_VALUES, fcgi.pairs({"FCGI_MPXS_CONNS": "", "FCGI_MAX_CONNS": ""}), 0)
    peer.sendall(values)
    answer = peer.recv(1000)
    expect("GET_VALUES_RESULT", 10, answer[1])
    expect("no multiplexing", True, b"FCGI_MPXS_CONNS0" in answer)
    peer.sendall(fcgi.record(77, b"what?", 0))
    answer = peer.recv(1000)
    expect("UNKNOWN_TYPE", (11, 77), (answer[1], answer[8]))
    works(peer, folder)


@case
def roles(peer, folder):
    for role, name in ((1, b"RESPONDER"), (2, b"AUTHORIZER")):
        peer.sendall(head(folder, "role.php", KEEP, role) + fcgi.record(fcgi.STDIN))
        expect("FCGI_ROLE", name, fcgi.Reply(peer).body)
    for role in (0, 3, 4, 0x101):
        peer.sendall(head(folder, "role.php", KEEP, role) + fcgi.record(fcgi.STDIN))
        answer = peer.recv(1000)
        expect(f"role {role} is refused: END_REQUEST, FCGI_UNKNOWN_ROLE", (3, 3), (answer[1], answer[12]))
    works(peer, folder)


@case
def multiplexing(peer, folder):
    peer.sendall(fcgi.begin(flags=KEEP) + fcgi.record(fcgi.BEGIN, struct.pack(">HB5x", 1, KEEP), 2))
    answer = peer.recv(1000)
    expect("END_REQUEST of 2, FCGI_CANT_MPX_CONN", (3, 2, 1), (answer[1], answer[3], answer[12]))


@case
def body_not_read(peer, folder):
    """CVE-2026-129289: what a script leaves of the body is not the next request."""
    evil = fcgi.request(f"{folder}/evil.php", flags=KEEP)
    for page, type_ in (("unread.php", "application/octet-stream"), ("some.php", "application/octet-stream"),
                        ("unread.php", "multipart/form-data")):
        for body in (evil, evil * 300):
            peer.sendall(fcgi.request(f"{folder}/{page}", body, flags=KEEP, CONTENT_TYPE=type_))
            expect("the answer", b"not read", fcgi.Reply(peer).body[-8:])
            works(peer, folder)
    # A length that lies: the body ends where the records say.
    peer.sendall(fcgi.request(f"{folder}/echo.php", evil, flags=KEEP, CONTENT_LENGTH="3"))
    expect("as long as was said", b"3 ", fcgi.Reply(peer).body.split(b"\n")[0])
    works(peer, folder)
    peer.sendall(fcgi.request(f"{folder}/echo.php", evil, flags=KEEP, CONTENT_LENGTH=""))
    expect("without a length", b"0 ", fcgi.Reply(peer).body.split(b"\n")[0])
    works(peer, folder)


@case
def no_stale_bytes(peer, folder):
    """The reserved bytes of END_REQUEST are zero, whatever was answered before."""
    for _ in range(3):
        peer.sendall(fcgi.request(f"{folder}/echo.php", flags=KEEP))
        data = b""
        while b"\1\3\0\1\0\10" not in data or len(data.partition(b"\1\3\0\1\0\10")[2]) < 10:
            data += peer.recv(65536)
        expect("END_REQUEST", bytes(10), data.partition(b"\1\3\0\1\0\10")[2][:10])


@case
def too_many_parameters(peer, folder):
    for more in ({f"HTTP_X_{i}": "v" for i in range(2000)}, {f"HTTP_X_{i}": "v" * 6000 for i in range(64)}):
        pairs = fcgi.pairs({**fcgi.params_of(f"{folder}/echo.php"), **more})
        peer.sendall(fcgi.begin(flags=KEEP)
                     + b"".join(fcgi.record(fcgi.PARAMS, pairs[i : i + 65535]) for i in range(0, len(pairs), 65535))
                     + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
        expect("status", b"Status: 431 ", fcgi.Reply(peer).out[:12])
        works(peer, folder)


@case
def many_parameters(peer, folder):
    more = {f"HTTP_X_{i}": "v" * 40 for i in range(900)}
    peer.sendall(fcgi.request(f"{folder}/echo.php", flags=KEEP, QUERY_STRING="many", **more))
    expect("900 of them", b"0 many", fcgi.Reply(peer).body.split(b"\n")[0])


@case
def malformed_parameters(peer, folder):
    for pairs in (b"\xff\xff\xff\xff\xff\xff\xff\xffX", b"\x01\x03Na\0b", b"\x00\x01v", b"\x03\x01A=Bv", b"\x80"):
        peer.sendall(fcgi.begin(flags=KEEP) + fcgi.record(fcgi.PARAMS, pairs) + fcgi.record(fcgi.PARAMS)
                     + fcgi.record(fcgi.STDIN))
        expect(f"status for {pairs!r}", b"Status: 400 ", fcgi.Reply(peer).out[:12])
        works(peer, folder)


def log_of(folder, name, seconds=3):
    """What a script wrote when it ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with open(f"{folder}/log/{name}", encoding="utf-8") as file:
                text = file.read()
            if text:
                return text
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    return "nothing"


@case
def aborted_while_it_runs(peer, folder):
    """A script that flushes sees it; the worker is free at once, and the connection is good."""
    name = f"run{id(peer)}"
    peer.sendall(fcgi.request(f"{folder}/long.php", flags=KEEP, QUERY_STRING=name))
    peer.recv(1000)
    start = time.monotonic()
    peer.sendall(fcgi.record(fcgi.ABORT))
    reply = fcgi.Reply(peer)
    expect("END_REQUEST", (True, 0), (reply.ended, reply.app_status))
    if time.monotonic() - start > 2:
        raise AssertionError("the script ran on")
    expect("connection_aborted()", "1", log_of(folder, name))
    works(peer, folder)


@case
def aborted_in_the_body(peer, folder):
    """A form that is not whole is not given to a script."""
    name = f"body{id(peer)}"
    peer.sendall(head(folder, "long.php", KEEP, body=b"x" * 1000, QUERY_STRING=name)
                 + fcgi.record(fcgi.STDIN, b"x" * 10) + fcgi.record(fcgi.ABORT))
    expect("END_REQUEST", True, fcgi.Reply(peer).ended)
    expect("the script", "nothing", log_of(folder, name, 0.2))
    works(peer, folder)


@case
def stalled_form(peer, folder):
    """Of half a form no script runs; the answer says why."""
    name = f"form{id(peer)}"
    form = b"b=2&delete=no"
    peer.sendall(head(folder, "long.php", KEEP, body=form, QUERY_STRING=name,
                      CONTENT_TYPE="application/x-www-form-urlencoded") + fcgi.record(fcgi.STDIN, form[:5]))
    reply = fcgi.Reply(peer)
    expect("status", b"Status: 408 ", reply.out[:12])
    expect("what the web server hears", b"Nothing more of the body came for 1 s (request_body_timeout)", reply.err)
    expect("the script", "nothing", log_of(folder, name, 0.2))
    expect("closed", True, is_closed(peer))


@case
def stalled_input(peer, folder):
    """A script that reads by itself ends where it waits, as if its client had left, with its shutdown functions."""
    name = f"input{id(peer)}"
    peer.sendall(head(folder, "long.php", KEEP, body=b"x" * 60000, REQUEST_METHOD="PUT", QUERY_STRING=name)
                 + fcgi.record(fcgi.STDIN, b"x" * 30000))
    reply = fcgi.Reply(peer)
    expect("status", b"Status: 408 ", reply.out[:12])
    expect("connection_aborted()", "1", log_of(folder, name))
    expect("closed", True, is_closed(peer))


@case
def stalled_and_ignored(peer, folder):
    name = f"stalled{id(peer)}"
    peer.sendall(head(folder, "long.php", KEEP, body=b"x" * 60000, REQUEST_METHOD="PUT", QUERY_STRING=name,
                      HTTP_X_IGNORE="1") + fcgi.record(fcgi.STDIN, b"x" * 30000))
    expect("it ran to its end", "1 to the end", log_of(folder, name, 5))


@case
def slow_form(peer, folder):
    """It is the wait for one piece that is limited, not the whole."""
    body = b"x" * 50
    peer.sendall(head(folder, "sum.php", KEEP, body=body))
    for i in range(0, 50, 10):
        time.sleep(0.4)
        peer.sendall(fcgi.record(fcgi.STDIN, body[i : i + 10]))
    peer.sendall(fcgi.record(fcgi.STDIN))
    expect("md5", hashlib.md5(body).hexdigest().encode(), fcgi.Reply(peer).body)


@case
def body_into_rubbish(peer, folder):
    name = f"rubbish{id(peer)}"
    peer.sendall(head(folder, "long.php", KEEP, body=b"x" * 1000, QUERY_STRING=name)
                 + fcgi.record(fcgi.STDIN, b"x" * 10) + b"\xff" * 64)
    expect("status", b"Status: 400 ", fcgi.Reply(peer).out[:12])
    expect("the script", "nothing", log_of(folder, name, 0.2))


@case
def client_gone(peer, folder):
    name = f"gone{id(peer)}"
    peer.sendall(fcgi.request(f"{folder}/long.php", QUERY_STRING=name))
    peer.recv(1000)
    peer.close()
    expect("connection_aborted()", "1", log_of(folder, name))


@case
def ignored_abort(peer, folder):
    name = f"ignored{id(peer)}"
    peer.sendall(fcgi.request(f"{folder}/long.php", flags=KEEP, QUERY_STRING=name, HTTP_X_IGNORE="1"))
    peer.recv(1000)
    peer.sendall(fcgi.record(fcgi.ABORT))
    expect("END_REQUEST", True, fcgi.Reply(peer).ended)
    expect("it ran to its end", "1 to the end", log_of(folder, name))
    works(peer, folder)


@case
def body_by_records(peer, folder):
    """Records of every size make one body."""
    body = hashlib.sha256(b"seed").digest() * 4000
    out, at = head(folder, "sum.php", KEEP, body=body), 0
    for size in [1, 2, 7, 8, 9, 4095, 32767, 32768, 65535] * 99:
        if at < len(body):
            out += fcgi.record(fcgi.STDIN, body[at : at + size], padding=size % 8)
            at += size
    peer.sendall(out + fcgi.record(fcgi.STDIN))
    expect("md5", hashlib.md5(body).hexdigest().encode(), fcgi.Reply(peer).body)


def main(argv):
    if len(argv) < 3:
        sys.exit(__doc__)
    failed = 0
    for name in argv[3:] or CASES:
        try:
            with fcgi.connect(argv[1], timeout=8) as peer:
                CASES[name](peer, argv[2])
            print(f"ok {name}")
        except (AssertionError, OSError) as error:
            print(f"FAIL {name}: {error}")
            failed += 1
    sys.exit(failed > 0)


main(sys.argv)
