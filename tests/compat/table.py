# SPDX-License-Identifier: MIT
"""What a row of the table is made of. The rows themselves: rows_*.py, one file for a subject.

    row(NAME, PHP or PATH, …)   one row; the keywords are those of Request, and

    pool      which pool of pools.py it goes to
    php       the script, written to ROOT/rows/NAME.php
    then      more requests, each a dict of the same keywords; conn="same" or "new" (a new connection)
    raw       bytes to send instead of a request; a list: with a pause between its parts
    mask      [(pattern, replacement)] for what must differ (pids, times): applied to both sides
    mask_access   the same for the access-log line
    only      the fields that are compared, where the others have no meaning
    differs   why ours differs on purpose; then ours and theirs say how: {field: pattern}. The row fails
              when one of them does not match any more, or when another field differs
    todo      the part that is not built yet: the row runs, its result is shown and does not count
"""
import fnmatch
import itertools
import os
from dataclasses import dataclass, field, replace
from typing import Any

ROOT = "/srv/www"
FIELDS = ("status", "headers", "body", "stderr", "end", "other", "connection", "access")


@dataclass
class Request:
    params: list = field(default_factory=list)
    body: Any = None
    data: Any = None  # an FCGI_DATA stream
    stdin: bool = True  # the end record of STDIN is sent
    role: int = 1
    flags: int = 0
    request_id: int = 1
    padding: int = 0
    pad_ends: bool = False  # the empty records, too
    params_piece: int = 65535  # bytes in one PARAMS record; -N: N whole pairs
    body_piece: int = 65535
    send_piece: int = 0  # bytes in one send(); 0: all
    shut: bool = False  # end our side behind the request
    abort: float = 0  # close after so many seconds, without reading
    pause: float = 0  # before the request
    raw: Any = None
    ends: int = 1  # END_REQUESTs to wait for
    answers: int = 0  # other records to wait for
    patience: float = 6.0
    conn: str = "new"


@dataclass
class Row:
    name: str
    pool: str
    requests: list
    php: Any = None
    mask: tuple = ()
    mask_access: tuple = ()
    only: tuple = FIELDS
    differs: str = ""
    ours: dict = field(default_factory=dict)
    theirs: dict = field(default_factory=dict)
    todo: str = ""
    alone: bool = False  # with the whole pool to itself


ROWS = []
FILES = {}  # path below ROOT: bytes, or (bytes, mode)


def nginx(script, path_info="", uri=None, query="", method="GET", root=ROOT, **_):
    """fastcgi.conf of Debian, with PATH_INFO of fastcgi_split_path_info."""
    return [
        ("PATH_INFO", path_info),
        ("SCRIPT_FILENAME", root + script),
        ("QUERY_STRING", query),
        ("REQUEST_METHOD", method),
        ("CONTENT_TYPE", ""),
        ("CONTENT_LENGTH", ""),
        ("SCRIPT_NAME", script),
        ("REQUEST_URI", (uri or script + path_info) + ("?" + query if query else "")),
        ("DOCUMENT_URI", script + path_info),
        ("DOCUMENT_ROOT", root),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_SCHEME", "http"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", "nginx/1.22.1"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_PORT", "40000"),
        ("REMOTE_USER", ""),
        ("SERVER_ADDR", "192.0.2.1"),
        ("SERVER_PORT", "80"),
        ("SERVER_NAME", "compat.test"),
        ("REDIRECT_STATUS", "200"),
        ("HTTP_HOST", "compat.test"),
        ("HTTP_ACCEPT", "*/*"),
    ]


REQUEST_KEYS = set(Request.__dataclass_fields__) - {"params"}


def build(name, script, given, mark):
    """A Request of what a row says."""
    own = {key: given.pop(key) for key in list(given) if key in REQUEST_KEYS}
    server = given.pop("server", nginx)
    changes = given.pop("params", {})
    headers = given.pop("headers", {})
    more = given.pop("more", [])
    body = own.get("body")
    if isinstance(body, str):
        body = own["body"] = body.encode()
    content_type = given.pop("type", None)
    only_params = given.pop("exactly", None)
    given.setdefault("method", "GET" if body is None else "POST")
    params = list(only_params) if only_params is not None else server(script, **given)
    table = dict(params)
    if body is not None and only_params is None:
        changes = {"CONTENT_LENGTH": str(len(body)), **changes}
        changes.setdefault("CONTENT_TYPE", content_type or "application/x-www-form-urlencoded")
    changes = {**changes, **{"HTTP_" + k.upper().replace("-", "_"): v for k, v in headers.items()}}
    params = [(k, changes.pop(k, v)) for k, v in params] + [
        (k, v) for k, v in changes.items() if k not in table
    ]
    params = [(k, v) for k, v in params if v is not None] + list(more)
    if mark and only_params is None:
        params.append(("COMPAT_ROW", name))
    return Request(params=params, **own)


# What php-fpm is compared with, as (8, 4).
VERSION = tuple(int(n) for n in os.environ.get("FPMD_TEST_PHP", "8.2").split("."))

ROW_KEYS = {"pool", "mask", "mask_access", "only", "differs", "ours", "theirs", "todo", "alone"}


# Why rows differ that more than one file has.
SHIFTED = "php-fpm removes a function from the table that compiled code counts on: others run in the place of those behind it"

ACCESS_DIFFERS = []


def access_differs(reason, ours, theirs, *names, until=(99, 0)):
    """Why and how the lines of the rows with these names (or patterns) differ in the access log, with PHP before
    that version."""
    if VERSION < until:
        ACCESS_DIFFERS.append((names, reason, ours, theirs))


def apply_access_differs():
    for row_, (names, reason, ours, theirs) in itertools.product(ROWS, ACCESS_DIFFERS):
        if any(fnmatch.fnmatchcase(row_.name, name) for name in names):
            row_.differs += f"{'; ' * bool(row_.differs)}access log: {reason}"
            row_.ours = {**row_.ours, "access": ours}
            row_.theirs = {**row_.theirs, "access": theirs}


def row(name, script=None, php=None, then=(), mark=True, **given):
    of_row = {key: given.pop(key) for key in list(given) if key in ROW_KEYS}
    # A difference that there is with some versions of PHP alone.
    if not given.pop("since", (0, 0)) <= VERSION < given.pop("until", (99, 0)):
        for key in ("differs", "ours", "theirs"):
            of_row.pop(key, None)
    of_row.setdefault("pool", "base")
    if php is not None:
        script = f"/rows/{name}.php"
    requests = [build(name, script, given, mark)]
    for more in then:
        more = dict(more)
        requests.append(build(name, more.pop("script", script), more, mark))
    if any(other.name == name for other in ROWS):
        raise ValueError(f"two rows {name}")
    ROWS.append(Row(name, requests=requests, php=php, **of_row))
    return ROWS[-1]
