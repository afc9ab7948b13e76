# SPDX-License-Identifier: MIT
"""The protocol: roles, records of every kind and cut, connections that stay, peers that leave."""
from table import FILES, build, row
from wire import KEEP, begin, pair, record, request_bytes

from fcgi import ABORT, BEGIN, DATA, GET_VALUES, PARAMS, STDERR, STDIN, STDOUT

FILES["hello.php"] = "<?php echo 'hello ', $_SERVER['FCGI_ROLE'] ?? '', file_get_contents('php://input');"


def request(script="/hello.php", **given):
    return build("raw", script, given, False)


def params(script="/hello.php", **given):
    return b"".join(pair(name, value) for name, value in request(script, **given).params)


HELLO = request_bytes(request())
HELLO_KEPT = request_bytes(request(flags=KEEP))
PING = b"".join((begin(1), record(PARAMS, params()), record(PARAMS), record(STDIN)))

for role in (1, 2):
    row(f"role-{role}", "/print.php", role=role)
    row(f"role-{role}-kept", "/hello.php", role=role, flags=KEEP)
row("role-2-body", "/print.php", role=2, body="a=1")
row("role-3-data", "/hello.php", role=3, body="a=1", data=b"file data",
    differs="no web server asks for FILTER, and PHP has no way to its data: FCGI_UNKNOWN_ROLE; php-fpm drops the data",
    ours={"body": "^$", "headers": "^$", "end": "protocolStatus 3"}, theirs={"body": "hello FILTER", "headers": "html", "end": "protocolStatus 0"})
for role in (0, 4, 65535):
    row(f"role-{role}", "/hello.php", role=role,
        differs="FCGI_UNKNOWN_ROLE as the specification wants it; php-fpm just closes",
        ours={"end": "protocolStatus 3", "connection": "closed"}, theirs={"end": "^$", "connection": "reset"})
for number in (1, 2, 255, 256, 65535):
    row(f"id-{number}", "/hello.php", request_id=number)
row("id-0", "/hello.php", request_id=0, differs="0 is for management records only; php-fpm serves it",
    ours={"body": "^$", "headers": "^$", "end": "^$"}, theirs={"body": "hello", "headers": "text/html", "end": "id 0"})
for flags in (0, 1, 2, 3, 254, 255):
    row(f"flags-{flags}", "/hello.php", flags=flags)

# connections that stay
row("keep-three", "/hello.php", flags=KEEP, then=[{"conn": "same", "flags": KEEP}, {"conn": "same", "flags": KEEP}])
row("keep-then-close", "/hello.php", flags=KEEP, then=[{"conn": "same"}])
row("keep-body", "/print.php", body="a=1", flags=KEEP, then=[{"conn": "same", "body": "b=2", "flags": KEEP}, {"conn": "same", "flags": KEEP}])
row("keep-other-id", "/hello.php", flags=KEEP, then=[{"conn": "same", "request_id": 7, "flags": KEEP}, {"conn": "same", "request_id": 1}])
row("keep-missing", "/none.php", flags=KEEP, then=[{"script": "/hello.php", "conn": "same", "flags": KEEP}, {"conn": "same"}])
row("keep-denied", "/dir/page.inc", flags=KEEP, then=[{"script": "/hello.php", "conn": "same"}])
row("keep-fatal", php="if (empty($_GET)) nothing(); echo 'fine';", flags=KEEP, then=[{"conn": "same", "query": "a=1"}])
row("keep-exit", php="register_shutdown_function(fn () => print('s')); exit('x');", flags=KEEP, then=[{"conn": "same"}])
row("keep-no-method", "/hello.php", params={"REQUEST_METHOD": None}, flags=KEEP, then=[{"script": "/hello.php", "conn": "same"}])
row("keep-large", php="echo str_repeat('x', 200000);", flags=KEEP, then=[{"conn": "same"}])
row("keep-finish", php="echo 'a'; fastcgi_finish_request(); usleep(20000); error_log('x');", flags=KEEP, then=[{"conn": "same", "flags": KEEP}, {"conn": "same"}])
row("keep-changes", php="echo setlocale(LC_ALL, 0), getcwd(), ini_get('memory_limit'), umask(), error_reporting(), date_default_timezone_get(), get_include_path(), getenv('CHANGED'), mb_internal_encoding(), ignore_user_abort(); "
    "setlocale(LC_ALL, 'C.UTF-8'); chdir('/'); ini_set('memory_limit', '77M'); umask(0); error_reporting(1); date_default_timezone_set('Asia/Tokyo'); set_include_path('/x'); putenv('CHANGED=1'); mb_internal_encoding('SJIS'); ignore_user_abort(true); set_time_limit(99); $GLOBALS['g'] = 1; define('D', 1);"
    .replace("mb_internal_encoding()", "''").replace("mb_internal_encoding('SJIS');", ""),
    flags=KEEP, then=[{"conn": "same", "flags": KEEP}, {"conn": "same"}])
row("keep-unread-body", php="echo 'x';", flags=KEEP, body="x" * 20000, type="text/plain", then=[{"conn": "same"}])
row("keep-unread-body-refused", "/none.php", flags=KEEP, body="x" * 20000, type="text/plain", then=[{"script": "/hello.php"}])
row("pipelined", "/x", raw=HELLO_KEPT + HELLO, ends=2)
row("pipelined-three", "/x", raw=HELLO_KEPT * 2 + HELLO, ends=3)
row("pipelined-closing", "/x", raw=HELLO + HELLO, ends=1)

# cuts
for piece in (1, 5, 8, 9, 64):
    row(f"cut-{piece}", "/x", raw=HELLO, send_piece=piece)
for at in (1, 4, 8, 12, 16, 17, 20, 24, 100, len(HELLO) - 17, len(HELLO) - 9, len(HELLO) - 8, len(HELLO) - 1):
    row(f"pause-at-{at}", "/x", raw=[HELLO[:at], HELLO[at:]])
TEXT = params()
SPLIT = {"differs": "a pair may continue in the next PARAMS record; php-fpm refuses that",
         "ours": {"body": "hello RESPONDER", "end": "id 1", "headers": "Content-type"},
         "theirs": {"body": "^$", "end": "^$", "headers": "^$"}}
for at in (1, 2, 3, 30, 100):
    row(f"params-split-{at}", "/x", raw=begin() + record(PARAMS, TEXT[:at]) + record(PARAMS, TEXT[at:]) + record(PARAMS) + record(STDIN),
        only=("headers", "body", "end"), **SPLIT)

# records that are not expected
OTHER = {
    "other-version": record(BEGIN, b"\0\1\0\0\0\0\0\0", version=2) + PING[16:],
    "version-later": begin() + record(PARAMS, TEXT, version=9) + record(PARAMS) + record(STDIN),
    "begin-short": record(BEGIN, b"\0\1\0") + PING[16:],
    "begin-long": record(BEGIN, b"\0\1" + b"\0" * 14) + PING[16:],
    "begin-reserved": record(BEGIN, b"\0\1\0abcde") + PING[16:],
    "begin-twice": begin() + PING,
    "begin-other-between": begin() + record(PARAMS, TEXT) + begin(request_id=2) + record(PARAMS) + record(STDIN),
    "params-first": record(PARAMS, TEXT) + PING,
    "stdin-first": record(STDIN, b"x") + PING,
    "stdin-in-params": begin() + record(STDIN, b"x") + record(PARAMS, TEXT) + record(PARAMS) + record(STDIN),
    "stdout-from-client": begin() + record(STDOUT, b"x") + PING[16:],
    "stderr-from-client": begin() + record(STDERR, b"x") + PING[16:],
    "data-in-responder": PING[:-8] + record(DATA, b"x") + record(STDIN),
    "abort-first": record(ABORT) + PING,
    "abort-in-params": begin() + record(PARAMS, TEXT) + record(ABORT),
    "abort-in-stdin": request_bytes(request(body="a=1&b=2", stdin=False)) + record(ABORT),
    "params-other-id": begin() + record(PARAMS, TEXT, 2) + record(PARAMS, b"", 2) + record(STDIN, b"", 2),
    "stdin-other-id": PING[:-8] + record(STDIN, b"", 2),
    "params-truncated": begin() + record(PARAMS, TEXT[:-1]) + record(PARAMS) + record(STDIN),
    "params-length-too-long": begin() + record(PARAMS, b"\xff\xff\xff\xff\x01ab") + record(PARAMS) + record(STDIN),
    "params-length-huge": begin() + record(PARAMS, TEXT + b"\x04\x7fNAME") + record(PARAMS) + record(STDIN),
    "params-one-byte": begin() + record(PARAMS, b"\x05") + record(PARAMS) + record(STDIN),
    "params-none": begin() + record(PARAMS) + record(STDIN),
    "params-long-forms": begin() + record(PARAMS, b"".join(
        b"\x80\0\0" + bytes([len(n)]) + b"\x80\0\0" + bytes([len(v)]) + n.encode() + v.encode() for n, v in request().params)) + record(PARAMS) + record(STDIN),
    "garbage": b"GET / HTTP/1.0\r\n\r\n",
    "zeros": b"\0" * 64,
    "ff": b"\xff" * 64,
    "half-header": b"\1\1\0",
    "content-and-padding": begin() + record(PARAMS, TEXT + pair("X", "v" * (65535 - len(TEXT) - 8)), padding=255) + record(PARAMS) + record(STDIN),
}
HELLO_NOT = ({"body": "hello RESPONDER", "headers": "html", "end": "id 1"}, {"body": "^$", "headers": "^$", "end": "^$"})
VERSION = ("another version is no FastCGI: closed", *HELLO_NOT[::-1])
SKIPPED = ("a record of no request is skipped, as the specification wants it; php-fpm closes", *HELLO_NOT)
END_OF_PARAMS = "php-fpm takes any other record for the end of PARAMS and serves what it has"
HALF = (END_OF_PARAMS, {"headers": "^$", "end": "^$"}, {"headers": "html", "end": "id 1"})
MALFORMED = ("a malformed head is answered with 400, not only closed on",
             {"status": "400", "headers": "plain", "body": "malformed", "end": "id 1"},
             {"status": "^$", "headers": "^$", "body": "^$", "end": "^$"})
DIFFERENT = {
    "other-version": VERSION, "version-later": VERSION,
    "params-first": SKIPPED, "stdin-first": SKIPPED, "abort-first": SKIPPED,
    "begin-twice": HALF, "stdin-in-params": HALF,
    "stdout-from-client": (END_OF_PARAMS, {"body": "hello"}, {"body": "^$"}),
    "stderr-from-client": (END_OF_PARAMS, {"body": "hello"}, {"body": "^$"}),
    "begin-other-between": ("FCGI_CANT_MPX_CONN for the second", {"end": "id 2 appStatus 0 protocolStatus 1.*id 1"}, {"end": "^id 1"}),
    "abort-in-params": ("an aborted request is not run", {"headers": "^$", "body": "^$"}, {"headers": "html", "body": "hello"}),
    "abort-in-stdin": ("an aborted request is not run", {"body": "^$"}, {"body": "hello"}),
    "params-other-id": ("records of another request are not this one's", *HELLO_NOT[::-1]),
    "params-truncated": MALFORMED, "params-length-too-long": MALFORMED,
    "params-length-huge": MALFORMED, "params-one-byte": MALFORMED,
    "content-and-padding": ("a record may have 65535 bytes and padding; php-fpm closes", *HELLO_NOT),
}
for name, data in OTHER.items():
    reason, ours, theirs = DIFFERENT.get(name, ("", {}, {}))
    row(f"record-{name}", "/x", raw=data, shut=True, differs=reason, ours=ours, theirs=theirs,
        only=("status", "headers", "body", "stderr", "end", "other"))

# management records
VALUES = pair("FCGI_MAX_CONNS", "") + pair("FCGI_MAX_REQS", "") + pair("FCGI_MPXS_CONNS", "")
row("values-all", "/x", raw=record(GET_VALUES, VALUES, 0), answers=1, ends=0)
row("values-mpxs", "/x", raw=record(GET_VALUES, pair("FCGI_MPXS_CONNS", ""), 0), answers=1, ends=0)
row("values-none", "/x", raw=record(GET_VALUES, b"", 0), answers=1, ends=0)
row("values-unknown", "/x", raw=record(GET_VALUES, pair("FCGI_NONE", ""), 0), answers=1, ends=0)
row("values-then-request", "/x", raw=[record(GET_VALUES, pair("FCGI_MPXS_CONNS", ""), 0), HELLO], answers=1)
row("values-padded", "/x", raw=record(GET_VALUES, pair("FCGI_MPXS_CONNS", ""), 0, padding=5) + HELLO, answers=1)
for kind in (12, 255):
    row(f"management-unknown-{kind}", "/x", raw=record(kind, b"", 0), answers=1, ends=0, patience=0.5,
        differs="UNKNOWN_TYPE, as the specification wants it; php-fpm closes",
        ours={"other": "type 11", "connection": "open"}, theirs={"other": "^$", "connection": "closed"})

# peers that leave
FILES["trace.php"] = "<?php $f = '/tmp/trace-' . $_GET['row']; for ($i = 0; $i < 200 && !is_file($f); $i++) usleep(10000); usleep(30000); clearstatcache(); echo is_file($f) ? file_get_contents($f) : 'none';"
LEAVES = {
    "script": "echo str_repeat('x', 10); for ($i = 0; $i < 100; $i++) { usleep(5000); echo str_repeat('y', 70000); flush(); }",
    "quiet": "usleep(80000);",
    "ignored": "ignore_user_abort(true); for ($i = 0; $i < 20; $i++) { usleep(5000); echo str_repeat('y', 70000); flush(); }",
    "status": "for ($i = 0; $i < 100; $i++) { usleep(5000); echo ' '; flush(); if (connection_aborted()) break; }",
}
for name, code in LEAVES.items():
    file = f"/tmp/trace-leaves-{name}"
    row(f"leaves-{name}", php=f"register_shutdown_function(fn () => file_put_contents('{file}', $GLOBALS['text'] . ' ' . connection_status() . ' shutdown'));\n"
        f"$text = 'began'; {code}\n$text = 'went to the end';", abort=0.03,
        then=[{"script": "/trace.php", "query": f"row=leaves-{name}"}])
row("leaves-in-body", php="file_put_contents('/tmp/trace-leaves-in-body', strlen(file_get_contents('php://input')) . ' ' . connection_status());",
    body="x" * 1000, type="text/plain", params={"CONTENT_LENGTH": "5000"}, stdin=False, abort=0.03,
    then=[{"script": "/trace.php", "query": "row=leaves-in-body"}])
row("leaves-form", php="file_put_contents('/tmp/trace-leaves-form', count($_POST));",
    body="a=1&b=2", params={"CONTENT_LENGTH": "5000"}, abort=0.03, then=[{"script": "/trace.php", "query": "row=leaves-form"}])
row("leaves-finished", php="echo 'x'; fastcgi_finish_request(); usleep(60000); file_put_contents('/tmp/trace-leaves-finished', 'done ' . connection_status() . connection_aborted());",
    then=[{"script": "/trace.php", "query": "row=leaves-finished"}])
row("half-closed", "/print.php", body="a=1", shut=True)
row("half-closed-slow", php="usleep(50000); echo 'x', connection_status(); flush(); usleep(20000); echo connection_status();", shut=True)
row("sends-after-end", "/x", raw=PING + b"trailing garbage")
row("no-stdin-end", php="echo 'x';", stdin=False, shut=True)
row("no-stdin-end-form", "/print.php", body="a=1&b=2", stdin=True)
