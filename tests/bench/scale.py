#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many workers, many connections, many pools: what only shows at size. Runs in the container that `run --scale` boots.

    tests/bench/run --scale                     all cases, about fifteen minutes
    tests/bench/run --scale --quick             the short form: 20 of everything, a smoke test
    tests/bench/run --scale --only busy,kept    some of them

Prints a line a measure: what, the figure, what it has to be, and whether it is; in the end once more what had to be
something. What the short form says of a figure is little. Exit status: 1 if something failed that must not at any
size (requests lost, connections closed, a total that falls)."""
import argparse
import sys

import scale_crowd
import scale_pools
import scale_quiet
import scale_start
import scale_workers
from machine import BenchError, describe

CASES = {
    "busy": scale_workers.busy,
    "kept": scale_workers.kept,
    "totals": scale_workers.totals,
    "auto": scale_workers.auto,
    "params": scale_workers.params,
    "units": scale_pools.units,
    "generator": scale_pools.generator,
    "metrics": scale_pools.metrics,
    "boot": scale_start.boot,
    "start": scale_start.start,
    "quiet": scale_quiet.quiet,
    "live": scale_quiet.live,
    "wake": scale_quiet.wake,
    "crowd": scale_crowd.crowd,
}


def verdict(must, value):
    if not must:
        return ""
    operator, limit = must.split()
    return "yes" if (value <= float(limit) if operator == "<=" else value >= float(limit)) else "MISSED"


class Report:
    """Prints what was measured, at once: a case takes minutes."""

    def __init__(self, quick):
        self.quick = quick
        self.failed = False
        self.about = ""  # what the lines that begin with dots are about
        self.musts = []

    def measure(self, what, figure, must="", value=None):
        """must: "<= 1.1", which holds or does not of the value."""
        rest = f"{figure:>24}   {must:<7} {verdict(must, value)}".rstrip()
        print(f"{what:<88} {rest}", flush=True)
        if not what.startswith(("…", "...")):
            self.about = what.partition(":")[0]
        else:
            what = f"{self.about} {what}"
        if must:
            self.musts.append(f"{what:<88} {rest}")

    def require(self, what, condition):
        """What must hold however slow the machine is."""
        if not condition:
            self.failed = True
            print(f"FAILED: {what}", flush=True)

    def size(self, full, short):
        return short if self.quick else full


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 of everything")
    parser.add_argument("--only", default=",".join(CASES), help="names, with commas: " + ", ".join(CASES))
    arguments = parser.parse_args()
    report = Report(arguments.quick)
    print(describe(), flush=True)
    for name in arguments.only.split(","):
        try:
            CASES[name](report)
        except BenchError as error:
            report.require(f"{name}: {error}", False)

    print("\nWhat had to be:", *report.musts, sep="\n", flush=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
