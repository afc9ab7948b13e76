# SPDX-License-Identifier: MIT
"""How slow the first answers are: after a reload, after an idle exit. With WordPress, much code that is to be compiled."""
import http.client
import statistics
import threading
import time

import load
import processes
from machine import BenchError, wait_until
from rows import WARM_UP_REQUESTS, Row
from wordpress import FRONT, WORDPRESS, lacks_wordpress

BEFORE_SECONDS = 3
AFTER_SECONDS = 2


class Clients:
    """So many at once, each on a connection of its own: of each answer when it came, how long that took, and whether it
    was one."""

    def __init__(self, port, page, count):
        self.address = port, f"/{page}"
        self.answers = []
        self.end = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(count)]

    def ask(self):
        port, page = self.address
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while not self.end.is_set():
            begin = time.monotonic()
            try:
                connection.request("GET", page)
                reply = connection.getresponse()
                reply.read()
                good = reply.status == 200
            except (OSError, http.client.HTTPException):
                good = False
                connection.close()
            now = time.monotonic()
            self.answers.append((now, now - begin, good))
        connection.close()

    def times(self, begin, end):
        """Of those answers that came between."""
        return [seconds for when, seconds, good in self.answers if good and begin <= when < end]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        for thread in self.threads:
            thread.join()


def measure_reload(context):
    context.restart()
    for _ in range(WARM_UP_REQUESTS):
        load.fetch(context.url)
    with Clients(context.side.port, context.row.page, context.row.clients) as clients:
        started = time.monotonic()
        time.sleep(BEFORE_SECONDS)
        begin = time.monotonic()
        context.side.reload()
        reloaded = time.monotonic()
        end = reloaded + AFTER_SECONDS
        time.sleep(AFTER_SECONDS)
    median = statistics.median(clients.times(started, begin))
    slowest = max(clients.times(begin, end))
    when = next(when for when, seconds, _ in clients.answers if seconds == slowest)
    context.note(
        f"the reload took {(reloaded - begin) * 1000:.0f} ms; the slowest answer of {slowest * 1000:.0f} ms came "
        f"{(when - reloaded) * 1000:+.0f} ms from then"
    )
    return {
        "median": median * 1000,
        "slowest": slowest * 1000,
        "slowest_ratio": slowest / median,
        "failed": sum(not good for _, _, good in clients.answers),
    }


def first_answer(context, directives):
    """In ms, of a pool that has left before."""
    side = context.side
    side.start(context.row.pool, context.row.transport, fpmd={"pm.idle_exit_timeout": "1s", **directives})
    for _ in range(WARM_UP_REQUESTS):
        load.fetch(context.url)
    if not wait_until(lambda: processes.main_pid(side.unit) == 0, 10):
        raise BenchError("the pool does not leave")
    time.sleep(0.3)
    begin = time.monotonic()
    status, _ = load.fetch(context.url)
    if status != 200:
        raise BenchError(f"answers {status}")
    return (time.monotonic() - begin) * 1000


def measure_idle(context):
    cold = first_answer(context, {"idle_warm": "0"})
    warm = first_answer(context, {})
    return {"warm": warm, "cold": cold, "warm_cold": warm / cold}


BLOG = {"page": "", "expect": "Part 9", "nginx": FRONT, "root": WORDPRESS, "lacks": lacks_wordpress, "rounds": 7}

# Behind all others, as WordPress is.
WARM = [
    Row("warm-reloads", "WordPress, a reload", measure_reload, ("median", "slowest", "slowest_ratio", "failed"), **BLOG),
    Row("warm-idle", "WordPress, first answer after an idle exit", measure_idle, ("warm", "cold", "warm_cold"), ours=True, **BLOG),
]
