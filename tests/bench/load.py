# SPDX-License-Identifier: MIT
"""Load on a page through nginx: wrk, strace around it, a burst at one instant, one request."""
import dataclasses
import http.client
import json
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import time
import urllib.parse

from machine import BenchError, wait_until

SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")
STRACE_TOTALS = "/run/bench-strace"


@dataclasses.dataclass
class Load:
    """What a run of wrk saw."""

    requests: int
    good: int  # of them answered as they should be
    failed: int  # answered by an error, or not at all
    seconds: float
    p50_usec: int  # of all answers, errors too: wrk knows no other
    p99_usec: int


class Wrk:
    """wrk in the background: one thread, each client on a connection that it keeps to nginx."""

    def __init__(self, url, clients, seconds, form=""):
        self.seconds = seconds
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s"]
            + ["-s", str(SCRIPT), url, form],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self):
        try:
            out, err = self.process.communicate(timeout=self.seconds + 30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise BenchError("wrk does not end") from None
        found = re.search(r"^BENCH (.*)$", out, re.MULTILINE)
        if not found:
            raise BenchError(f"wrk: {(err or out).strip()}")
        said = json.loads(found[1])
        kinds = ("status", "connect", "read", "write", "timeout")
        return Load(
            requests=said["requests"],
            good=said["requests"] - said["status"],
            seconds=said["usec"] / 1e6,
            p50_usec=said["p50"],
            p99_usec=said["p99"],
            failed=sum(said[kind] for kind in kinds),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def wrk(url, clients, seconds, form=""):
    with Wrk(url, clients, seconds, form) as run:
        return run.wait()


def count_syscalls(pids, run):
    """Counts the system calls of the processes during run(): {name: calls}, and what run() gave."""
    strace = subprocess.Popen(
        ["strace", "-c", "-f", "-o", STRACE_TOTALS] + [f"-p{pid}" for pid in pids],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if not wait_until(lambda: all(_tracer(pid) for pid in pids), 5):
            raise BenchError("strace did not attach")
        result = run()
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(timeout=10)
    return _parse_strace(pathlib.Path(STRACE_TOTALS).read_text()), result


def _tracer(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(re.search(r"^TracerPid:\s*(\d+)", status, re.MULTILINE)[1])


def _parse_strace(text):
    """Lines like ` 12.50  0.000123  1  4321  12 accept4`, the column of errors may be empty."""
    calls = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) in (5, 6) and fields[3].isdigit() and fields[-1] != "total":
            calls[fields[-1]] = int(fields[3])
    return calls


def fetch(url, form="", timeout=20):
    """One request on a connection of its own: status and body."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        if form:
            head = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", target, form, head)
        else:
            connection.request("GET", target)
        reply = connection.getresponse()
        return reply.status, reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchError(f"GET {url}: {error!r}") from None
    finally:
        connection.close()


def burst(url, count, timeout=30):
    """So many requests at one instant, each on a connection that was made before: for each its
    status (0 when there was no answer) and when it had been answered, in seconds."""
    parts = urllib.parse.urlsplit(url)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode()
    replies = {socket.create_connection((parts.hostname, parts.port)): b"" for _ in range(count)}
    answers = []

    with selectors.DefaultSelector() as selector:
        for connection in replies:
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
        begin = time.monotonic()
        for connection in replies:
            connection.send(request)
        while selector.get_map() and time.monotonic() - begin < timeout:
            for key, _ in selector.select(1):
                connection = key.fileobj
                data = _receive(connection)
                replies[connection] += data
                if not data:
                    selector.unregister(connection)
                    answers.append((_status(replies[connection]), time.monotonic() - begin))
    for connection in replies:
        connection.close()
    return answers + [(0, timeout)] * (count - len(answers))


def _receive(connection):
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _status(reply):
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", reply)
    return int(found[1]) if found else 0
