# SPDX-License-Identifier: MIT
"""What it costs to be watched: traces of a worker at work, and all that looks at a pool at once."""
import array
import bisect
import concurrent.futures
import contextlib
import json
import os
import pty
import socket
import statistics
import struct
import subprocess
import threading
import time

import load
import processes
from machine import BenchError, systemctl
from rows import STATIC_2, WARM_UP_REQUESTS, Row

NSEC = 1_000_000_000

# --- traces of a worker

TRACES = 200
WINDOW_NSEC = 2 * NSEC
PAIRS = 5
EDGE_NSEC = NSEC // 2  # the script runs so long before the first window, and behind the last
SCRIPT_SECONDS = ((2 * PAIRS + 1) * WINDOW_NSEC + 2 * EDGE_NSEC) // NSEC
OUTER_CALLS = ["Watched::run", *["Watched::enter"] * 10, "{main}"]  # of loop.php, to its end
CONTROL = "/run/fpmd/bench/control"
CONTROL_REQUEST = struct.Struct("=IIII")  # version, verb, slot, reserved: contract/control.h
CONTROL_VERSION = 2
CONTROL_TRACE = 4


def trace(slot):
    """Asks for it with the message of `fpmctl trace`, whose own start would take more of a small
    machine than what is measured. The names of the calls, innermost first."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
        control.settimeout(2)
        control.connect(CONTROL)
        control.send(CONTROL_REQUEST.pack(CONTROL_VERSION, CONTROL_TRACE, slot, 0))
        room = socket.CMSG_SPACE(array.array("i").itemsize)
        reply, ancillary, *_ = control.recvmsg(8192, room, socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for *_, data in ancillary:
        descriptors.frombytes(data)
    if not descriptors:
        raise BenchError(f"trace: {reply[8:].rstrip(bytes(1)).decode(errors='replace')}")
    with open(descriptors[0], "rb") as file:
        workers = json.loads(os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0))["workers"]
    lines = [line for worker in workers for line in worker["frames"] or ()]
    return [line.split("() ")[0] for line in lines if not line.startswith("at ")]


def sleep_until(nsec):
    time.sleep(max(0, nsec - time.monotonic_ns()) / NSEC)


def neither(worker):
    """For how long so far it neither ran nor waited for a CPU: whoever does only sums is stopped then."""
    ran, waited = processes.scheduled_nsec(worker)
    return time.monotonic_ns() - ran - waited


def trace_windows(begin, worker):
    """Every other window, in its whole length: the stacks, and for how long it was stopped."""
    stacks = []
    stopped = 0
    for window in range(1, 2 * PAIRS, 2):
        sleep_until(begin + window * WINDOW_NSEC)
        before = neither(worker)
        for n in range(TRACES):
            sleep_until(begin + window * WINDOW_NSEC + n * WINDOW_NSEC // TRACES)
            stacks.append(trace(0))
        sleep_until(begin + (window + 1) * WINDOW_NSEC)
        stopped += neither(worker) - before
    return stacks, stopped


def interpolate(samples, nsec, column):
    """loop.php has written [nsec, CPU in usec, loops] down every few milliseconds."""
    at = bisect.bisect_left(samples, [nsec])
    if not 0 < at < len(samples):
        raise BenchError("loop.php did not run as long as it was looked at")
    before, after = samples[at - 1], samples[at]
    part = (nsec - before[0]) / (after[0] - before[0])
    return before[column] + part * (after[column] - before[column])


def window_rates(samples, begin):
    """Loops per second of each window, and per second of the worker's own CPU time."""
    edges = [begin + n * WINDOW_NSEC for n in range(2 * PAIRS + 2)]
    cpu, loops = ([interpolate(samples, edge, column) for edge in edges] for column in (1, 2))
    done = [b - a for a, b in zip(loops, loops[1:])]
    spent = [(b - a) / 1e6 for a, b in zip(cpu, cpu[1:])]
    return [n * NSEC / WINDOW_NSEC for n in done], [n / sec for n, sec in zip(done, spent)]


def percent_lost(rates):
    """Each window with traces to the two without them beside it; the median of the pairs."""
    return statistics.median(
        (1 - 2 * rates[n] / (rates[n - 1] + rates[n + 1])) * 100 for n in range(1, 2 * PAIRS, 2)
    )


def check_stacks(context, stacks):
    whole = [stack for stack in stacks if stack[-len(OUTER_CALLS) :] == OUTER_CALLS]
    deep = statistics.median(len(stack) for stack in stacks)
    context.note(f"{len(stacks)} traces, {len(whole)} whole, half of them {deep:.0f} calls or more")
    if len(whole) < 0.9 * len(stacks):
        raise BenchError(f"traces without the outer calls of the script, like {stacks[-1]}")


def measure_traces(context):
    manager = context.side.manager()
    (zygote,) = processes.children(manager)
    (worker,) = processes.children(zygote)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = processes.cpu_nsec((manager, zygote))
        url = f"{context.url}?seconds={SCRIPT_SECONDS}"
        answer = pool.submit(load.fetch, url, timeout=SCRIPT_SECONDS + 10)
        begin = time.monotonic_ns() + EDGE_NSEC
        stacks, stopped = trace_windows(begin, worker)
        status, body = answer.result()
        used = processes.cpu_nsec((manager, zygote)) - before
    if status != 200:
        raise BenchError(f"loop.php answers {status}")
    check_stacks(context, stacks)
    rates, own_rates = window_rates(json.loads(body), begin)
    return {
        "lost": percent_lost(rates),
        "lost_own": percent_lost(own_rates),
        "stopped": stopped / (PAIRS * WINDOW_NSEC) * 100,
        "trace_cpu": used / 1000 / len(stacks),
    }


# --- everything at once

# What a pool file can say so that the pool tells of itself. access.log is not here: what it costs is
# a matter of the request path.
STATUS_LISTEN = "/run/fpmd/bench-status.sock"
WATCHED = {
    **STATIC_2,
    "catch_workers_output": "yes",
    "ping.path": "/ping",
    "pm.status_listen": STATUS_LISTEN,
    "pm.status_path": "/status",
    "request_slowlog_timeout": "1s",
    "request_terminate_timeout": "30s",
    "slowlog": "/var/log/fpmd/bench/slow.log",
}
STATUS_LOCATION = f"""
			location = /status-listen {{
				fastcgi_param REQUEST_METHOD GET;
				fastcgi_param SCRIPT_NAME /status;
				fastcgi_param SCRIPT_FILENAME /status;
				fastcgi_param REQUEST_URI /status;
				fastcgi_param QUERY_STRING json;
				fastcgi_pass unix:{STATUS_LISTEN};
			}}"""
METRICS = "http://127.0.0.1:9253/metrics"
EXPORTER = ("fpmd-exporter.socket", "fpmd-exporter.service")

# What is asked, what its answer holds, and how often of so many seconds. A live page asks for json&full.
QUESTIONS = (
    ("status?json&full", b'"processes"', 1),
    ("status-listen", b'"accepted conn"', 1),
    ("ping", b"pong", 1),
    (METRICS, b'fpmd_up{pool="bench"} 1', 2),
)


def ask_once(side, target, expected):
    url = target if target.startswith("http:") else side.url(target)
    status, body = load.fetch(url)
    if status != 200 or expected not in body:
        raise BenchError(f"{target}: {status}, {body[:100]!r}")


class Watchers:
    """Everybody who may look at a pool, all at the same time: a thread with those who ask over
    HTTP, and `fpmctl top` on a terminal."""

    def __init__(self, side):
        self.side = side
        self.end = threading.Event()
        self.complaints = []
        self.rounds = 0
        self.terminal, inner = pty.openpty()
        self.top = subprocess.Popen(["fpmctl", "top"], stdin=inner, stdout=inner, stderr=inner)
        os.close(inner)
        self.drawn = 0
        self.threads = [threading.Thread(target=self.ask), threading.Thread(target=self.read_top)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        begin = time.monotonic()
        while not self.end.wait(max(0, begin + self.rounds - time.monotonic())):
            for target, expected, every in QUESTIONS:
                if self.rounds % every == 0:
                    self.ask_noting(target, expected)
            self.rounds += 1

    def ask_noting(self, target, expected):
        try:
            ask_once(self.side, target, expected)
        except BenchError as error:
            self.complaints.append(str(error))

    def read_top(self):
        with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
            while data := os.read(self.terminal, 65536):
                self.drawn += len(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end.set()
        self.top.terminate()
        self.top.wait()
        for thread in self.threads:
            thread.join()
        os.close(self.terminal)

    def check(self):
        if self.complaints or not self.drawn:
            raise BenchError(self.complaints[0] if self.complaints else "fpmctl top draws nothing")


def start_pool(context, pool):
    context.side.start(pool, "unix")
    for _ in range(WARM_UP_REQUESTS):
        load.fetch(context.url)


def cpu_per_request(context):
    """Of the whole pool, in microseconds, and how many failed."""
    side = context.side
    before = processes.cpu_nsec(side.pids())
    with context.wrk() as run:
        seen = run.wait()
    used = processes.cpu_nsec(side.pids()) - before
    return used / 1000 / max(seen.good, 1), seen.failed


def measure_unwatched(context):
    start_pool(context, STATIC_2)
    return cpu_per_request(context)


def measure_watched(context):
    systemctl("start", EXPORTER[0])
    start_pool(context, WATCHED)
    try:
        with Watchers(context.side) as watchers:
            time.sleep(0.5)
            seen = cpu_per_request(context)
        watchers.check()
        return seen
    finally:
        systemctl("stop", *EXPORTER)


def measure_both(context):
    """A B B A, each in a pool of its own: two processes of one program differ by more than what is
    looked for, as memory and caches have it."""
    seen = {}
    for measure in (measure_unwatched, measure_watched, measure_watched, measure_unwatched):
        seen.setdefault(measure, []).append(measure(context))
    off, on = (
        statistics.mean(cpu for cpu, _ in seen[measure])
        for measure in (measure_unwatched, measure_watched)
    )
    return {
        "cpu_off": off,
        "cpu_on": on,
        "on_off": on / off,
        "failed": sum(failed for runs in seen.values() for _, failed in runs),
    }


WATCHING = [
    Row(
        "traces", "a worker that counts, 200 traces of it in 2 s", measure_traces,
        ("lost", "lost_own", "stopped", "trace_cpu"), page="loop.php", expect="[",
        pool={"pm": "static", "pm.max_children": 1}, rounds=3, ours=True,
    ),
    Row(
        "watched", "hello, everything that watches on, and off", measure_both,
        ("cpu_on", "cpu_off", "on_off", "failed"), nginx=STATUS_LOCATION, ours=True,
        # How the clients come to be spread over two changes from run to run, and with it what a request costs.
        nginx_processes=1,
    ),
]
