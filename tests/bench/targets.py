# SPDX-License-Identifier: MIT
"""What the project has set itself, and whether the run reached it."""
import dataclasses
import operator
import typing

COMPARE = {"≥": operator.ge, "≤": operator.le}


@dataclasses.dataclass(frozen=True)
class Target:
    text: str
    value: typing.Callable  # of {row key: Result}: a number, or None where it was not measured
    sign: str
    must: float
    aim: float | None = None

    def verdict(self, value):
        reached = COMPARE[self.sign]
        if self.aim is not None and reached(value, self.aim):
            return "aim reached"
        return "yes" if reached(value, self.must) else "**missed**"


def ratio(row, metric):
    """Ours to php-fpm's."""
    return lambda results: results[row].ratio(metric) if row in results else None


def ours(row, metric):
    return lambda results: results[row].value("fpmd", metric) if row in results else None


def lost(row):
    """What failed there: requests, and the commands that were to disturb them."""
    return lambda results: _sum(ours(row, m)(results) for m in ("failed", "refused"))


def _sum(values):
    values = list(values)
    return None if None in values else sum(values)


def worst(row, metric):
    """Ours in the worst round."""
    return lambda results: results[row].worst("fpmd", metric) if row in results else None


def over(row, other, metric):
    """Ours in one row to ours in another."""

    def value(results):
        one, two = ours(row, metric)(results), ours(other, metric)(results)
        return one / two if one is not None and two else None

    return value


TARGETS = [
    # the request path
    Target("hello: throughput / php-fpm's", ratio("hello", "rate"), "≥", 1.8, 2.2),
    Target("hello: CPU per request / php-fpm's", ratio("hello", "cpu"), "≤", 0.5, 0.4),
    Target("hello: system calls per request", ours("hello", "syscalls"), "≤", 14, 11),
    Target("hello: p99 / php-fpm's", ratio("hello", "p99"), "≤", 0.7, 0.5),
    Target("50 KB page: CPU per request / php-fpm's", ratio("page", "cpu"), "≤", 0.6, 0.5),
    Target("1 MB answer: CPU per request / php-fpm's", ratio("large", "cpu"), "≤", 0.5, 0.35),
    Target("hello, keep-alive: throughput / php-fpm's", ratio("hello-keep", "rate"), "≥", 1.5, 2),
    Target("50 KB, keep-alive: throughput / php-fpm's", ratio("page-keep", "rate"), "≥", 1.5, 2),
    Target("DokuWiki: throughput / php-fpm's", ratio("dokuwiki", "rate"), "≥", 1.0, 1.1),
    Target("DokuWiki: CPU per request / php-fpm's", ratio("dokuwiki", "cpu"), "≤", 1.01, 0.97),
    Target("WordPress: throughput / php-fpm's", ratio("wordpress", "rate"), "≥", 1.0, 1.05),
    Target("WordPress: CPU per request / php-fpm's", ratio("wordpress", "cpu"), "≤", 1.01, 0.97),
    # Six tenths of php-fpm's are PHP's own, which writes what it reads to a file by pieces of 5 KB.
    Target("1 GB uploaded: CPU / php-fpm's", ratio("transfer", "cpu_file"), "≤", 0.8),
    Target("1 GB of php://input: CPU / php-fpm's", ratio("transfer", "cpu_input"), "≤", 0.8),
    Target("1 GB answered: CPU / php-fpm's", ratio("transfer", "cpu_pieces"), "≤", 0.8),
    Target("1 GB of readfile(): CPU / php-fpm's", ratio("transfer", "cpu_readfile"), "≤", 0.8),
    Target("1 GB each way: growth of a worker, KiB", worst("transfer", "growth"), "≤", 2048),
    Target("PSS of an idle worker / php-fpm's", ratio("hello", "pss"), "≤", 1.0, 0.8),
    # worker mode: what a prototype reached, with applications of its own
    Target("worker mode, hello: CPU per request / classic", over("worker-hello", "hello", "cpu"), "≤", 1.0, 0.5),
    Target("Slim, SQLite: CPU per request / php-fpm's", ratio("slim-list", "cpu"), "≤", 0.36, 0.25),
    Target("Slim, SQLite: throughput / php-fpm's", ratio("slim-list", "rate"), "≥", 2.1, 3),
    Target("Symfony, JSON: CPU per request / php-fpm's", ratio("symfony-hello", "cpu"), "≤", 0.4, 0.25),
    Target("Symfony, JSON: throughput / php-fpm's", ratio("symfony-hello", "rate"), "≥", 1.9, 4.8),
    Target("Symfony, Twig: CPU per request / php-fpm's", ratio("symfony-list", "cpu"), "≤", 0.49, 0.35),
    Target("Symfony, session: CPU per request / php-fpm's", ratio("symfony-session", "cpu"), "≤", 0.45, 0.35),
    Target("Symfony, form: CPU per request / php-fpm's", ratio("symfony-form", "cpu"), "≤", 0.49, 0.35),
    Target("Laravel, JSON: CPU per request / php-fpm's", ratio("laravel-hello", "cpu"), "≤", 0.44, 0.35),
    Target("Laravel, Blade: CPU per request / php-fpm's", ratio("laravel-blade", "cpu"), "≤", 0.58, 0.45),
    Target("Laravel, session: CPU per request / php-fpm's", ratio("laravel-session", "cpu"), "≤", 0.52, 0.4),
    Target("Symfony: private memory of a worker / classic", ours("memory-symfony", "private_ratio"), "≤", 1.3, 1),
    Target("Laravel: private memory of a worker / classic", ours("memory-laravel", "private_ratio"), "≤", 1, 0.75),
    Target("worker mode, 12 reloads: failed", lost("worker-reloads"), "≤", 0),
    Target("worker mode, 12 reloads: p99 with / without", ours("worker-reloads", "p99_growth"), "≤", 2),
    Target("WordPress, a reload: slowest / median before", ours("warm-reloads", "slowest_ratio"), "≤", 3, 1.5),
    Target("WordPress, idle exit: first answer warm / cold", ours("warm-idle", "warm_cold"), "≤", 0.6, 0.4),
    # process management
    Target("burst, dynamic / static", over("burst-dynamic", "burst-static", "last"), "≤", 1.5),
    Target("burst, dynamic / php-fpm's", ratio("burst-dynamic", "last"), "≤", 1 / 8),
    Target("burst, ondemand / static", over("burst-ondemand", "burst-static", "last"), "≤", 1.7),
    Target("burst, ondemand / php-fpm's", ratio("burst-ondemand", "last"), "≤", 1 / 12),
    Target("20 reloads: failed", lost("reloads"), "≤", 0),
    Target("20 reloads: p99 with / without", ours("reloads", "p99_growth"), "≤", 2),
    Target("20 restarts: failed", lost("restarts"), "≤", 0),
    Target("manager killed 10 times: failed", lost("kill-manager"), "≤", 0),
    Target("worker killed 50 times: failed", worst("kill-worker", "failed"), "≤", 50),
    Target("worker killed: until whole, ms", ours("kill-worker", "again_max"), "≤", 100),
    Target("sleep(3) in a reload, a restart: failed", ours("in-flight", "failed"), "≤", 0),
    Target("socket started: first answer, ms", ours("cold", "first_request"), "≤", 150),
    Target("manager: CPU per 10 000 requests, ms", ours("manager-cpu", "manager_cpu"), "≤", 5),
    # None besides the watchdog's: every 15 s (half of WatchdogSec=30s) the manager asks the zygote, which
    # wakes up, and answers, and the manager hears it: three, 4 or 5 times in a window of 60 s.
    Target("idle static pool: wake-ups per minute", ours("idle-static", "wakeups"), "≤", 15),
    Target("idle dynamic pool: wake-ups per minute", ours("idle-dynamic", "wakeups"), "≤", 15),
    Target("idle exit: first answer / start of the zygote", ours("idle-exit", "per_start"), "≤", 2),
    # what is it doing?
    Target("200 traces in 2 s: throughput lost, %", ours("traces", "lost"), "≤", 3),
    Target("200 traces in 2 s: the worker stopped, %", ours("traces", "stopped"), "≤", 0.3),
    Target("everything that watches on / off: CPU per request", ours("watched", "on_off"), "≤", 1.03),
]
