# SPDX-License-Identifier: MIT
"""A machine full of pools that all live: what it takes to start, ask, reload and stop them, and what they cost at rest."""
import asyncio
import threading
import time
import urllib.request

import processes
from machine import BenchError, command, systemctl, wait_until
from scale_pools import CONF, pid1_cpu, remove_sites, site_names, timed
from scale_quiet import pss, start_sockets, visit, write_pools
from scale_workers import ask, request

PART = 100  # pools that are started by one command


def family(n):
    """The processes of the pools, by kind."""
    kinds = {"manager": [], "zygote": [], "worker": []}
    names = site_names(n)
    for i in range(0, n, PART):
        units = [f"fpmd@{name}.service" for name in names[i:i + PART]]
        kinds["manager"] += [int(pid) for pid in systemctl("show", "--property=MainPID", "--value", *units).split()]
    for manager in kinds["manager"]:
        # A helper of the manager has no children.
        kinds["zygote"] += [pid for pid in processes.children(manager) if processes.children(pid)]
    for zygote in kinds["zygote"]:
        kinds["worker"] += processes.children(zygote)
    return kinds


def are_whole(n):
    kinds = family(n)
    return [len(kinds[kind]) for kind in ("manager", "zygote", "worker")] == [n, n, 2 * n]


def measure_memory(report, n, when):
    sizes = {kind: pss(pids) for kind, pids in family(n).items()}
    report.measure(f"{when}: PSS, MiB: all; manager, zygote, both workers of each",
                   f"{sum(sizes.values()):.0f}; " + ", ".join(f"{size / n:.2f}" for size in sizes.values()))


def measure_rest(report, n, seconds):
    """What all of them do while nobody asks."""
    kinds = {**family(n), "PID 1": [1]}
    before = {kind: (processes.cpu_nsec(pids), sum(processes.wakeups(pids).values())) for kind, pids in kinds.items()}
    time.sleep(seconds)
    for kind, pids in kinds.items():
        cpu, woken = processes.cpu_nsec(pids) - before[kind][0], sum(processes.wakeups(pids).values()) - before[kind][1]
        report.measure(f"… at rest, {kind}: CPU, ms a second; wake-ups a second",
                       f"{cpu / 1e6 / seconds:.2f}; {woken / seconds:.1f}")


def measure_time(report, what, must, act):
    times = []
    for _ in range(3):
        begin = time.monotonic()
        said = act()
        times.append(time.monotonic() - begin)
        time.sleep(1.1)  # the exporter keeps what it knows for a second
    report.measure(f"{what}: s (median of 3), bytes", f"{sorted(times)[1]:.3f}, {len(said)}", must)


def measure_questions(report, n):
    systemctl("start", "fpmd-exporter.socket")
    measure_time(report, f"fpmctl list of {n} live pools", "", lambda: command("fpmctl", "list"))
    measure_time(report, "… /metrics", "",
                 lambda: urllib.request.urlopen("http://127.0.0.1:9253/metrics", timeout=30).read())
    measure_time(report, "… fpmctl ping --all", "", lambda: command("fpmctl", "--all", "ping"))
    systemctl("stop", "fpmd-exporter.socket", "fpmd-exporter.service")


class Asking(threading.Thread):
    """Asks one pool after the other, while something is done to them."""

    def __init__(self, n):
        super().__init__()
        self.n, self.stop, self.asked, self.failed, self.slowest = n, threading.Event(), 0, [], 0
        self.start()

    def run(self):
        hello = request("hello.php")
        while not self.stop.is_set():
            begin, name = time.monotonic(), f"site{self.asked * 7 % self.n}"
            try:
                good = asyncio.run(ask(f"/run/php/{name}.sock", hello)).endswith(b"hello")
            except (OSError, EOFError) as error:
                good = repr(error)
            if good is not True:
                self.failed.append((name, good))
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - begin)
            time.sleep(0.01)

    def finish(self):
        self.stop.set()
        self.join()


def beside_requests(report, n, what, act):
    """Does it while each pool is asked in turn: none of the requests may fail."""
    asking, before, begin = Asking(n), pid1_cpu(), time.monotonic()
    try:
        act()
    finally:
        took, cpu = time.monotonic() - begin, pid1_cpu() - before
        asking.finish()
    report.measure(f"{what}: s; CPU of PID 1, s", f"{took:.1f}; {cpu:.2f}")
    report.measure("… beside it: requests, failed; the slowest, ms",
                   f"{asking.asked}, {len(asking.failed)}; {asking.slowest * 1000:.0f}", "<= 0", len(asking.failed))
    report.require(f"{what}: failed: {asking.failed[:3]}", not asking.failed)


def start_services(n):
    names = site_names(n)
    for i in range(0, n, PART):
        systemctl("start", "--", *(f"fpmd@{name}.service" for name in names[i:i + PART]))


def crowd(report):
    """Pools of two workers that have served."""
    n = report.size(500, 20)
    write_pools(CONF, n, "pm = static\npm.max_children = 2\n")
    start_sockets(n)
    before, begin = pid1_cpu(), time.monotonic()
    start_services(n)
    report.measure(f"{n} pools of 2 workers, started: s; CPU of PID 1, s",
                   f"{time.monotonic() - begin:.1f}; {pid1_cpu() - before:.2f}")
    if not wait_until(lambda: are_whole(n), 60, 0.5):
        raise BenchError(f"not all are there: { {kind: len(pids) for kind, pids in family(n).items()} }")
    visit(n)
    visit(n)
    measure_memory(report, n, "… served")
    time.sleep(report.size(10, 3))
    measure_rest(report, n, report.size(30, 10))
    measure_questions(report, n)
    beside_requests(report, n, f"daemon-reload beside {n} live pools", lambda: systemctl("daemon-reload"))
    beside_requests(report, n, f"fpmctl --all reload of {n} live pools",
                    lambda: command("fpmctl", "--all", "reload", timeout=600))
    report.require("after the reload of all, not all are there", wait_until(lambda: are_whole(n), 30, 0.5))
    measure_memory(report, n, "… reloaded")
    took, cpu = timed("stop", "fpmd@site*.socket", "fpmd@site*.service")
    report.measure("… stopped: s; CPU of PID 1, s", f"{took:.1f}; {cpu:.2f}")
    report.require("processes are left", not any(pids for kind, pids in family(n).items() if any(pids)))
    remove_sites()
