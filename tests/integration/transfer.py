#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""transfer.py PORT up|multipart|down PATH MIB: one large request to a web server on 127.0.0.1, as fast as
it goes. Says what was answered: of an upload the text, of a download the number of bytes."""
import http.client
import sys

MIB = 1024 * 1024
BOUNDARY = "a-boundary"
PIECE = bytes(range(256)) * 1024


def pieces(mib, before=b"", after=b""):
    yield before
    for _ in range(mib * MIB // len(PIECE)):
        yield PIECE
    yield after


def send(connection, path, size, headers, content):
    connection.putrequest("POST", path, skip_host=True)
    for name, value in {"Host": "transfer.test", "Content-Length": size, **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    for piece in content:
        connection.sock.sendall(piece)
    return connection.getresponse()


def upload(connection, path, mib):
    headers = {"Content-Type": "application/octet-stream"}
    return send(connection, path, mib * MIB, headers, pieces(mib)).read().decode()


def upload_multipart(connection, path, mib):
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        'name="doc"; filename="large.bin"\r\n\r\n'
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    size = len(head) + mib * MIB + len(tail)
    return send(connection, path, size, headers, pieces(mib, head, tail)).read().decode()


def download(connection, path, mib):
    connection.request("GET", f"{path}?mib={mib}", headers={"Host": "transfer.test"})
    answer = connection.getresponse()
    buffer = bytearray(MIB)
    size = 0
    while n := answer.readinto(buffer):
        size += n
    return f"{answer.status} {size}"


WAYS = {"up": upload, "multipart": upload_multipart, "down": download}


def transfer(port, kind, path, mib):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        return WAYS[kind](connection, path, mib)
    finally:
        connection.close()


def main():
    port, kind, path, mib = sys.argv[1:]
    print(transfer(int(port), kind, path, int(mib)))


if __name__ == "__main__":
    main()
