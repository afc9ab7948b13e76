# SPDX-License-Identifier: MIT
"""What many small pools cost: live, left after their quiet time, and when the next request wakes one."""
import asyncio
import pathlib
import statistics
import time
import urllib.error
import urllib.request

import processes
import wordpress
from machine import ROOT, BenchError, start_nginx, systemctl, unit_property, wait_until, write
from scale_pools import CONF, remove_sites, site_names
from scale_workers import ask, request
from sides import Fpmd, PhpFpm

MIB = 1024 * 1024
FILES = 300  # of the application that wakes
REST = 12  # seconds, after which idle workers have given back the memory of their requests


def write_pools(folder, n, lines):
    for name in site_names(n):
        pathlib.Path(f"{folder}/{name}.conf").write_text(
            f"[{name}]\nuser = www-data\ngroup = www-data\nlisten = /run/php/{name}.sock\n"
            "listen.owner = www-data\nlisten.group = www-data\nlisten.mode = 0660\n" + lines)


def start_sockets(n):
    systemctl("daemon-reload")
    for i in range(0, n, 500):
        systemctl("start", "--", *(f"fpmd@{name}.socket" for name in site_names(n)[i:i + 500]))


def visit(n):
    """One request for each, one after the other."""
    write(f"{ROOT}/hello.php", '<?php echo "hello";\n')
    begin = time.monotonic()
    for name in site_names(n):
        if not asyncio.run(ask(f"/run/php/{name}.sock", request("hello.php"))).endswith(b"hello"):
            raise BenchError(f"no answer of {name}")
    return time.monotonic() - begin


def processes_of(n):
    return [pid for name in site_names(n) for unit in (f"fpmd@{name}", f"fpmd-tmp@{name}")
            for pid in processes.pids_of(f"{unit}.service")]


def pss(pids):
    return sum(processes.pss_bytes(pid) for pid in pids) / MIB


def beside(n, lines):
    """The same pools of one php-fpm, each visited once: its processes when only its master is expected to be left."""
    side = PhpFpm()
    side.stop()
    try:
        write_pools(side.pools, n, lines)
        side.start_units()
        visit(n)
        wait_until(lambda: len(side.pids()) == 1, 30, 0.5)
        return side.pids(), pss(side.pids())
    finally:
        side.stop()
        for name in site_names(n):
            (side.pools / f"{name}.conf").unlink()


def quiet(report):
    """Pools that were visited once, after their quiet time: nothing is left but what listens."""
    n = report.size(100, 20)
    common = "pm = ondemand\npm.max_children = 5\n"
    write_pools(CONF, n, common + "pm.idle_exit_timeout = 2s\n")
    start_sockets(n)
    before = pss([1])
    took = visit(n)
    left = wait_until(lambda: not processes_of(n), 60, 1)
    pids = processes_of(n)
    report.require(f"{len(pids)} processes of quiet pools are left", left)
    report.measure(f"{n} pools, one request each, one after the other: s", f"{took:.1f}")
    report.measure("… after their quiet time: processes, PSS, MiB", f"{len(pids)}, {pss(pids):.1f}", "<= 0", len(pids))
    report.measure("… PSS of PID 1 since they only listened: MiB more", f"{pss([1]) - before:.1f}")
    remove_sites()
    if report.quick:
        return
    pids, size = beside(n, common + "pm.process_idle_timeout = 2s\n")
    report.measure("… of php-fpm, ondemand: processes, PSS, MiB", f"{len(pids)}, {size:.1f}")


def live_beside(n, rest):
    """The same pools of one php-fpm, with a worker each: PSS and private, MiB for each pool."""
    side = PhpFpm()
    side.stop()
    try:
        write_pools(side.pools, n, "pm = ondemand\npm.max_children = 1\npm.process_idle_timeout = 10m\n")
        side.start_units()
        visit(n)
        time.sleep(rest)
        return pss(side.pids()) / n, sum(map(processes.private_bytes, side.pids())) / MIB / n
    finally:
        side.stop()
        for name in site_names(n):
            (side.pools / f"{name}.conf").unlink()


def live(report):
    """Pools of one worker that has served: what each of them keeps, while it is not quiet for long enough to leave."""
    n = report.size(100, 20)
    write_pools(CONF, n, "pm = ondemand\npm.max_children = 1\npm.process_idle_timeout = 10m\n")
    start_sockets(n)
    visit(n)
    time.sleep(report.size(REST, 0))
    kinds = {"manager": [], "zygote": [], "worker": []}
    for name in site_names(n):
        manager = processes.main_pid(f"fpmd@{name}.service")
        # A helper of the manager has no children.
        zygotes = [pid for pid in processes.children(manager) if processes.children(pid)]
        kinds["manager"].append(manager)
        kinds["zygote"] += zygotes
        kinds["worker"] += [pid for zygote in zygotes for pid in processes.children(zygote)]
    total, private = 0, 0
    for kind, pids in kinds.items():
        report.require(f"{len(pids)} of {n}: {kind}", len(pids) == n)
        size = pss(pids) / n
        own = sum(processes.private_bytes(pid) for pid in pids) / MIB / n
        report.measure(f"{n} live pools, {kind}: PSS, private, MiB each", f"{size:.2f}, {own:.2f}")
        total, private = total + size, private + own
    report.measure(f"{n} live pools: PSS, private, MiB each", f"{total:.2f}, {private:.2f}", "<= 5", total)
    remove_sites()
    size, own = live_beside(n, report.size(REST, 0))
    report.measure("… of php-fpm, ondemand, with its master", f"{size:.2f}, {own:.2f}")


# --- the next request of a pool that has left ---


def write_application():
    """Classes, as an autoloader would load them."""
    for i in range(FILES):
        methods = "".join(f"    public function m{k}(array $x): array {{ foreach ($x as $y) {{ $x[] = $y . '{i}.{k}'; }}"
                          f" return array_slice($x, 0, {k + 1}); }}\n" for k in range(20))
        write(f"{ROOT}/classes/C{i}.php", f"<?php\nclass C{i} {{\n{methods}}}\n")
    write(f"{ROOT}/application.php", "<?php\nfor ($i = 0, $x = ['a']; $i < " + str(FILES) + "; $i++) {\n"
          "    require_once __DIR__ . \"/classes/C$i.php\";\n    $class = \"C$i\";\n    $x = (new $class)->m3($x);\n}\n"
          "echo count($x), ' parts';\n")


def is_asleep(side):
    if side.name == "fpmd":
        return unit_property(side.unit, "ActiveState") == "inactive" and not side.pids()
    return not side.workers()


def wake_once(side, page, expect):
    """Milliseconds until the whole answer is there."""
    if not wait_until(lambda: is_asleep(side), 30, 0.1):
        raise BenchError(f"{side.name} does not fall asleep")
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(side.url(page), timeout=30) as reply:
            text = reply.read()
    except urllib.error.URLError as error:
        raise BenchError(f"{side.name}: {error}") from None
    took = (time.monotonic() - begin) * 1000
    if expect.encode() not in text:
        raise BenchError(f"{side.name}: no '{expect}' in {text[:200]!r}")
    return took


def wake_page(report, what, page, expect, root=ROOT, more="", must=""):
    sides = [Fpmd(), PhpFpm()]
    rounds = report.size(7, 3)
    pool = {"pm": "ondemand", "pm.max_children": "4"}
    for side in sides:
        idle = {"pm.idle_exit_timeout": "1s"} if side.name == "fpmd" else {"pm.process_idle_timeout": "1s"}
        side.stop()
        side.configure(side.pool_text({**pool, **idle}, "unix"), {})
        side.start_listening()
    start_nginx(sides, root, "unix", more)
    # The first two fill opcache there, and the folder of what was compiled here.
    times = {side.name: [wake_once(side, page, expect) for _ in range(2)] and [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            times[side.name].append(wake_once(side, page, expect))
    ours, theirs = (statistics.median(times[side.name]) for side in sides)
    report.measure(f"{what}, the next request of a quiet pool, ms, fpmd / php-fpm's ondemand",
                   f"{ours:.0f} / {theirs:.0f} = {ours / theirs:.2f}", must, ours / theirs)
    for side in sides:
        side.stop()


def wake(report):
    """fpmd's pool has left, php-fpm's has its opcache still, and no worker."""
    write(f"{ROOT}/hello.php", '<?php echo "hello";\n')
    write_application()
    wake_page(report, "hello", "hello.php", "hello")
    wake_page(report, f"{FILES} files", "application.php", "parts")
    if report.quick:
        return
    lacks = wordpress.lacks_wordpress()
    if lacks:
        report.measure("WordPress", "not measured", lacks)
        return
    wake_page(report, "WordPress", "", "Part 9", wordpress.WORDPRESS, wordpress.FRONT, "<= 1.5")
