# SPDX-License-Identifier: MIT
"""The request path: what one request costs. Another case is another line of CASES."""
import os
import pathlib
import statistics

import load
import processes
from machine import BenchError, command, write
from pages import LARGE_BYTES, PAGE_BYTES
from rows import Row

DOKUWIKI = "/usr/share/dokuwiki"
DOKUWIKI_USERS = "/var/lib/dokuwiki/acl/users.auth.php"
# Debian 13's package leaves it out, and each page logs two warnings then: to the journal here, under php-fpm to nginx,
# whose log nobody keeps here. Each side would be measured with another log.
DOKUWIKI_VERSIONS = f"{DOKUWIKI}/lib/scripts/jquery/versions"
PACKAGES = pathlib.Path(__file__).with_name("packages")
FRONT_PAGE = "====== Welcome ======\n\n" + "\n\n".join(
    f"===== Part {n} =====\n\nA **page** with a [[link{n}]], a list:\n\n  * one\n  * two"
    for n in range(10)
)
STRACE_SECONDS = 1
MIB = 1024 * 1024


def measure_requests(context):
    """One run of wrk, and what the processes of the pool used meanwhile."""
    pids = context.side.pids()
    before = processes.cpu_nsec(pids)
    with context.wrk() as run:
        seen = run.wait()
    used = processes.cpu_nsec(context.side.pids()) - before
    return {
        "rate": seen.good / seen.seconds,
        "p50": seen.p50_usec / 1000,
        "p99": seen.p99_usec / 1000,
        "cpu": used / 1000 / max(seen.good, 1),
        "failed": seen.failed,
        "requests": seen.requests,
    }


def measure_once(context):
    """Memory of the idle pool, and the system calls of its workers under the same load."""
    workers = context.side.workers()
    sample = {
        "pss": statistics.mean(processes.pss_bytes(pid) for pid in workers) / MIB,
        "pss_pool": sum(processes.pss_bytes(pid) for pid in context.side.pids()) / MIB,
    }
    calls, seen = load.count_syscalls(workers, lambda: context.wrk(STRACE_SECONDS).wait())
    sample["syscalls"] = sum(calls.values()) / max(seen.requests, 1)
    each = {name: count / max(seen.requests, 1) for name, count in calls.items()}
    often = sorted((item for item in each.items() if item[1] >= 0.05), key=lambda item: -item[1])
    context.note("calls: " + ", ".join(f"{name} {count:.1f}" for name, count in often))
    return sample


def lacks_dokuwiki():
    """Installs it from what `run` has downloaded, and writes a front page."""
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    install = ("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends")
    try:
        if any(PACKAGES.glob("*.deb")):
            archives = ("--no-download", "-o", f"Dir::Cache::archives={PACKAGES}")
            command(*install, *archives, "dokuwiki", timeout=300)
    except BenchError as error:
        return str(error)
    if not os.path.exists(f"{DOKUWIKI}/doku.php"):
        return "package dokuwiki is not installed"
    write("/var/lib/dokuwiki/data/pages/start.txt", FRONT_PAGE)
    # Without this file, which Debian makes when it asks for a password, nobody may read a page.
    if not os.path.exists(DOKUWIKI_USERS):
        write(DOKUWIKI_USERS, "")
    if not os.path.exists(DOKUWIKI_VERSIONS):
        write(DOKUWIKI_VERSIONS, "JQ_VERSION=3.7.1\nJQUI_VERSION=1.13.2\n")
    return ""


def case(key, title, **more):
    return Row(key=key, title=title, measure=measure_requests, once=measure_once, **more)


PAGES = {
    "hello": ("hello", {"page": "hello.php", "expect": "hello"}),
    "page": ("50 KB page", {"page": "page.php", "expect": PAGE_BYTES}),
    "large": ("1 MB answer", {"page": "large.php", "expect": LARGE_BYTES}),
    "post": ("POST of 10 KB", {"page": "post.php", "expect": "got", "form": "data=".ljust(10240, "x")}),
    "includes": ("100 includes", {"page": "includes.php", "expect": "sum 100"}),
}
# Comes with PHP extensions, for both sides and for the rest of the run: so it is last.
APPLICATION = {
    "dokuwiki": (
        "DokuWiki front page",
        {"page": "doku.php?id=start", "expect": "Part 9", "root": DOKUWIKI, "lacks": lacks_dokuwiki},
    ),
}
TRANSPORTS = {"": ("", {}), "-tcp": (", tcp", {"transport": "tcp"}), "-keep": (", keep-alive", {"transport": "keep"})}
QUICK = {"hello", "page", "hello-keep"}


def over_each_transport(pages):
    """A unix socket, tcp, and a unix socket with connections that nginx keeps."""
    return [
        case(key + suffix, title + over, **page, **transport, quick=key + suffix in QUICK)
        for suffix, (over, transport) in TRANSPORTS.items()
        for key, (title, page) in pages.items()
    ]


def with_two_clients(key):
    """Over kept connections php-fpm can serve no more of them than it has workers: with two clients each has one to
    itself, and what is measured is how long one round takes."""
    title, page = PAGES[key]
    return case(f"{key}-keep-two", f"{title}, keep-alive, 2 clients", **page, transport="keep", clients=2)


CASES = [
    *over_each_transport(PAGES),
    with_two_clients("hello"),
    with_two_clients("page"),
    *over_each_transport(APPLICATION),
]
