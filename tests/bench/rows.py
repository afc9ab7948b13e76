# SPDX-License-Identifier: MIT
"""A row of the bench, and how it is run: both sides started, then measured in turns."""
import concurrent.futures
import dataclasses
import re
import statistics
import typing

import load
from machine import ROOT, BenchError, start_nginx

STATIC_2 = {"pm": "static", "pm.max_children": 2}
WARM_UP_REQUESTS = 100


@dataclasses.dataclass(frozen=True)
class Metric:
    label: str
    digits: int = 0
    combine: typing.Callable = statistics.median  # the samples of the rounds to one number


METRICS = {
    "rate": Metric("requests/s"),
    "p50": Metric("p50, ms", 2),
    "p99": Metric("p99, ms", 2),
    "cpu": Metric("CPU per request, µs", 1),
    "syscalls": Metric("system calls per request", 1),
    "pss": Metric("PSS of an idle worker, MiB", 2),
    "pss_pool": Metric("PSS of the whole pool, MiB", 2),
    "failed": Metric("failed, all rounds", 0, sum),
    "requests": Metric("requests, all rounds", 0, sum),
    "last": Metric("time to the last answer, s", 3),
    "p99_quiet": Metric("p99 without them, ms", 2),
    "p99_growth": Metric("p99 with them / without", 2),
    "refused": Metric("commands that failed, all rounds", 0, sum),
    "again": Metric("until it is whole again, ms", 1),
    "again_max": Metric("the same, the slowest, ms", 1, max),
    "manager_cpu": Metric("manager's CPU per 10 000 requests, ms", 3),
    "wakeups": Metric("wake-ups per minute", 0),
    "first": Metric("systemctl start and the first answer, ms", 0),
    "first_request": Metric("of it the first request, ms", 0),
    "cpu_file": Metric("CPU, s, upload to $_FILES", 3),
    "cpu_input": Metric("CPU, s, php://input", 3),
    "cpu_pieces": Metric("CPU, s, answer in pieces of 64 KB", 3),
    "cpu_readfile": Metric("CPU, s, answer of readfile()", 3),
    "growth": Metric("private memory of the worker, KiB more", 0, max),
    "php_start": Metric("start of the zygote alone, ms", 1),
    "per_start": Metric("first answer / start of the zygote", 2),
    "slept": Metric("slept, s", 2, min),
    "lost": Metric("throughput lost, %", 2),
    "lost_own": Metric("the same per second of its own CPU time, %", 2),
    "stopped": Metric("time in which it was stopped, %", 2),
    "trace_cpu": Metric("CPU of manager and zygote per trace, µs", 0),
    "cpu_on": Metric("CPU per request, µs, everything on", 2),
    "cpu_off": Metric("everything off", 2),
    "on_off": Metric("on / off", 3),
    "private": Metric("private memory of a worker, MiB", 2),
    "private_classic": Metric("the same without worker_script", 2),
    "private_ratio": Metric("with / without", 2),
    "median": Metric("median before it, ms", 1),
    "slowest": Metric("slowest answer from then until 2 s later, ms", 1),
    "slowest_ratio": Metric("slowest / median", 2),
    "warm": Metric("with idle_warm, ms", 1),
    "cold": Metric("without, ms", 1),
    "warm_cold": Metric("with / without", 2),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """measure(context) gives {metric: value} for one side and one round; once(context) the same,
    after the rounds."""

    key: str
    title: str
    measure: typing.Callable
    shows: tuple = ()  # metrics; none: a row of the table of requests
    once: typing.Callable | None = None
    pool: dict = dataclasses.field(default_factory=lambda: STATIC_2)
    php_fpm: dict = dataclasses.field(default_factory=dict)  # what php-fpm gets besides, globally
    fpmd: dict = dataclasses.field(default_factory=dict)  # what fpmd's pool has besides
    page: str = "hello.php"
    expect: str | int = "hello"  # a part of the answer, or its bytes
    root: str = ROOT
    transport: str = "unix"
    nginx: str = ""  # more lines for its location
    nginx_processes: int = 2
    clients: int = 8
    form: str = ""  # what is posted; none: GET
    rounds: int = 5
    quick: bool = False  # also in the short form
    together: bool = False  # both sides at the same time
    ours: bool = False  # about fpmd alone: php-fpm has no such thing
    lacks: typing.Callable = lambda: ""  # why it cannot be run here


class Result:
    """The samples of one row, per side, or why there are none."""

    def __init__(self, row):
        self.row = row
        self.samples = {}
        self.reasons = {}
        self.notes = {}

    def add(self, side, sample):
        self.samples.setdefault(side, []).append(sample)

    def fail(self, side, reason):
        self.reasons.setdefault(side, str(reason))

    def note(self, side, text):
        self.notes.setdefault(side, []).append(text)

    def values(self, side, metric):
        return [s[metric] for s in self.samples.get(side, []) if metric in s]

    def value(self, side, metric):
        values = self.values(side, metric)
        return METRICS[metric].combine(values) if values else None

    def worst(self, side, metric):
        return max(self.values(side, metric), default=None)

    def ratio(self, metric):
        """Ours to theirs."""
        ours, theirs = self.value("fpmd", metric), self.value("php-fpm", metric)
        return ours / theirs if ours is not None and theirs else None

    def ratios(self, metric):
        """The same for each round, the smallest first."""
        pairs = zip(self.values("fpmd", metric), self.values("php-fpm", metric))
        return sorted(ours / theirs for ours, theirs in pairs if theirs)


@dataclasses.dataclass(frozen=True)
class Context:
    """What measure() gets."""

    row: Row
    side: object
    result: Result
    seconds: int  # of one run of wrk

    @property
    def url(self):
        return self.side.url(self.row.page)

    def note(self, text):
        self.result.note(self.side.name, text)

    def restart(self):
        """The pool as new."""
        self.side.start(self.row.pool, self.row.transport, self.row.php_fpm, self.row.fpmd)

    def wrk(self, seconds=None):
        row = self.row
        return load.Wrk(self.url, row.clients, seconds or self.seconds, row.form)


def _attempt(context, function, *args):
    """Calls it; a failure of one side takes only that side out of the row."""
    side = context.side.name
    if side in context.result.reasons:
        return None
    try:
        return function(*args)
    except (BenchError, OSError) as error:
        context.result.fail(side, error)
    return None


def _check_answer(context):
    row = context.row
    status, body = load.fetch(context.url, row.form)
    if status != 200:
        raise BenchError(f"/{row.page} answers {status}")
    if isinstance(row.expect, int) and len(body) != row.expect:
        raise BenchError(f"/{row.page} answers {len(body)} bytes instead of {row.expect}")
    if isinstance(row.expect, str) and row.expect.encode() not in body:
        words = " ".join(re.sub(rb"<[^>]*>", b" ", body).decode(errors="replace").split())
        raise BenchError(f"/{row.page} answers {words[:100]!r} without {row.expect!r}")


def _prepare(context):
    """Starts the pool, sees that the page is right, and warms every worker up."""
    context.restart()
    _check_answer(context)
    if not context.row.shows:
        for _ in range(WARM_UP_REQUESTS):
            load.fetch(context.url, context.row.form)


def _measure(context):
    context.result.add(context.side.name, context.row.measure(context))


def _once(context):
    context.result.add(context.side.name, context.row.once(context))


def _run_rounds(contexts, rounds):
    """A B, B A, A B …: what drifts on the machine drifts for both."""
    for n in range(rounds):
        for context in contexts if n % 2 == 0 else reversed(contexts):
            _attempt(context, _measure, context)


def _run_together(contexts):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda context: _attempt(context, _measure, context), contexts))


def number_of_rounds(row, options):
    return options.rounds or min(row.rounds, 3 if options.quick else row.rounds)


def run(row, sides, options):
    """Runs the row; never fails: its result has the reasons."""
    result = Result(row)
    if row.ours:
        sides = [side for side in sides if side.name == "fpmd"]
    contexts = [Context(row, side, result, options.seconds) for side in sides]
    if lacking := row.lacks():
        for side in sides:
            result.fail(side.name, f"skipped: {lacking}")
        return result
    try:
        start_nginx(sides, row.root, row.transport, row.nginx, row.nginx_processes)
        for context in contexts:
            _attempt(context, _prepare, context)
        if row.together:
            _run_together(contexts)
        else:
            _run_rounds(contexts, number_of_rounds(row, options))
        for context in contexts if row.once else ():
            _attempt(context, _once, context)
    except BenchError as error:
        for side in sides:
            result.fail(side.name, error)
    finally:
        for context in contexts:
            try:
                context.side.stop()
            except BenchError as error:
                context.note(f"stop: {error}")
    return result
