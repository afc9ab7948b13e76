# SPDX-License-Identifier: MIT
"""One pool with many workers, or many connections."""
import asyncio
import collections
import json
import re
import struct
import statistics
import threading
import time

import processes
from machine import ROOT, BenchError, command, start_nginx, systemctl, wait_until, write
from sides import Fpmd, PhpFpm

PAGES = {
    "hello.php": '<?php echo "hello";\n',
    "sleep.php": "<?php usleep(1000 * (int) $_GET['ms']); echo 'slept';\n",
    "burn.php": "<?php for ($t = getrusage(), $x = 0; ; $x++) if ($x % 1000 == 0) { $u = getrusage();"
                " if (($u['ru_utime.tv_sec'] - $t['ru_utime.tv_sec']) * 1e6 + $u['ru_utime.tv_usec']"
                " - $t['ru_utime.tv_usec'] > 15000) break; } echo $x;\n",
}


# --- FastCGI, as little as is needed ---


def record(kind, body=b"", request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(body), 0) + body


def pair(name, value):
    return b"".join(struct.pack(">I", len(x) | 1 << 31) if len(x) > 127 else bytes([len(x)])
                    for x in (name, value)) + name + value


def request(page, query="", keep=False, body=None, **more):
    env = {
        "SCRIPT_FILENAME": f"{ROOT}/{page}", "SCRIPT_NAME": f"/{page}", "DOCUMENT_ROOT": ROOT,
        "REQUEST_METHOD": "GET" if body is None else "POST", "QUERY_STRING": query,
        "REQUEST_URI": f"/{page}?{query}", "SERVER_PROTOCOL": "HTTP/1.1", **more,
    }
    if body is not None:
        env |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "text/plain"}
    return (record(1, struct.pack(">HB5x", 1, int(keep))) + params_records(env) + record(4)
            + (record(5, body) if body else b"") + record(5))


def params_records(env):
    """php-fpm takes no pair that is cut by the end of a record."""
    out = piece = b""
    for name, value in env.items():
        one = pair(name.encode(), value.encode())
        if len(piece) + len(one) > 65535:
            out, piece = out + record(4, piece), b""
        piece += one
    return out + record(4, piece)


async def answer(reader):
    """What came on standard output, up to the end of the request. EOFError: the connection was closed before."""
    out = b""
    while True:
        try:
            _, kind, _, size, padding = struct.unpack(">BBHHBx", await reader.readexactly(8))
            body = await reader.readexactly(size + padding)
        except asyncio.IncompleteReadError as error:
            raise EOFError("closed") from error
        if kind == 6:
            out += body[:size]
        if kind == 3:
            return out


async def ask(address, bytes_of_request):
    reader, writer = await asyncio.open_unix_connection(address)
    try:
        writer.write(bytes_of_request)
        return await answer(reader)
    finally:
        writer.close()


class Beside(threading.Thread):
    """Runs a coroutine while the bench does something else."""

    def __init__(self, coroutine):
        super().__init__()
        self.coroutine, self.result = coroutine, None
        self.start()

    def run(self):
        self.result = asyncio.run(self.coroutine)

    def finish(self):
        self.join()
        return self.result


# --- the pool ---


def static(n, **more):
    return {"pm": "static", "pm.max_children": str(n), "listen.backlog": "8192", **more}


def start(side, pool, transport="unix"):
    for page, text in PAGES.items():
        write(f"{ROOT}/{page}", text)
    side.stop()
    side.configure(side.pool_text(pool, transport), {})
    side.start_units()
    if pool["pm"] == "static" and not wait_until(
            lambda: len(side.workers()) >= int(pool["pm.max_children"]), 120, 0.2):
        raise BenchError(f"{len(side.workers())} of {pool['pm.max_children']} workers after 120 s")


def cpu_nsec(pids):
    return sum(processes.own_cpu_nsec(pid) for pid in pids)


def wrk(url, clients, seconds):
    out = command("wrk", "-t1", f"-c{clients}", f"-d{seconds}", "--latency", url, timeout=seconds + 60)
    bad = re.search(r"Non-2xx[^:]*: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    return {
        "n": int(re.search(r"(\d+) requests in", out)[1]),
        "rate": float(re.search(r"Requests/sec:\s*(\S+)", out)[1]),
        "bad": int(bad[1]) if bad else 0,
        "errors": sum(map(int, errors.groups())) if errors else 0,
    }


# --- hello beside many that are busy ---


async def sleepers(address, n, seconds):
    sleep = request("sleep.php", f"ms={int(seconds * 1000)}")
    results = await asyncio.gather(*(ask(address, sleep) for _ in range(n)), return_exceptions=True)
    return sum(isinstance(r, bytes) and b"slept" in r for r in results)


def hello_beside(side, report, n_busy):
    seconds = report.size(5, 2)
    busy = Beside(sleepers(side.unix, n_busy, seconds * 2 + 8))
    time.sleep(4)
    nginx = processes.children(processes.main_pid("nginx.service"))
    workers = side.workers()
    # The first requests of a worker cost several times as much as all others.
    wrk(side.url("hello.php"), 8, report.size(2, 1))
    before = cpu_nsec(nginx), cpu_nsec(workers)
    done = wrk(side.url("hello.php"), 8, seconds)
    after = cpu_nsec(nginx), cpu_nsec(workers)
    n_slept = busy.finish()
    report.require(f"{side.name}: {n_busy - n_slept} of {n_busy} sleepers failed", n_slept == n_busy)
    report.require(f"{side.name}: hello failed {done['bad']} times", done["bad"] == 0)
    return [(b - a) / done["n"] / 1000 for a, b in zip(before, after)]


def busy(report):
    n = report.size(1000, 20)
    for side in (Fpmd(), PhpFpm()):
        start(side, static(n))
        start_nginx([side], ROOT, "unix", processes=1)
        quiet = hello_beside(side, report, 0)
        loud = hello_beside(side, report, n * 9 // 10)
        side.stop()
        must = ("<= 1.1", "<= 1.3") if side.name == "fpmd" else ("", "")
        for what, a, b, limit in zip(("nginx", "worker"), quiet, loud, must):
            report.measure(f"{side.name}: CPU of {what} per hello, us, beside {n * 9 // 10} busy workers / none",
                           f"{b:.1f} / {a:.1f} = {b / a:.2f}", limit, b / a)


# --- kept connections ---


class Peer:
    """A connection that is kept. It is closed by nobody but us."""

    def __init__(self, tally):
        self.tally, self.streams = tally, None

    async def ask(self, address, bytes_of_request, expected):
        try:
            if not self.streams:
                self.streams = await asyncio.open_unix_connection(address)
                self.tally["opened"] += 1
            self.streams[1].write(bytes_of_request)
            result = "answered" if expected in await answer(self.streams[0]) else "wrong"
        except (OSError, EOFError) as error:
            result = "lost: " + type(error).__name__
        self.tally[result] += 1
        if result != "answered":
            self.streams = None


async def keep_asking(side, n, stop, tally):
    """n connections: all of them once, then a few at a time, until all were asked once more after the stop."""
    peers = [Peer(tally) for _ in range(n)]
    hello = request("hello.php", keep=True)
    post = request("hello.php", keep=True, body=b"x" * 100)

    async def some(part, pause):
        for i in range(0, len(part), 100):
            await asyncio.gather(*(p.ask(side.unix, post if k % 2 else hello, b"hello")
                                   for k, p in enumerate(part[i:i + 100])))
            await asyncio.sleep(pause)

    await some(peers, 0)
    tally["ready"] = 1
    while not stop.is_set():
        await some(peers[:n // 10], 0.01)
    await some(peers, 0)


def kept_by_each(side):
    """From the sockets that each worker has open, beside those that all have."""
    counts = [len([fd for fd in processes.os.listdir(f"/proc/{pid}/fd")
                   if processes.os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")])
              for pid in side.workers()]
    return sorted(n - 5 for n in counts)


def said(unit):
    """Warnings of the unit."""
    command("journalctl", "--sync")
    return command("journalctl", "--quiet", "--output=cat", "--priority=warning", "--unit", unit).splitlines()[-5:]


def kept(report):
    side, n = Fpmd(), report.size(10000, 200)
    command("prlimit", "--pid", str(processes.os.getpid()), "--nofile=20000:20000")
    start(side, static(report.size(50, 4)))
    stop, tally = threading.Event(), collections.Counter()
    asking = Beside(keep_asking(side, n, stop, tally))
    wait_until(lambda: tally["ready"], 120)
    shares = kept_by_each(side)
    for _ in range(report.size(20, 3)):
        systemctl("reload", side.unit)
        time.sleep(0.2)
    stop.set()
    asking.finish()
    lost = {key: value for key, value in tally.items() if key not in ("answered", "opened", "ready")}
    report.measure(f"{n} kept connections, {report.size(20, 3)} reloads: requests, half of them POSTs", tally["answered"])
    report.measure("... lost", str(lost or 0), "<= 0", sum(lost.values()))
    report.measure("... connections that had to be opened anew", tally["opened"] - n, "<= 0", tally["opened"] - n)
    report.measure("... kept by a worker, the least and the most", f"{shares[0]}, {shares[-1]}")
    for line in sorted(set(said(side.unit))):
        print(f"    {line}")
    report.require(f"kept connections: {dict(tally)}", not lost and tally["opened"] == n)
    side.stop()


# --- totals ---


async def watch_status(side, stop):
    page = request("status", "json", SCRIPT_NAME="/status", SCRIPT_FILENAME="/status")
    last, falls, n = {}, [], 0
    while not stop.is_set():
        now = json.loads((await ask(side.unix, page)).split(b"\r\n\r\n", 1)[1])
        if not await ask(side.unix, request("hello.php")):
            raise BenchError("hello failed")
        for key in ("accepted conn", "start time", "max active processes", "max listen queue"):
            if key in last and now[key] < last[key]:
                falls.append((key, last[key], now[key]))
        if now["start since"] > 100000:
            falls.append(("start since", now["start since"]))
        last, n = now, n + 1
    return n, falls


def totals(report):
    side = Fpmd()
    start(side, static(4, **{"pm.status_path": "/status"}))
    stop = threading.Event()
    watching = Beside(watch_status(side, stop))
    for _ in range(report.size(200, 20)):
        systemctl("reload", side.unit)
    stop.set()
    n, falls = watching.finish()
    report.measure(f"{report.size(200, 20)} reloads, {n} looks at the status page: a total fell", len(falls), "<= 0", len(falls))
    report.require(f"totals fell: {falls[:3]}", not falls)
    side.stop()


# --- pm = auto ---


def requests_begun(side):
    """When, and how many the pool has begun with until then."""
    begun = json.loads(command("fpmctl", "status", "--json", "bench"))["requests"]
    return time.monotonic(), begun


def run_auto(side, page, pool, clients, seconds):
    """Requests a second, and the most workers. The rate is that of the pool in the midst of the load: what wrk counts
    in a few seconds lacks what each worker is in the middle of at the end, which are the more the more workers there
    are, and begins with what the clients of an earlier load have left in the queue."""
    start(side, pool)
    start_nginx([side], ROOT, "unix", processes=1)
    load = threading.Thread(target=wrk, args=(side.url(page), clients, seconds + 3))
    load.start()
    time.sleep(2)
    begin, before = requests_begun(side)
    most = 0
    while time.monotonic() < begin + seconds:
        most = max(most, len(side.workers()))
        time.sleep(0.2)
    end, after = requests_begun(side)
    load.join()
    side.stop()
    return (after - before) / (end - begin), most


def in_turns(side, page, pools, clients, seconds, rounds):
    """The median rate of each pool, and the most workers that each had."""
    rates, most = {name: [] for name in pools}, {name: 0 for name in pools}
    for _ in range(rounds):
        for name, pool in pools.items():
            rate, n = run_auto(side, page, pool, clients, seconds)
            rates[name].append(rate)
            most[name] = max(most[name], n)
    return {name: statistics.median(samples) for name, samples in rates.items()}, most


def auto(report):
    side, seconds, clients, rounds = Fpmd(), report.size(4, 3), report.size(200, 40), report.size(5, 1)
    pools = {n: static(n) for n in report.size((2, 4, 8, 16, 32, 64), (4,))} | {"auto": {"pm": "auto"}}
    rates, most = in_turns(side, "burn.php", pools, clients, seconds, rounds)
    report.measure("15 ms of CPU: requests/s by static workers, and by auto, medians",
                   " ".join(f"{n}: {rate:.0f}" for n, rate in rates.items()))
    rate = rates.pop("auto")
    report.measure(f"15 ms of CPU, {clients} clients, auto: throughput / best static",
                   f"{rate / max(rates.values()):.3f}", ">= 0.97", rate / max(rates.values()))
    per_core = most["auto"] / processes.os.cpu_count()
    report.measure("... workers per core", f"{per_core:.1f}", "<= 16", per_core)
    pools = {"static": static(clients), "auto": {"pm": "auto"}}
    rates, most = in_turns(side, "sleep.php?ms=100", pools, clients, seconds, rounds)
    report.measure(f"a sleep of 100 ms, {clients} clients, auto: throughput / static {clients}",
                   f"{rates['auto'] / rates['static']:.3f}", ">= 0.95", rates["auto"] / rates["static"])
    report.measure("... workers", most["auto"])


# --- many parameters ---


async def ask_often(address, bytes_of_request, n):
    for _ in range(n):
        await ask(address, bytes_of_request)


def params(report):
    n = report.size(3000, 200)
    for count in (10, 100, 200, 400, 800):
        figures = []
        for side in (Fpmd(), PhpFpm()):
            start(side, static(1))
            more = {f"HTTP_X_PARAMETER_{i}": "v" * 60 for i in range(count)}
            asked = request("hello.php", **more)
            asyncio.run(ask_often(side.unix, asked, 50))
            before = cpu_nsec(side.workers())
            asyncio.run(ask_often(side.unix, asked, n))
            figures.append((cpu_nsec(side.workers()) - before) / n / 1000)
            side.stop()
        report.measure(f"{count} FastCGI parameters: CPU per request, us, fpmd / php-fpm",
                       f"{figures[0]:.0f} / {figures[1]:.0f} = {figures[0] / figures[1]:.2f}", "<= 1.0", figures[0] / figures[1])
