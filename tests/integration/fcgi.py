#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A FastCGI client for the tests: speaks to a pool without a web server between.

    fcgi.py ADDRESS SCRIPT [NAME=VALUE …]   sends one request, prints what comes back; NAME alone
                                            leaves that parameter out, BODY=TEXT is the body
    fcgi.py --time ADDRESS SCRIPT           prints the milliseconds until the first byte

ADDRESS is a path, or HOST:PORT. As a module: connect(), record(), pairs(), request(), Reply.
Needs only the standard library.
"""
import socket
import struct
import sys
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = range(1, 10)


def connect(address, timeout=30):
    if address.startswith("/"):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(timeout)
        peer.connect(address)
    else:
        host, port = address.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout)
    return peer


def record(kind, content=b"", request_id=1, padding=0):
    header = struct.pack(">BBHHBx", 1, kind, request_id, len(content), padding)
    return header + content + b"\0" * padding


def begin(role=1, flags=0):
    return record(BEGIN, struct.pack(">HB5x", role, flags))


def pairs(params):
    out = b""
    for name, value in params.items():
        for part in (name, value):
            size = len(part.encode())
            out += struct.pack(">B", size) if size < 128 else struct.pack(">I", size | 1 << 31)
        out += name.encode() + value.encode()
    return out


def params_of(script, body=b"", **more):
    params = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": "/" + script.rsplit("/", 1)[-1],
        "REQUEST_URI": "/" + script.rsplit("/", 1)[-1],
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "GATEWAY_INTERFACE": "CGI/1.1",
    }
    if body:
        params["CONTENT_LENGTH"] = str(len(body))
        params["CONTENT_TYPE"] = "application/octet-stream"
    params.update(more)
    return {name: value for name, value in params.items() if value is not None}


def request(script, body=b"", flags=0, **more):
    """All the bytes of one request."""
    out = begin(flags=flags) + record(PARAMS, pairs(params_of(script, body, **more)))
    out += record(PARAMS)
    for i in range(0, len(body), 65535):
        out += record(STDIN, body[i : i + 65535])
    return out + record(STDIN)


class Reply:
    """What came back: out, err, ended (END_REQUEST was seen), app_status."""

    def __init__(self, peer):
        self.out = self.err = b""
        self.ended = False
        self.app_status = None
        self.first_byte = None
        rest = b""
        while not self.ended:
            data = peer.recv(65536)
            if not data:
                break
            self.first_byte = self.first_byte or time.monotonic()
            rest += data
            rest = self.take(rest)

    def take(self, data):
        while len(data) >= 8:
            _, kind, _, size, padding = struct.unpack(">BBHHBx", data[:8])
            if len(data) < 8 + size + padding:
                break
            content = data[8 : 8 + size]
            if kind == STDOUT:
                self.out += content
            elif kind == STDERR:
                self.err += content
            elif kind == END:
                self.app_status = struct.unpack(">I", content[:4])[0]
                self.ended = True
            data = data[8 + size + padding :]
        return data

    @property
    def body(self):
        return self.out.partition(b"\r\n\r\n")[2]


def get(address, script, timeout=30, **more):
    with connect(address, timeout) as peer:
        peer.sendall(request(script, **more))
        return Reply(peer)


def main(argv):
    timing = argv[1:2] == ["--time"]
    if timing:
        argv = argv[1:]
    if len(argv) < 3:
        sys.exit(__doc__)
    start = time.monotonic()
    more = dict(pair.split("=", 1) if "=" in pair else (pair, None) for pair in argv[3:])
    if "BODY" in more:
        more["body"] = more.pop("BODY").encode()
    reply = get(argv[1], argv[2], **more)
    if not reply.ended:
        sys.exit("no END_REQUEST")
    if timing:
        print(round((reply.first_byte - start) * 1000))
        return
    sys.stderr.write(reply.err.decode(errors="replace"))
    sys.stdout.write(reply.out.decode(errors="replace"))


if __name__ == "__main__":
    main(sys.argv)
