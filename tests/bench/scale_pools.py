# SPDX-License-Identifier: MIT
"""Many pools, most of them at rest."""
import glob
import os
import pathlib
import resource
import shutil
import statistics
import time

import processes
from machine import BenchError, command, systemctl, wait_until, write
from sides import Fpmd

CONF = "/etc/fpmd/conf.d"
PLAIN = "/etc/systemd/system/benchplain@"
MANY = "/etc/systemd/system/bench-many.target"


def pid1_cpu():
    return processes.own_cpu_nsec(1) / 1e9


def timed(*args):
    """Seconds, and of PID 1's CPU."""
    before, begin = pid1_cpu(), time.monotonic()
    systemctl(*args)
    return time.monotonic() - begin, pid1_cpu() - before


def site_names(n):
    return [f"site{i}" for i in range(n)]


def write_sites(n, owner="www-data", mode="0660", folder="/run/fpmd"):
    for name in site_names(n):
        pathlib.Path(f"{CONF}/{name}.conf").write_text(
            f"[{name}]\nuser = www-data\ngroup = www-data\nlisten = {folder}/{name}.sock\n"
            f"listen.owner = {owner}\nlisten.group = {owner}\nlisten.mode = {mode}\n"
            "pm = ondemand\npm.max_children = 5\n")


def remove_sites():
    systemctl("stop", "fpmd@site*.socket", "fpmd@site*.service", "benchplain@*.socket")
    for path in glob.glob(f"{CONF}/site*.conf") + glob.glob(f"{PLAIN}*"):
        os.unlink(path)
    systemctl("daemon-reload")
    systemctl("reset-failed")


def reload_cpu():
    """CPU of PID 1 for a daemon-reload, s. Each unit that it drops makes it walk that unit's slice, if it has not dropped the
    slice before: their order is by the hash of their names, whose key is another in each process. One order can cost three
    times as much as another, so this is the median of several, each by another key."""
    taken = []
    for _ in range(7):
        systemctl("daemon-reexec")
        taken.append(timed("daemon-reload")[1])
    return statistics.median(taken)


def starts(count, n):
    """CPU of PID 1 for the start of one pool, ms, when so many listen."""
    names = [f"fpmd@{name}.service" for name in site_names(n)[-count:]]
    before = pid1_cpu()
    systemctl("start", "--", *names)
    taken = pid1_cpu() - before
    systemctl("stop", "--", *names)
    return taken / count * 1000


def units(report):
    """daemon-reload and start of many sockets, against as many of a template of three lines (without a dash in its name:
    systemd looks for drop-ins of each part of a name): one by one, as systemctl does, and all at once, as at boot. Owner
    and group cost a process for each in a folder that does not give the group to what is made in it."""
    for n in report.size((500, 1000, 2000), (20,)):
        figures, begun = [], {}
        write(f"{PLAIN}.socket", "[Socket]\nListenStream=/run/benchplain/%i.sock\n")
        write(f"{PLAIN}.service", "[Service]\nExecStart=/bin/true\n")
        systemctl("daemon-reload")
        kinds = {"plain": None, "owned": (), "root's": ("root", "0666"), "elsewhere": ("www-data", "0660", "/run/bench-sites")}
        for kind, sites in kinds.items():
            pattern = "benchplain@{}.socket" if sites is None else "fpmd@{}.socket"
            if sites is not None:
                write_sites(n, *sites)
                systemctl("daemon-reload")
            before = pid1_cpu()
            for i in range(0, n, 500):
                systemctl("start", "--", *(pattern.format(name) for name in site_names(n)[i:i + 500]))
            started = pid1_cpu() - before
            reloaded = reload_cpu()
            systemctl("stop", "--", pattern.format("*"))
            write(MANY, "[Unit]\nDefaultDependencies=no\nWants=" + " ".join(map(pattern.format, site_names(n))) + "\n")
            systemctl("daemon-reload")
            before = pid1_cpu()
            systemctl("start", "bench-many.target")
            wait_until(lambda: not systemctl("list-jobs", "--no-legend").strip(), 120, 0.2)
            figures.append((started, pid1_cpu() - before, reloaded))
            if sites is not None:
                begun[kind] = starts(20, n)
            systemctl("stop", "--", pattern.format("*"), "bench-many.target")
        os.unlink(MANY)
        for what, plain, owned, roots, elsewhere in zip(("one by one", "all at once", "daemon-reload"), *figures):
            report.measure(f"{n} sockets, {what}: CPU of PID 1, s, fpmd / plain template",
                           f"{owned:.2f} / {plain:.2f} = {owned / plain:.2f}", "<= 1.3", owned / plain)
            report.measure("... root's; with owner and group elsewhere", f"{roots / plain:.2f}; {elsewhere / plain:.2f}")
        report.measure(f"a service's start beside {n} sockets: CPU of PID 1, ms; elsewhere",
                       f"{begun['owned']:.1f}; {begun['elsewhere']:.1f}")
        remove_sites()


def generator(report):
    """Pool files to units: a file for each pool, all in one file, and one that includes a folder of them."""
    n = report.size(500, 20)
    conf, extra, out = (pathlib.Path(f"/run/bench-generator/{name}") for name in ("conf.d", "pool.d", "out"))
    texts = [f"[{name}]\nuser = www-data\ngroup = www-data\nlisten = /run/php/{name}.sock\n"
             "listen.owner = www-data\nlisten.group = www-data\npm = ondemand\npm.max_children = 5\n"
             for name in site_names(n)]
    ways = {
        "a file each": lambda: [(conf / f"{name}.conf").write_text(text)
                                for name, text in zip(site_names(n), texts)],
        "all in one file": lambda: [(conf / "all.conf").write_text("".join(texts))],
        "one file that includes them": lambda: [(conf / "all.conf").write_text(f"include = {extra}/*.conf\n")]
                                       + [(extra / f"{name}.conf").write_text(text)
                                          for name, text in zip(site_names(n), texts)],
    }
    for what, put in ways.items():
        shutil.rmtree(conf.parent, ignore_errors=True)
        for folder in (conf, extra, out):
            folder.mkdir(parents=True)
        put()
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        command(glob.glob("/usr/lib/systemd/system-generators/fpmd-generator")[0], *[str(out)] * 3, str(conf))
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        made = len(list(out.glob("fpmd@*.socket.d")))
        report.require(f"{n} pools, {what}: {made} sockets", made == n)
        report.measure(f"generator, {n} pools, {what}: CPU, s", f"{cpu:.3f}", "<= 0.1", cpu)
    shutil.rmtree(conf.parent)


def metrics(report):
    n = report.size(500, 20)
    write_sites(n)
    systemctl("daemon-reload")
    for i in range(0, n, 500):
        systemctl("start", "--", *(f"fpmd@{name}.socket" for name in site_names(n)[i:i + 500]))
    times = []
    for _ in range(5):
        begin = time.monotonic()
        text = command("fpmctl", "metrics")
        times.append(time.monotonic() - begin)
    running = command("systemctl", "list-units", "--no-legend", "fpmd@site*.service").strip()
    report.measure(f"fpmctl metrics of {n} pools at rest, s (median of 5), bytes",
                   f"{sorted(times)[2]:.3f}, {len(text)}", "<= 0.2", sorted(times)[2])
    report.require(f"the metrics woke pools: {running[:200]}", not running)
    remove_sites()
