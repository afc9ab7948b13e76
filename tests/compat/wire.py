# SPDX-License-Identifier: MIT
"""One side's answers to a row: builds the bytes of its requests, sends them, takes the replies apart."""
import re
import socket
import struct
import time

from fcgi import BEGIN, DATA, END, PARAMS, STDERR, STDIN, STDOUT, connect

KEEP = 1
PATIENCE = 6.0  # seconds for a reply; what php-fpm leaves waiting for ever ends here
STAYS_OPEN = 0.25  # seconds: a kept connection that was not closed by then is open


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def length(size):
    return struct.pack(">B", size) if size < 128 else struct.pack(">I", size | 1 << 31)


def pair(name, value):
    name, value = to_bytes(name), to_bytes(value)
    return length(len(name)) + length(len(value)) + name + value


def record(kind, content=b"", request_id=1, padding=0, version=1):
    header = struct.pack(">BBHHBB", version, kind, request_id, len(content), padding, 0)
    return header + content + b"\xa5" * padding


def begin(role=1, flags=0, request_id=1):
    return record(BEGIN, struct.pack(">HB5x", role, flags), request_id)


def pieces(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


def stream(kind, parts, request, number):
    """The records of a stream, with the empty one at its end."""
    return b"".join(record(kind, part, number, request.padding) for part in parts) + record(
        kind, b"", number, request.padding if request.pad_ends else 0
    )


def request_bytes(request):
    """All the bytes of a Request (table.py)."""
    number = request.request_id
    out = begin(request.role, request.flags, number)
    pairs = [pair(name, value) for name, value in request.params]
    if request.params_piece < 0:
        parts = [b"".join(some) for some in pieces(pairs, -request.params_piece)]
    else:
        parts = pieces(b"".join(pairs), request.params_piece)
    out += stream(PARAMS, parts, request, number)
    if request.stdin:
        out += stream(STDIN, pieces(request.body or b"", request.body_piece), request, number)
    if request.data is not None:
        out += stream(DATA, pieces(request.data, 65535), request, number)
    return out


class Reply:
    """What one request brought: what a web server would see of it."""

    def __init__(self):
        self.out = self.err = b""
        self.out_records = 0
        self.ends = []
        self.others = []
        self.connection = "?"

    def fields(self):
        head, blank, body = self.out.partition(b"\r\n\r\n")
        if not blank:
            head, body = b"", self.out
        lines = head.split(b"\r\n") if head else []
        status = [line for line in lines if re.match(rb"(?i)status:|HTTP/", line)]
        return {
            "status": b"\n".join(status),
            "headers": b"\n".join(line for line in lines if line not in status),
            "body": body,
            "stderr": self.err,
            "end": "\n".join(self.ends).encode(),
            "other": "\n".join(self.others).encode(),
            "connection": self.connection.encode(),
        }

    def take(self, kind, request_id, content):
        if kind == STDOUT:
            self.out += content
            self.out_records += bool(content)
        elif kind == STDERR:
            self.err += content
        elif kind == END:
            status, protocol, reserved = struct.unpack(">IB3s", content)
            self.ends.append(
                f"id {request_id} appStatus {status} protocolStatus {protocol} reserved {reserved!r}"
            )
        else:
            self.others.append(f"type {kind} id {request_id} {content!r}")


class Connection:
    """A connection on which requests follow each other."""

    def __init__(self, address):
        self.peer = connect(address, PATIENCE)
        if self.peer.family != socket.AF_UNIX:
            self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.closed = None

    def send(self, data, piece=0):
        try:
            for i in range(0, len(data), piece or len(data) or 1):
                self.peer.sendall(data[i : i + piece] if piece else data)
        except OSError as error:
            self.closed = f"not sent: {error.strerror}"

    def pump(self, reply, timeout):
        """One read. False when there will be no more."""
        self.peer.settimeout(max(timeout, 0.001))
        try:
            data = self.peer.recv(1 << 18)
        except socket.timeout:
            return False
        except OSError as error:
            self.closed = error.strerror
            return False
        if not data:
            self.closed = self.closed or "closed"
            return False
        self.rest += data
        while len(self.rest) >= 8:
            version, kind, number, size, padding = struct.unpack(">BBHHBx", self.rest[:8])
            if len(self.rest) < 8 + size + padding:
                break
            reply.take(kind, number, self.rest[8 : 8 + size])
            self.rest = self.rest[8 + size + padding :]
        return True

    def read(self, ends, answers=0, patience=PATIENCE, stays_open=STAYS_OPEN):
        """Until there were so many END_REQUESTs or other answers, then whether the peer closes."""
        reply = Reply()
        deadline = time.monotonic() + patience
        while len(reply.ends) < ends or len(reply.others) < answers:
            if self.closed or not self.pump(reply, deadline - time.monotonic()):
                break
        if not self.closed:
            missing = len(reply.ends) < ends or len(reply.others) < answers
            end = time.monotonic() + (0 if missing else stays_open)
            while not self.closed and self.pump(reply, end - time.monotonic()):
                pass
            if not self.closed and missing:
                reply.connection = "no answer"
                return reply
        reply.connection = self.closed or "open"
        if self.rest:
            reply.others.append(f"{len(self.rest)} bytes of no record")
        return reply

    def close(self):
        self.peer.close()
