# SPDX-License-Identifier: MIT
"""What the start of a pool takes, and of all pools of a machine."""
import asyncio
import os
import statistics
import time

import processes
from machine import ROOT, BenchError, systemctl, wait_until, write
from scale_pools import CONF, MANY, pid1_cpu, remove_sites, site_names, write_sites
from scale_quiet import start_sockets, write_pools
from scale_workers import ask, request
from sides import PhpFpm

BEHIND = 0.3  # seconds: what is done behind the answer
KEEPER = 0.5  # half a second after its start a pool gets a keeper of its /tmp, which is no part of the next pool's start
ONDEMAND = "pm = ondemand\npm.max_children = 5\n"


class PhpFpmPools:
    """The same pools in one php-fpm, which does not run yet."""

    def __init__(self, n):
        self.side, self.n = PhpFpm(), n

    def __enter__(self):
        self.side.stop()
        write_pools(self.side.pools, self.n, ONDEMAND)
        return self.side

    def __exit__(self, *_):
        self.side.stop()
        for name in site_names(self.n):
            (self.side.pools / f"{name}.conf").unlink()


def first_hello(name):
    if not asyncio.run(ask(f"/run/php/{name}.sock", request("hello.php"))).endswith(b"hello"):
        raise BenchError(f"no answer of {name}")
    time.sleep(BEHIND)


def cpu_msec(pids):
    return processes.cpu_nsec(pids) / 1e6


def start_of_fpmd(name):
    """Milliseconds of CPU: of PID 1, manager, zygote, worker. What systemd does between fork and exec is the manager's."""
    before = pid1_cpu() * 1000
    first_hello(name)
    pid1 = pid1_cpu() * 1000 - before
    manager = processes.main_pid(f"fpmd@{name}.service")
    zygotes = processes.children(manager)
    workers = [pid for zygote in zygotes for pid in processes.children(zygote)]
    figures = pid1, cpu_msec([manager]), cpu_msec(zygotes), cpu_msec(workers)
    time.sleep(KEEPER)
    return figures


def start_of_php_fpm(side, name):
    before = cpu_msec(side.pids())
    first_hello(name)
    return cpu_msec(side.pids()) - before


def start(report):
    """A pool that only listens gets its first request."""
    n = report.size(30, 5)
    write(f"{ROOT}/hello.php", '<?php echo "hello";\n')
    write_pools(CONF, n, ONDEMAND)
    start_sockets(n)
    ours = [start_of_fpmd(name) for name in site_names(n)]
    remove_sites()
    with PhpFpmPools(n) as side:
        side.start_units()
        theirs = statistics.median(start_of_php_fpm(side, name) for name in site_names(n))
    whole = statistics.median(map(sum, ours))
    report.measure("CPU of a pool's start with its first hello, ms, fpmd / php-fpm's ondemand",
                   f"{whole:.1f} / {theirs:.1f}", "<= 30", whole)
    report.measure("… PID 1, manager with systemd's exec, zygote, worker",
                   ", ".join(f"{statistics.median(part):.1f}" for part in zip(*ours)))


def boot(report):
    """What a boot does with pools that are enabled: the generators run, PID 1 reads the units and opens the sockets."""
    n = report.size(500, 20)
    write_sites(n)
    write(MANY, "[Unit]\nDefaultDependencies=no\nWants=" + " ".join(f"fpmd@{name}.socket" for name in site_names(n)) + "\n")
    before, begin = pid1_cpu(), time.monotonic()
    systemctl("daemon-reload")
    systemctl("start", "bench-many.target")
    wait_until(lambda: not systemctl("list-jobs", "--no-legend").strip(), 120, 0.05)
    took, cpu = time.monotonic() - begin, pid1_cpu() - before
    listening = systemctl("list-units", "--no-legend", "--state=listening", "fpmd@site*.socket").splitlines()
    report.require(f"{len(listening)} of {n} sockets listen", len(listening) == n)
    systemctl("stop", "bench-many.target")
    os.unlink(MANY)
    remove_sites()
    with PhpFpmPools(n) as side:
        begin = time.monotonic()
        side.start_units()
        theirs = time.monotonic() - begin
    report.measure(f"{n} pools as at boot, s, fpmd / php-fpm", f"{took:.2f} / {theirs:.2f}", "<= 1.5", took)
    report.measure("… CPU of PID 1, s", f"{cpu:.2f}", "<= 2.5", cpu)
