#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the table against both sides and compares. Inside the container, by tests/compat/run."""
import argparse
import concurrent.futures
import difflib
import fnmatch
import importlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pools
import rows_settings
from table import FILES, ROOT, ROWS, apply_access_differs
from wire import Connection, request_bytes

HERE = Path(__file__).parent
SIDES = ("ours", "theirs")
NAMES = {"ours": "fpmd", "theirs": "php-fpm"}
HOUR_AGO = time.time() - 3600
VERSION = os.environ["FPMD_TEST_PHP"]

UNIT = f"""
[Service]
Type=notify
PrivateTmp=yes
RuntimeDirectory=compat
RuntimeDirectoryPreserve=yes
ExecStart=php-fpm{VERSION} --nodaemonize --fpm-config /srv/php-fpm/%i.conf
"""


### both sides


def write(path, data, mode=0o644):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(mode)
    os.utime(path, (HOUR_AGO, HOUR_AGO))


def systemctl(*arguments):
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        journal = subprocess.run(["journalctl", "--no-pager", "--output=cat", "--lines=40"],
                                 capture_output=True, text=True, check=False).stdout
        sys.exit(f"Bail out! systemctl {' '.join(arguments)}: {done.stderr}{journal}")


def write_docroot(rows):
    for path, data in FILES.items():
        data, mode = data if isinstance(data, tuple) else (data, 0o644)
        write(f"{ROOT}/{path}", data, mode)
    for row in rows:
        if row.php is not None:
            code = row.php if row.php.startswith("<") else "<?php\n" + row.php
            write(f"{ROOT}/rows/{row.name}.php", code)


def start(names):
    """Both sides with the pools that are needed."""
    for side in SIDES:
        Path(f"/srv/log/{side}").mkdir(parents=True, exist_ok=True)
    confs = {}
    for name in names:
        write(f"/etc/fpmd/conf.d/{name}.conf", pools.text_of("ours", name))
        master = name if name in pools.GLOBALS else "all"
        confs.setdefault(master, f"[global]\nerror_log = syslog\n{pools.GLOBALS.get(name, '')}")
        confs[master] += pools.text_of("theirs", name)
    for master, conf in confs.items():
        write(f"/srv/php-fpm/{master}.conf", conf)
    write(f"/etc/php/{VERSION}/fpm/conf.d/99-compat.ini", rows_settings.PHP_INI)
    write("/etc/systemd/system/compat-php-fpm@.service", UNIT)
    systemctl("daemon-reload")
    systemctl("start", *(f"compat-php-fpm@{master}.service" for master in confs), *(f"fpmd@{name}.socket" for name in names))
    systemctl("start", *(f"fpmd@{name}.service" for name in names))


### one row


def talk(side, row):
    """What the requests of a row bring: a list of dicts by field."""
    replies, connection = [], None
    for request in row.requests:
        time.sleep(request.pause)
        if connection and (request.conn == "new" or connection.closed):
            connection.close()
            connection = None
        connection = connection or Connection(pools.address(side, row.pool))
        parts = request.raw if request.raw is not None else request_bytes(request)
        for i, part in enumerate(parts if isinstance(parts, list) else [parts]):
            time.sleep(0.05 if i else 0)
            connection.send(part, request.send_piece)
        if request.shut:
            connection.peer.shutdown(1)
        if request.abort:
            time.sleep(request.abort)
            connection.close()
            connection = None
            continue
        reply = connection.read(request.ends, request.answers, request.patience)
        replies.append(reply.fields())
    if connection:
        connection.close()
    return replies


def masked(text, masks):
    for pattern, replacement in masks:
        text = re.sub(pattern.encode(), replacement.encode(), text)
    return text


def readable(data):
    lines = []
    for line in data.split(b"\n"):
        text = "".join(chr(c) if 32 <= c < 127 else f"\\x{c:02x}" for c in line)
        lines.append(text if len(text) < 4000 else f"{text[:4000]}… ({len(line)} bytes)")
    return lines


# Bytes of earlier answers that php-fpm leaves in the reserved part of END_REQUEST; ours are always 0.
STALE = (rb"reserved b['\"].*['\"]$", rb"reserved b'\\x00\\x00\\x00'")


def texts(side, row, replies):
    """One text for each compared field."""
    out = {}
    for field in row.only:
        values = [reply.get(field, b"") for reply in replies]
        if field == "end" and side == "theirs":
            values = [re.sub(*STALE, value, flags=re.M) for value in values]
        masks = row.mask_access if field == "access" else row.mask
        out[field] = masked(b"\n--- next\n".join(values), masks)
    return out


def differences(ours, theirs):
    return [name for name in ours if ours[name] != theirs[name]]


def diff(name, ours, theirs):
    return [f"{name}:"] + [
        "  " + line
        for line in list(difflib.unified_diff(readable(theirs), readable(ours), "php-fpm", "fpmd",
                                              lineterm="", n=1))[:60]
    ]


def judge(row, ours, theirs):
    """What is wrong, in lines; nothing when the row is as it should be."""
    wrong = []
    unequal = differences(ours, theirs)
    expected = set(row.ours) | set(row.theirs)
    for name in unequal:
        if name not in expected:
            wrong += diff(name, ours[name], theirs[name])
    for name in sorted(expected):
        if name not in unequal:
            wrong.append(f"{name}: no difference any more")
        for side, text, patterns in (("fpmd", ours, row.ours), ("php-fpm", theirs, row.theirs)):
            pattern = patterns.get(name)
            if pattern is not None and not re.search(pattern.encode(), text[name], re.S):
                wrong.append(f"{name} of {side} does not match {pattern!r}:")
                wrong += ["  " + line for line in readable(text[name])[:40]]
    return wrong


def access_lines(names):
    """The lines of each side's access logs by the row they are of, in order."""
    found = {side: {} for side in SIDES}
    for side in SIDES:
        for name in names:
            path = Path(pools.log_of(side, name))
            for line in path.read_bytes().splitlines() if path.exists() else []:
                row, bar, _ = line.partition(b"|")
                found[side].setdefault(row.decode(errors="replace") if bar else name, []).append(line)
    return found


### the table


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--todo", action="store_true")
    parser.add_argument("pattern", nargs="*")
    return parser.parse_args()


def select(patterns):
    for path in sorted(HERE.glob("rows_*.py")):
        importlib.import_module(path.stem)
    apply_access_differs()
    return [row for row in ROWS
            if not patterns or any(fnmatch.fnmatch(row.name, p + "*") for p in patterns)]


def run_all(rows):
    """{row name: {side: replies}}"""
    results = {row.name: {} for row in rows}

    def run(row):
        for side in SIDES:
            try:
                results[row.name][side] = talk(side, row)
            except OSError as error:
                results[row.name][side] = [{"connection": str(error).encode()}]

    alone = [row for row in rows if row.alone]
    with concurrent.futures.ThreadPoolExecutor(6) as executor:
        list(executor.map(run, [row for row in rows if not row.alone]))
    for row in alone:
        run(row)
    return results


def report(rows, results, verbose):
    counts = dict.fromkeys(("equal", "different on purpose", "failed", "todo"), 0)
    print(f"1..{len(rows)}")
    for number, row in enumerate(rows, 1):
        ours, theirs = (texts(side, row, results[row.name][side]) for side in SIDES)
        wrong = judge(row, ours, theirs)
        note = f" # TODO {row.todo}" if row.todo else f" (differs: {row.differs})" if row.differs else ""
        kind = "todo" if row.todo else "failed" if wrong else (
            "different on purpose" if row.differs else "equal")
        counts[kind] += 1
        print(f"{'not ok' if wrong else 'ok'} {number} - {row.name}{note}")
        for line in wrong if verbose or not row.todo else []:
            print("#   " + line)
        if verbose:
            for field in row.only:
                for line in readable(ours[field]):
                    print(f"#   {field}: {line}")
    print("# " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))
    return counts["failed"] == 0


def main():
    arguments = parse_arguments()
    rows = select(arguments.pattern)
    if arguments.list:
        print("\n".join(f"{row.name}\t{row.pool}\t{row.differs or row.todo}" for row in rows))
        return True
    if not rows:
        sys.exit("no such row")
    names = [name for name in pools.POOLS if any(row.pool == name for row in rows)]
    began = time.monotonic()
    write_docroot(rows)
    start(names)
    ready = time.monotonic()
    results = run_all(rows)
    done = time.monotonic()
    lines = access_lines(names)
    for side in SIDES:
        for row in rows:
            key = row.name if pools.FORMATS.get(row.pool, "%{COMPAT").startswith("%{COMPAT") else row.pool
            results[row.name][side][-1]["access"] = b"\n".join(lines[side].get(key, []))
    good = report(rows, results, arguments.verbose)
    print(f"# {len(names)} pools in {ready - began:.1f} s, {len(rows)} rows in {done - ready:.1f} s")
    return good


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
