#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""isolation.py HOST REQUESTS CLIENTS: two visitors with sessions, cookies and marks of their own ask an application of
worker_script in turn, and change all that they can. Says what one has seen of the other, or what was not as at the start.
"""

import http.client
import json
import random
import sys
import threading

HOST, REQUESTS, CLIENTS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ACTIONS = ("show", "change", "change", "throw", "exit", "finish", "session", "post", "buffers", "shutdown", "oom")
WEIGHTS = (8, 8, 8, 2, 1, 2, 6, 4, 2, 2, 1)

lock = threading.Lock()
left = REQUESTS
found: dict[str, int] = {}
examples: dict[str, str] = {}
counts: dict[str, int] = {}
baseline = None


def note(what: str) -> None:
    kind = what.split(":", 1)[0]
    with lock:
        found[kind] = found.get(kind, 0) + 1
        examples.setdefault(kind, what[:400])


def take() -> bool:
    global left
    with lock:
        left -= 1
        return left >= 0


def ask(connection, visitor: str, action: str):
    other = "b" if visitor == "a" else "a"
    headers = {"Host": HOST, "Cookie": f"PHPSESSID=session{visitor * 20}; mark=mark-{visitor}"}
    body = None
    if action == "post":
        body = f"field=mark-{visitor}"
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("POST" if body else "GET", f"/index.php?do={action}&mark=mark-{visitor}", body, headers)
    response = connection.getresponse()
    text = response.read().decode("latin-1")
    head = str(response.headers)
    if f"mark-{other}" in text or f"mark-{other}" in head:
        note(f"{action}: saw the other's mark: {text[:200]} {head[:300]}")
    counts[f"{action} {response.status}"] = counts.get(f"{action} {response.status}", 0) + 1
    if response.status != 200 or "{" not in text or action in ("oom", "throw"):
        return
    state = json.loads(text[text.index("{"):text.rindex("}") + 1])
    compare(state, visitor, action)


def compare(state, visitor: str, action: str) -> None:
    global baseline
    if state["cookie"] != f"mark-{visitor}" or state["get"] != f"mark-{visitor}":
        note(f"{action}: input of another: {state}")
    if state["post"] != (f"mark-{visitor}" if action == "post" else None):
        note(f"{action}: body of another: {state}")
    if state["session"] not in (None, f"mark-{visitor}"):
        note(f"{action}: session of another: {state}")
    with lock:
        if baseline is None:
            baseline = state["process"]
    for name, value in state["process"].items():
        if baseline[name] != value:
            note(f"{name}: {difference(value, baseline[name])}")


def difference(value, expected) -> str:
    if isinstance(value, dict) and isinstance(expected, dict):
        keys = [k for k in {**value, **expected} if value.get(k) != expected.get(k)]
        return ", ".join(f"{k}={value.get(k)!r} and not {expected.get(k)!r}" for k in keys)
    return f"{value!r} and not {expected!r}"


def client(number: int) -> None:
    rng = random.Random(number)
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
    while take():
        try:
            ask(connection, rng.choice("ab"), rng.choices(ACTIONS, WEIGHTS)[0])
        except (OSError, http.client.HTTPException, ValueError) as error:
            note(f"no answer: {type(error).__name__}: {error}")
            connection.close()


threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"requests": REQUESTS, "answers": counts, "found": found, "examples": examples}))
sys.exit(1 if found else 0)
