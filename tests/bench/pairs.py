#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pools with one worker each, asked by turns without a web server: what a small difference costs.

    tests/bench/run --pairs wordpress              fpmd and php-fpm; dokuwiki, hello likewise
    tests/bench/run --pairs hello --other LINES    and another pool of fpmd for each of these, whose file has these
                                                   lines, with " & " between; unit:LINE is one of its unit

Prints the CPU time of the workers for a page; for each but the first the median of the rounds' ratios, first to it, and
in how many of them the first was the cheaper one; page faults, and the system calls that differ."""
import argparse
import collections
import os
import pathlib
import re
import statistics
import sys

import cases
import load
import pages
import processes
import wordpress
from fcgi import Reply, connect, request
from machine import ROOT, BenchError, describe, systemctl, wait_until, write
from sides import Fpmd, PhpFpm

DROP_IN = "/etc/systemd/system/fpmd@{}.service.d/pairs.conf"
PAGES = {
    "hello": (f"{ROOT}/hello.php", "", "hello", lambda: ""),
    "dokuwiki": (f"{cases.DOKUWIKI}/doku.php", "id=start", "Part 9", cases.lacks_dokuwiki),
    "wordpress": (f"{wordpress.WORDPRESS}/index.php", "", "Part 9", wordpress.lacks_wordpress),
}


class Pool(Fpmd):
    """One of several pools of fpmd, with lines of its own."""

    def __init__(self, name, lines=()):
        self.name = name
        self.unit, self.socket = f"fpmd@{name}.service", f"fpmd@{name}.socket"
        self.unix = f"/run/fpmd/{name}.sock"
        self.given = list(lines)
        self.lines = [line for line in lines if not line.startswith("unit:")]
        self.unit_lines = [line.removeprefix("unit:") for line in lines if line.startswith("unit:")]

    def configure(self, text, php_fpm):
        text = text.replace("[bench]", f"[{self.name}]", 1)
        write(f"/etc/fpmd/conf.d/{self.name}.conf", text + "\n".join(self.lines) + "\n")
        write(DROP_IN.format(self.name), "\n".join(["[Service]", *self.unit_lines, ""]))
        systemctl("daemon-reload")


class Asked:
    """A pool that runs, on the second processor, and what was seen of it. All else is on the first."""

    def __init__(self, side, page):
        self.side, self.script, self.query, self.expect = side, *page[:3]
        side.given = getattr(side, "given", [])
        self.cpu = []
        side.start({"pm": "static", "pm.max_children": 1}, "unix")
        if not wait_until(lambda: os.path.exists(side.unix), 5):
            raise BenchError(f"no {side.unix}")
        (self.worker,) = side.workers()
        os.sched_setaffinity(self.worker, {os.cpu_count() - 1})

    def ask(self, times):
        name = "/" + self.script.rpartition("/")[2]
        uri = "/" if name == "/index.php" else f"{name}?{self.query}"
        host = {"HTTP_HOST": "127.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1"}
        asked = request(self.script, SCRIPT_NAME=name, QUERY_STRING=self.query, REQUEST_URI=uri,
                        DOCUMENT_ROOT=self.script.rpartition("/")[0], **host)
        for _ in range(times):
            with connect(self.side.unix) as peer:
                peer.sendall(asked)
                reply = Reply(peer)
                peer.recv(1)
            if self.expect.encode() not in reply.body:
                raise BenchError(f"{self.side.name}: {reply.out[:300]!r} {reply.err[:300]!r}")

    def measure(self, times):
        before = processes.own_cpu_nsec(self.worker)
        self.ask(times)
        self.cpu.append((processes.own_cpu_nsec(self.worker) - before) / times / 1000)

    def faults(self, times):
        before = self._faults()
        self.ask(times)
        return (self._faults() - before) / times

    def _faults(self):
        stat = pathlib.Path(f"/proc/{self.worker}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[7])

    def calls(self, times):
        calls, _ = load.count_syscalls([self.worker], lambda: self.ask(times))
        return {name: count / times for name, count in calls.items()}


def compare(one, two, options):
    ratios = [a / b for a, b in zip(one.cpu, two.cpu)]
    print(f"{one.side.name} / {two.side.name}: median of {len(ratios)} ratios {statistics.median(ratios):.4f}, "
          f"least to least {min(one.cpu) / min(two.cpu):.4f}, below 1 in {sum(ratio < 1 for ratio in ratios)} rounds")
    if options.maps:
        compare_maps(one, two)
    calls = [asked.calls(20) for asked in (one, two)]
    print(f"  system calls of a page: {sum(calls[0].values()):.1f}, {sum(calls[1].values()):.1f}")
    for name in sorted(calls[0].keys() | calls[1].keys()):
        numbers = [each.get(name, 0) for each in calls]
        if options.all_calls or abs(numbers[0] - numbers[1]) >= 0.5:
            print(f"    {name}: {numbers[0]:.1f}, {numbers[1]:.1f}")


def maps_of(pid):
    """The PSS of a process in KiB, by what is mapped; heap and anonymous memory without a name as what they are."""
    found = collections.Counter()
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            fields = line.split(maxsplit=5)
            name = (fields[5] if len(fields) > 5 else "anonymous").rpartition("/")[2] + " " + fields[1]
        elif line.startswith("Pss:"):
            found[name] += int(line.split()[1])
    return found


def compare_maps(one, two):
    maps = [maps_of(asked.worker) for asked in (one, two)]
    for name in sorted(maps[0].keys() | maps[1].keys(), key=lambda name: maps[1][name] - maps[0][name]):
        if abs(maps[0][name] - maps[1][name]) >= 16:
            print(f"    {name}: PSS {maps[0][name]}, {maps[1][name]} KiB")


def describe_side(asked):
    pss, huge = (of(asked.worker) // 1024 for of in (processes.pss_bytes, processes.huge_bytes))
    print(f"{asked.side.name} ({' & '.join(asked.side.given)}): CPU of a page {statistics.median(asked.cpu):.1f} µs, "
          f"page faults {asked.faults(20):.1f}, PSS of the worker {pss} KiB, on huge pages {huge} KiB")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run --pairs", description=__doc__.splitlines()[0])
    parser.add_argument("page", choices=PAGES)
    parser.add_argument("--other", metavar="LINES", action="append", default=[], help="another pool of fpmd")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--requests", type=int, default=30, help="of each in a round")
    parser.add_argument("--warm-up", type=int, default=160, metavar="REQUESTS", help="before the rounds")
    parser.add_argument("--all-calls", action="store_true", help="also system calls that do not differ")
    parser.add_argument("--maps", action="store_true", help="also the memory of the workers, by what is mapped")
    return parser.parse_args()


def main():
    options = arguments()
    os.sched_setaffinity(0, {0})
    print(describe())
    pages.write_pages()
    page = PAGES[options.page]
    if lacking := page[3]():
        raise BenchError(lacking)
    sides = [Pool("fpmd"), PhpFpm(), *(Pool(f"other{n}", lines.split(" & ")) for n, lines in enumerate(options.other))]
    asked = [Asked(side, page) for side in sides]
    for each in asked:
        each.ask(options.warm_up)
    for n in range(options.rounds):
        for each in asked if n % 2 == 0 else reversed(asked):
            each.measure(options.requests)
    for each in asked:
        describe_side(each)
    for each in asked[1:]:
        compare(asked[0], each, options)


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(f"pairs: {error}")
