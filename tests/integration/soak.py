#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""soak.py SECONDS N_CLIENTS POOL…: mixed requests to several pools while everything that may be done to them is done.

Each pool NAME has its site http://NAME.test/ with the pages of reload/soak.sh and writes /var/log/fpmd/NAME/access.log.
All but the last pool are reloaded in turn, each 20 s; a worker of any pool is killed each 7 s; the manager of one of
the first three each 20 s; the logs of all are moved away each 45 s. A test that takes less than two minutes does each
of these five times as often.

Each answer is compared with what it has to be. Prints one line for each request that failed, then one JSON object.
A failure is explained if a worker of the same pool was killed while the request was under way, and by each such kill
once: "unexplained" lists the others. Exit status 1 if there are any.
"""
import asyncio
import collections
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

SECONDS, N_CLIENTS, POOLS = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
HASTE = 1 if SECONDS >= 120 else 5
BEGIN = time.monotonic()
UPLOAD = os.urandom(2 << 20)
KINDS = (["hello"] * 20 + ["page"] * 8 + ["post"] * 8 + ["upload", "error", "fatal", "memory"] + ["exit"] * 3
         + ["sleep"] * 2 + ["session"] * 5 + ["big"] * 2 + ["abort"] * 2)

events = []  # (seconds, what, pool)
answers = collections.Counter()
durations = []
failures = []  # (begin, end, pool, page, why)


def now():
    return time.monotonic() - BEGIN


# --- requests ---


async def read_chunks(reader):
    body = b""
    while True:
        size = int(await reader.readuntil(b"\r\n"), 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if size == 0:
            return body


async def read_answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = {}
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = await read_chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = await reader.read()
    return int(head.split()[1]), headers, body


async def ask(pool, page, body=None, leave_after=None, **headers):
    """What is answered: status, headers, body; None if we have left before."""
    reader, writer = await asyncio.open_connection("127.0.0.1", 80, limit=1 << 22)
    try:
        headers = {"Host": f"{pool}.test", "Connection": "close", **headers}
        if body is not None:
            headers["Content-Length"] = len(body)
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        writer.write(f"{'GET' if body is None else 'POST'} /{page}.php HTTP/1.1\r\n{lines}\r\n".encode())
        if body:
            writer.write(body)
            await writer.drain()
        if leave_after is not None:
            await asyncio.sleep(leave_after)
            return None
        return await asyncio.wait_for(read_answer(reader), 45)
    finally:
        writer.close()


EXPECTED = {
    "hello": lambda status, body: status == 200 and body == b"Hello World\n",
    "page": lambda status, body: status == 200 and len(body) == 51188,
    "error": lambda status, body: status == 500,
    "fatal": lambda status, body: status == 500,
    "memory": lambda status, body: status == 500,
    "exit": lambda status, body: status == 200 and body == b"before+shutdown",
    "sleep": lambda status, body: status == 200 and body == b"slept",
    "big": lambda status, body: status == 200 and body == b"z" * 1048576,
}


async def ask_post(pool, _session):
    data = os.urandom(random.choice((10, 1000, 20000, 200000)))
    status, _, body = await ask(pool, "post", data, Content_Type="application/octet-stream")
    return status == 200 and body.decode() == f"{hashlib.md5(data).hexdigest()} {len(data)}", status, body


async def ask_upload(pool, _session):
    data = (b'--BB\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n" + UPLOAD + b"\r\n--BB--\r\n")
    status, _, body = await ask(pool, "upload", data, Content_Type="multipart/form-data; boundary=BB")
    return body.decode() == f"{hashlib.md5(UPLOAD).hexdigest()} {len(UPLOAD)} 0", status, body


async def ask_session(pool, sessions):
    known = sessions.get(pool)
    status, headers, body = await ask(pool, "session", **({"Cookie": known[0]} if known else {}))
    if status != 200:
        return False, status, body
    number = int(body)
    good = number == (known[1] + 1 if known else 1)
    sessions[pool] = (known[0] if known else headers["set-cookie"].split(";")[0], number)
    return good, status, body


async def ask_abort(pool, _session):
    await ask(pool, "abort", leave_after=random.uniform(0, 0.5))
    return True, 0, b""


async def ask_page(pool, page):
    status, _, body = await ask(pool, page)
    return EXPECTED[page](status, body), status, body


async def client():
    special = {"post": ask_post, "upload": ask_upload, "session": ask_session, "abort": ask_abort}
    sessions = {}
    while now() < SECONDS:
        pool, page, begin = random.choice(POOLS), random.choice(KINDS), now()
        try:
            good, status, body = await (special[page](pool, sessions) if page in special else ask_page(pool, page))
            why = f"status {status}, {len(body)} bytes: {body[:40]!r}"
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            good, why = False, repr(error)[:100]
        answers[good] += 1
        durations.append(now() - begin)
        if not good:
            sessions.pop(pool, None)
            failures.append((round(begin, 2), round(now(), 2), pool, page, why))
            print("failed:", *failures[-1], flush=True)
        await asyncio.sleep(random.uniform(0, 0.12))


# --- what is done to the pools ---


def systemctl(*arguments):
    return subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)


def workers_of(pool):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="latin-1") as file:
                if file.read().startswith(f"fpmd: {pool}: worker"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def do_reload(turn):
    pool = POOLS[turn % (len(POOLS) - 1)]
    events.append((now(), "reload", pool))
    result = systemctl("reload", f"fpmd@{pool}.service")
    if result.returncode != 0:
        print("reload of", pool, result.stderr.strip(), flush=True)
        events.append((now(), "failed reload", pool))


def do_worker(turn):
    pool = random.choice(POOLS[:-1]) if turn % 3 else POOLS[-1]
    workers = workers_of(pool)
    if workers:
        events.append((now(), "worker", pool))
        os.kill(random.choice(workers), signal.SIGKILL)


def do_manager(turn):
    pool = POOLS[turn % 3]
    pid = int(systemctl("show", "--property=MainPID", "--value", f"fpmd@{pool}.service").stdout or 0)
    if pid:
        events.append((now(), "manager", pool))
        os.kill(pid, signal.SIGKILL)


def do_rotation(turn):
    events.append((now(), "rotation", "all"))
    for pool in POOLS:
        try:
            os.rename(f"/var/log/fpmd/{pool}/access.log", f"/var/log/fpmd/{pool}/access.log.{turn}")
        except FileNotFoundError:
            pass
        systemctl("kill", "--kill-whom=main", "--signal=USR1", f"fpmd@{pool}.service")


async def every(seconds, first, act):
    await asyncio.sleep(first / HASTE)
    turn = 0
    while now() < SECONDS - 3:
        await asyncio.gather(asyncio.to_thread(act, turn), asyncio.sleep(seconds / HASTE))
        turn += 1


# --- the account ---


def unexplained():
    kills = [(at, pool) for at, what, pool in events if what == "worker"]
    left = []
    for failure in failures:
        begin, end, pool = failure[:3]
        hit = next((kill for kill in kills if kill[1] == pool and begin - 0.1 <= kill[0] <= end + 0.1), None)
        if hit:
            kills.remove(hit)
        else:
            near = [(round(at, 2), what, where) for at, what, where in events if begin - 2 <= at <= end + 2]
            left.append((*failure, near))
    return left


async def main():
    await asyncio.gather(every(20, 13, do_reload), every(7, 5, do_worker), every(20, 17, do_manager),
                         every(45, 30, do_rotation), *(client() for _ in range(N_CLIENTS)))
    lost = unexplained()
    durations.sort()
    print(json.dumps({
        "requests": sum(answers.values()), "failed": len(failures), "unexplained": lost,
        "events": collections.Counter(what for _, what, _ in events),
        "p50_ms": round(durations[len(durations) // 2] * 1000, 1),
        "p99_ms": round(durations[len(durations) * 99 // 100] * 1000, 1),
        "slowest_ms": round(durations[-1] * 1000),
    }))
    sys.exit(1 if lost else 0)


asyncio.run(main())
