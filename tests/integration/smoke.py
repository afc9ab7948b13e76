#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""smoke.py OURS REFERENCE [--without ROW[,ROW]] [--differs ROW[,ROW]]: the requests that every web
server must pass on to a pool, and what is to come back.

OURS and REFERENCE are ports of one and the same web server on 127.0.0.1, before the pool that is
tested and before Debian's php-fpm, with the pages of web_servers.sh. Each row is asked of both: what
ours answers must be right, and both answers the same, down to every variable that PHP sees.

--without names the rows whose answer this web server does not let be right, whatever is behind it:
then it is only the same, and if it is right after all, that is an error too. --differs: those which may
differ. --better: those that php-fpm gets wrong, and ours must not; "all" of them, where php-fpm does not
serve this variant. --skip: those whose answer is a matter of timing with this web server."""
import argparse
import base64
import concurrent.futures
import dataclasses
import hashlib
import http.client
import json
import random
import re
import sys
import time

HOST = "web.test"
TIMEOUT = 10
SLOW_SECONDS = 4
LARGE = 5 * 1024 * 1024
BODY = random.Random(1).randbytes(300_000)
FILE = random.Random(2).randbytes(1_200_000)
BOUNDARY = "a-boundary"
# Of the web server's own, or of the moment.
VOLATILE_HEADERS = {
    "date",
    "server",
    "connection",
    "keep-alive",
    "via",
    # Whether the length was known when the headers left is a matter of timing.
    "content-length",
    "transfer-encoding",
}
ROWS = {}


class Wrong(Exception):
    """An answer that is not as it should be."""


@dataclasses.dataclass
class Reply:
    status: int
    reason: str
    headers: list
    body: bytes

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return [value for key, value in self.headers if key == name.lower()]


class Client:
    """One kept connection, as a browser has it, or a new one where the server has closed it."""

    def __init__(self, port):
        self.port = port
        self.connection = None
        self.connections = 0
        self.replies = []

    def ask(self, path, method="GET", body=None, headers=None, chunked=False):
        headers = {"Host": HOST, **(headers or {})}
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        if self.connection.sock is None:
            self.connections += 1
        self.connection.request(method, path, body, headers, encode_chunked=chunked)
        answer = self.connection.getresponse()
        body = answer.read()
        headers = [(key.lower(), value) for key, value in answer.getheaders()]
        reply = Reply(answer.status, answer.reason, headers, body)
        self.replies.append(reply)
        return reply

    def close(self):
        if self.connection is not None:
            self.connection.close()


def row(function):
    ROWS[function.__name__] = function
    return function


def equal(what, expected, got):
    if expected != got:
        raise Wrong(f"{what}: expected {repr(expected)[:200]}, got {repr(got)[:200]}")


def md5(data):
    return hashlib.md5(data).hexdigest()


def seen(reply, status=200):
    """What echo.php says it saw."""
    equal("status", status, reply.status)
    equal("type", ["application/json"], reply.header("Content-Type"))
    return reply.json()


def check_server(reply, **expected):
    server = seen(reply)["server"]
    for name, value in expected.items():
        got = server.get(name)
        # Of one of Apache's ways two slashes come; where, is compared with php-fpm's.
        if name == "SCRIPT_FILENAME" and got:
            got = re.sub("^//", "/", got)
        equal(name, value, got)


### the rows


@row
def page(client):
    check_server(
        client.ask("/echo.php"),
        REQUEST_METHOD="GET",
        SCRIPT_NAME="/echo.php",
        PHP_SELF="/echo.php",
        REQUEST_URI="/echo.php",
        SCRIPT_FILENAME="/srv/www/web/echo.php",
        DOCUMENT_ROOT="/srv/www/web",
        REMOTE_ADDR="127.0.0.1",
        HTTP_HOST=HOST,
    )


@row
def directory(client):
    check_server(
        client.ask("/sub/"),
        SCRIPT_NAME="/sub/index.php",
        REQUEST_URI="/sub/",
        SCRIPT_FILENAME="/srv/www/web/sub/index.php",
    )


@row
def query(client):
    reply = client.ask("/echo.php?a=1&b[]=x%20y&b[]=z+z&c=%2F%3F")
    equal("GET", {"a": "1", "b": ["x y", "z z"], "c": "/?"}, seen(reply)["get"])
    # Some write [ and ] as %5B and %5D.
    text = seen(reply)["server"]["QUERY_STRING"].replace("%5B", "[").replace("%5D", "]")
    equal("QUERY_STRING", "a=1&b[]=x%20y&b[]=z+z&c=%2F%3F", text)


@row
def path_info(client):
    check_server(
        client.ask("/echo.php/one/two?q=1"),
        PATH_INFO="/one/two",
        SCRIPT_NAME="/echo.php",
        PHP_SELF="/echo.php/one/two",
        SCRIPT_FILENAME="/srv/www/web/echo.php",
        REQUEST_URI="/echo.php/one/two?q=1",
        QUERY_STRING="q=1",
    )


@row
def path_info_escaped(client):
    check_server(
        client.ask("/echo.php/a%20b/c+d/%C3%BC"), PATH_INFO="/a b/c+d/ü", SCRIPT_NAME="/echo.php"
    )


@row
def path_info_of_php(client):
    """Only the first of them is a script."""
    check_server(
        client.ask("/echo.php/other.php"), PATH_INFO="/other.php", SCRIPT_NAME="/echo.php"
    )


@row
def path_info_slash(client):
    check_server(client.ask("/echo.php/"), PATH_INFO="/", SCRIPT_NAME="/echo.php")


@row
def name_escaped(client):
    check_server(
        client.ask("/with%20blank.php?x"),
        SCRIPT_NAME="/with blank.php",
        SCRIPT_FILENAME="/srv/www/web/with blank.php",
    )


@row
def form(client):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = client.ask("/echo.php?x=1", "POST", "name=J%C3%BCrgen&n[]=1&n[]=2", headers)
    equal("POST", {"name": "Jürgen", "n": ["1", "2"]}, seen(reply)["post"])
    equal("GET", {"x": "1"}, seen(reply)["get"])


@row
def body(client):
    headers = {"Content-Type": "application/octet-stream"}
    reply = client.ask("/echo.php", "PUT", BODY, headers)
    equal("input", {"size": len(BODY), "md5": md5(BODY)}, seen(reply)["input"])
    check_server(reply, REQUEST_METHOD="PUT", CONTENT_LENGTH=str(len(BODY)))


@row
def body_empty(client):
    reply = client.ask("/echo.php", "POST", b"")
    equal("input", 0, seen(reply)["input"]["size"])


@row
def body_chunked(client):
    """Without a length: PHP can read it where the web server makes one."""
    headers = {"Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"}
    pieces = (BODY[at : at + 10_000] for at in range(0, len(BODY), 10_000))
    reply = client.ask("/echo.php", "POST", pieces, headers, chunked=True)
    equal("input", {"size": len(BODY), "md5": md5(BODY)}, seen(reply)["input"])


@row
def body_unread(client):
    headers = {"Content-Type": "application/octet-stream"}
    for _ in range(3):
        equal("answer", b"hello", client.ask("/hello.php", "POST", BODY, headers).body)


@row
def upload(client):
    parts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\na title\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="doc"; filename="doc.bin"\r\n'
        "Content-Type: application/x-thing\r\n\r\n"
    ).encode()
    content = parts + FILE + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    reply = client.ask("/echo.php", "POST", content, headers)
    expected = {
        "name": "doc.bin",
        "type": "application/x-thing",
        "error": 0,
        "size": len(FILE),
        "md5": md5(FILE),
    }
    equal("FILES", {"doc": expected}, seen(reply)["files"])
    equal("POST", {"title": "a title"}, seen(reply)["post"])


@row
def missing(client):
    equal("status", 404, client.ask("/missing.php").status)


@row
def missing_with_path_info(client):
    equal("status", 404, client.ask("/missing.php/one").status)


@row
def authorization(client):
    token = base64.b64encode(b"alice:open sesame").decode()
    check_server(
        client.ask("/echo.php", headers={"Authorization": f"Basic {token}"}),
        PHP_AUTH_USER="alice",
        PHP_AUTH_PW="open sesame",
        HTTP_AUTHORIZATION=f"Basic {token}",
    )


@row
def request_headers(client):
    headers = {"X-Asked": "yes, please", "Cookie": "a=1; b=two%20words", "Proxy": "evil"}
    reply = client.ask("/echo.php", headers=headers)
    check_server(reply, HTTP_X_ASKED="yes, please")
    equal("COOKIE", {"a": "1", "b": "two words"}, seen(reply)["cookie"])
    equal("getenv of Proxy:", False, seen(reply)["http_proxy"])
    equal("getallheaders", "yes, please", seen(reply)["all"].get("X-Asked"))


@row
def long_header(client):
    value = "x" * 6000
    check_server(client.ask("/echo.php", headers={"X-Long": value}), HTTP_X_LONG=value)


@row
def answer_headers(client):
    reply = client.ask("/headers.php")
    equal("X-Answer", ["42"], reply.header("X-Answer"))
    equal("Set-Cookie", ["one=1; path=/", "two=2"], reply.header("Set-Cookie"))
    equal("type", ["text/x-thing;charset=utf-8"], reply.header("Content-Type"))


@row
def large(client):
    reply = client.ask(f"/large.php?size={LARGE}")
    equal("bytes", LARGE, len(reply.body))
    equal("md5", md5(b"0123456789abcdef" * (LARGE // 16)), md5(reply.body))


@row
def bytes_of_all_kinds(client):
    equal("body", bytes(range(256)) * 40, client.ask("/bytes.php").body)


@row
def nothing(client):
    reply = client.ask("/nothing.php")
    equal("status", 200, reply.status)
    equal("body", b"", reply.body)


@row
def flushed(client):
    equal("body", b"one two three ", client.ask("/flushed.php").body)


@row
def head(client):
    reply = client.ask("/headers.php", "HEAD")
    equal("status", 200, reply.status)
    equal("X-Answer", ["42"], reply.header("X-Answer"))
    equal("body", b"", reply.body)
    equal("next", b"hello", client.ask("/hello.php").body)


@row
def redirect(client):
    reply = client.ask("/redirect.php?to=/echo.php")
    equal("status", 302, reply.status)
    equal("Location", ["/echo.php"], [v.removeprefix(f"http://{HOST}") for v in reply.header("Location")])
    reply = client.ask("/redirect.php?to=http://elsewhere.test/")
    equal("Location", ["http://elsewhere.test/"], reply.header("Location"))


@row
def redirect_for_ever(client):
    equal("status", 301, client.ask("/redirect.php?to=/echo.php&code=301").status)


@row
def status(client):
    for code in (201, 400, 404, 410, 500, 503):
        reply = client.ask(f"/status.php?code={code}")
        equal("status", code, reply.status)
        equal("body", f"body of {code}".encode(), reply.body)


@row
def not_modified(client):
    reply = client.ask("/status.php?code=304")
    equal("status", 304, reply.status)
    equal("body", b"", reply.body)
    equal("next", b"hello", client.ask("/hello.php").body)


@row
def own_reason(client):
    equal("reason", "Gone Fishing", client.ask("/reason.php").reason)


@row
def fatal(client):
    equal("status", 500, client.ask("/fatal.php").status)


@row
def session(client):
    reply = client.ask("/session.php")
    cookie = reply.header("Set-Cookie")[0].split(";")[0]
    # The names are random, and so no part of what is compared.
    client.replies.clear()
    for n in (2, 3, 4):
        equal("count", b"%d" % n, client.ask("/session.php", headers={"Cookie": cookie}).body)


@row
def keep_alive(client):
    for n in range(20):
        equal("body", f"body of {200 + n}".encode(), client.ask(f"/status.php?say={200 + n}").body)
    equal("connections", 1, client.connections)


@row
def finished_early(client):
    """What comes after fastcgi_finish_request() is not sent."""
    equal("body", b"early", client.ask("/finish.php").body)
    equal("next", b"hello", client.ask("/hello.php").body)


@row
def parallel(client):
    """Nobody gets the answer of somebody else."""

    def ask_many(number):
        own = Client(client.port)
        for n in range(25):
            word = f"{number}-{n}-{'x' * (number * 997)}"
            said = seen(own.ask("/echo.php", "POST", word, {"X-Word": word}))
            equal("input", md5(word.encode()), said["input"]["md5"])
            equal("header", word, said["server"]["HTTP_X_WORD"])
        own.close()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(ask_many, range(4)))


### running them


def comparable(reply, port):
    """An answer without what is the port's or the moment's."""

    def neutral(text):
        return re.sub(rf"(?<!\d)(?:{port}|9[23]00)(?!\d)", "PORT", text)

    body = reply.body
    if reply.header("Content-Type") == ["application/json"]:
        body = {
            key: {k: neutral(v) if isinstance(v, str) else v for k, v in value.items()}
            if isinstance(value, dict)
            else value
            for key, value in reply.json().items()
        }
    headers = sorted((k, neutral(v)) for k, v in reply.headers if k not in VOLATILE_HEADERS)
    return {"status": reply.status, "reason": reply.reason, "headers": headers, "body": body}


def attempt(function, port):
    """What was wrong with the answers, and the answers."""
    client = Client(port)
    try:
        function(client)
        error = None
    except (Wrong, OSError, ValueError, LookupError, http.client.HTTPException) as wrong:
        error = f"{type(wrong).__name__}: {wrong}"
    finally:
        client.close()
    return error, [comparable(reply, port) for reply in client.replies]


def first_difference(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            found = first_difference(ours.get(key), theirs.get(key), f"{path}/{key}")
            if found:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for n, (one, two) in enumerate(zip(ours, theirs)):
            found = first_difference(one, two, f"{path}/{n}")
            if found:
                return found
        return None
    if ours == theirs:
        return None
    return f"{path}: {str(ours)[:300]!r}, with php-fpm {str(theirs)[:300]!r}"


def complaints(name, options):
    """All that is wrong in this row."""
    error, ours = attempt(ROWS[name], options.ours)
    if name in options.better:
        if error and name not in options.without:
            yield error
        return
    reference_error, theirs = attempt(ROWS[name], options.reference)
    difference = first_difference(ours, theirs)
    if name in options.without and error:
        error = None
    elif name in options.without:
        yield "right, and is said not to be"

    if error:
        yield error
    elif reference_error and name not in options.without:
        yield f"right, but with php-fpm: {reference_error}"
    if difference and not error and name not in options.differs:
        yield f"differs: {difference}"


def names(text):
    if text == "all":
        return list(ROWS)
    found = text.split(",") if text else []
    for name in found:
        if name not in ROWS:
            raise argparse.ArgumentTypeError(f"no row {name}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours", type=int)
    parser.add_argument("reference", type=int)
    parser.add_argument("--without", type=names, default=[])
    parser.add_argument("--differs", type=names, default=[])
    parser.add_argument("--better", type=names, default=[])
    parser.add_argument("--skip", type=names, default=[])
    parser.add_argument("--php-fpm", action="store_true", help="ours is php-fpm too")
    options = parser.parse_args()

    n_bad = 0
    for name in ROWS:
        if name in options.skip or (name in options.better and options.php_fpm):
            continue
        begin = time.monotonic()
        for text in complaints(name, options):
            print(f"{name}: {text}")
            n_bad += 1
        if time.monotonic() - begin > SLOW_SECONDS:
            print(f"{name}: takes {time.monotonic() - begin:.1f} s")
            n_bad += 1
    sys.exit(n_bad > 0)


if __name__ == "__main__":
    main()
