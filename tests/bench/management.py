# SPDX-License-Identifier: MIT
"""Process management: what bursts, reloads, restarts and killed processes cost. Another case is
another line of MANAGEMENT."""
import concurrent.futures
import json
import os
import random
import signal
import statistics
import time

import load
import processes
from machine import BenchError, command, every, wait_until
from rows import Row

BURST = 50
STATIC_8 = {"pm": "static", "pm.max_children": 8}
STATIC_50 = {"pm": "static", "pm.max_children": BURST}
ONDEMAND_50 = {"pm": "ondemand", "pm.max_children": BURST}
DYNAMIC_50 = {
    "pm": "dynamic",
    "pm.max_children": BURST,
    "pm.start_servers": 2,
    "pm.min_spare_servers": 1,
    "pm.max_spare_servers": 3,
}


def note_complaints(context, complaints, count):
    if len(complaints) == count:
        raise BenchError(complaints[0])
    if complaints:
        context.note(f"{len(complaints)} of {count} commands failed: {complaints[0]}")


def measure_burst(context):
    context.restart()
    time.sleep(0.3)
    answers = load.burst(context.url, BURST)
    return {
        "last": max(when for _, when in answers),
        "failed": sum(status != 200 for status, _ in answers),
    }


def measure_reloads(context):
    count, period = 20, 0.5
    seconds = int(count * period) + 1
    with context.wrk(seconds) as run:
        quiet = run.wait()
    with context.wrk(seconds) as run:
        complaints = every(count, period, context.side.reload)
        seen = run.wait()
    note_complaints(context, complaints, count)
    return {
        "failed": seen.failed,
        "requests": seen.requests,
        "refused": len(complaints),
        "p99": seen.p99_usec / 1000,
        "p99_quiet": quiet.p99_usec / 1000,
        "p99_growth": seen.p99_usec / quiet.p99_usec,
    }


def measure_restarts(context):
    count, period = 20, 1
    with context.wrk(count * period + 1) as run:
        complaints = every(count, period, context.side.restart)
        seen = run.wait()
    note_complaints(context, complaints, count)
    return {
        "failed": seen.failed,
        "requests": seen.requests,
        "refused": len(complaints),
        "p99": seen.p99_usec / 1000,
    }


def kill_manager(side):
    """Kills it; in how many ms there is another. One that its unit does not start again is started
    by hand after half a second, as an attentive administrator would."""
    manager = side.manager()
    os.kill(manager, signal.SIGKILL)
    begin = time.monotonic()

    def back():
        return processes.main_pid(side.unit) not in (0, manager)

    if not side.restarts_itself:
        time.sleep(0.5)
        side.start_units()
    if not wait_until(back, 3):
        raise BenchError("no manager 3 s after kill -9")
    return (time.monotonic() - begin) * 1000


def measure_manager_kills(context):
    count = 10
    times = []
    with context.wrk(count + 2) as run:
        complaints = every(count, 1, lambda: times.append(kill_manager(context.side)))
        seen = run.wait()
    note_complaints(context, complaints, count)
    sample = {"failed": seen.failed, "requests": seen.requests, "refused": len(complaints)}
    if context.side.restarts_itself:
        return sample | {"again": statistics.median(times)}
    context.note(
        "its unit does not start it again; the bench did, after 0.5 s: how many failed follows "
        "from that, only that some did is php-fpm's"
    )
    return sample


def kill_worker(side, manager, full):
    """Kills one; in how many ms the pool has as many as before."""
    victim = random.choice(side.workers(manager))
    os.kill(victim, signal.SIGKILL)
    begin = time.monotonic()

    def whole():
        return len(set(side.workers(manager)) - {victim}) >= full

    if not wait_until(whole, 5, pause=0.0005):
        raise BenchError("the pool is not whole 5 s after kill -9 of a worker")
    return (time.monotonic() - begin) * 1000


def measure_worker_kills(context):
    side, count = context.side, 50
    full = int(context.row.pool["pm.max_children"])
    manager = side.manager()
    times = []
    with context.wrk(count // 5 + 2) as run:
        complaints = every(
            count, 0.2, lambda: times.append(kill_worker(side, manager, full))
        )
        seen = run.wait()
    note_complaints(context, complaints, count)
    return {
        "failed": seen.failed,
        "requests": seen.requests,
        "again": statistics.median(times),
        "again_max": max(times),
    }


def measure_manager_cpu(context):
    manager = context.side.manager()
    before = processes.own_cpu_nsec(manager)
    with context.wrk() as run:
        seen = run.wait()
    used = processes.own_cpu_nsec(manager) - before
    return {"manager_cpu": used / 1e6 / seen.requests * 10_000, "failed": seen.failed}


def measure_wakeups(context):
    seconds = 60
    time.sleep(3)
    before = processes.wakeups(context.side.pids())
    time.sleep(seconds)
    after = processes.wakeups(context.side.pids())
    woken = {pid: count - before.get(pid, 0) for pid, count in after.items()}
    total = sum(woken.values())
    manager = woken.get(context.side.manager(), 0)
    context.note(
        f"in {seconds} s: manager {manager}, all others {total - manager} "
        f"({len(after.keys() - before.keys())} new processes)"
    )
    return {"wakeups": total * 60 / seconds}


def sleep_through(context, action):
    """A sleep(3) during which the pool is asked to do something: its seconds, 0 if it failed."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(load.fetch, context.url)
        time.sleep(0.5)
        action()
        status, body = answer.result()
    return float(body) if status == 200 else 0.0


def measure_sleeps(context):
    slept = []
    for name in ("reload", "restart"):
        try:
            slept.append(sleep_through(context, getattr(context.side, name)))
        except BenchError as error:
            context.note(f"{name}: {error}")
            slept.append(0.0)
        context.note(f"{name}: slept {slept[-1]:.2f} s")
    return {"slept": min(slept), "failed": sum(seconds < 2.9 for seconds in slept)}


def measure_cold_start(context):
    context.side.stop()
    begin = time.monotonic()
    context.side.start_listening()
    started = time.monotonic()
    status, _ = load.fetch(context.url)
    answered = time.monotonic()
    return {
        "first": (answered - begin) * 1000,
        "first_request": (answered - started) * 1000,
        "failed": int(status != 200),
    }


def measure_idle_exit(context):
    """The first answer of a pool that has left after a quiet time; php-fpm has no such thing."""
    if context.side.name != "fpmd":
        raise BenchError("has no idle exit")
    unit = context.side.unit
    if not wait_until(lambda: processes.main_pid(unit) == 0, 10):
        raise BenchError("the pool does not leave")
    time.sleep(0.3)
    begin = time.monotonic()
    status, _ = load.fetch(context.url)
    first = (time.monotonic() - begin) * 1000
    answer = json.loads(command("fpmctl", "status", "--json", "bench"))
    php_start = answer["php_start"] * 1000
    return {
        "first_request": first,
        "php_start": php_start,
        "per_start": first / php_start,
        "failed": int(status != 200),
    }


# The load of these rows: 8 clients on a page that sleeps 20 ms.
SLEEP_20 = {"page": "sleep20.php", "expect": "slept", "pool": STATIC_8, "rounds": 3}
SLEEP_100 = {"page": "sleep100.php", "expect": "slept"}
BURST_SHOWS = ("last", "failed")
LOAD_SHOWS = ("failed", "requests", "refused")

MANAGEMENT = [
    Row(
        "burst-static", "50 × 100 ms at once, static, 50", measure_burst, BURST_SHOWS,
        **SLEEP_100, pool=STATIC_50,
    ),
    Row(
        "burst-dynamic", "50 × 100 ms at once, dynamic, 2 to 50", measure_burst, BURST_SHOWS,
        **SLEEP_100, pool=DYNAMIC_50, quick=True,
    ),
    Row(
        "burst-ondemand", "50 × 100 ms at once, ondemand, max 50", measure_burst, BURST_SHOWS,
        **SLEEP_100, pool=ONDEMAND_50,
    ),
    Row(
        "reloads", "20 reloads in 10 s", measure_reloads,
        (*LOAD_SHOWS, "p99", "p99_quiet", "p99_growth"), **SLEEP_20,
    ),
    Row(
        "reloads-graceful", "20 reloads, php-fpm with process_control_timeout", measure_reloads,
        (*LOAD_SHOWS, "p99", "p99_quiet", "p99_growth"), **SLEEP_20,
        php_fpm={"process_control_timeout": "10s"},
    ),
    Row(
        "restarts", "20 restarts in 20 s", measure_restarts, (*LOAD_SHOWS, "p99"),
        **SLEEP_20,
    ),
    Row(
        "kill-manager", "kill -9 of the manager, 10 times", measure_manager_kills,
        (*LOAD_SHOWS, "again"), **SLEEP_20,
    ),
    Row(
        "kill-worker", "kill -9 of a random worker, 50 times", measure_worker_kills,
        ("failed", "requests", "again", "again_max"), **SLEEP_20,
    ),
    Row(
        "in-flight", "a sleep(3) during a reload and a restart", measure_sleeps,
        ("slept", "failed"), page="sleep3.php", expect="3", rounds=1,
    ),
    Row(
        "cold", "started from nothing", measure_cold_start, ("first", "first_request", "failed"),
    ),
    Row(
        "idle-exit", "first answer after an idle exit", measure_idle_exit,
        ("first_request", "php_start", "per_start", "failed"),
        fpmd={"pm.idle_exit_timeout": "1s"},
    ),
    Row(
        "manager-cpu", "hello, steady load", measure_manager_cpu, ("manager_cpu", "failed"),
        rounds=3,
    ),
    Row(
        "idle-static", "an idle pool, static, 2", measure_wakeups, ("wakeups",), together=True,
    ),
    Row(
        "idle-dynamic", "an idle pool, dynamic, 2 started", measure_wakeups, ("wakeups",),
        pool=DYNAMIC_50, together=True,
    ),
]
