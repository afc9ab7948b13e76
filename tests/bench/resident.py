# SPDX-License-Identifier: MIT
"""Applications that fpmd boots once (worker_script), or whose classes it keeps linked (preload = auto), and php-fpm boots for
each request."""
import os
import pathlib
import statistics

import applications
import load
import processes
from cases import case
from machine import ROOT, BenchError, every, write
from rows import Row

MIB = 1024 * 1024
FORM = "contact[name]=Somebody&contact[email]=nowhere&contact[subject]=1&contact[text]=Short&contact[copy]=1"

# The same file for both sides.
LOOP = """
if (!function_exists('frankenphp_handle_request')) {
	$handler();
	return;
}
while (frankenphp_handle_request($handler)) {
	gc_collect_cycles();
}
"""

HELLO = "<?php $handler = function () { echo 'hello'; };" + LOOP

# 100 classes, 200 routes, a database.
MICRO = (
    """<?php
for ($i = 0; $i < 100; $i++) {
	include __DIR__ . "/include/part$i.php";
}
$routes = [];
for ($i = 0; $i < 200; $i++) {
	$routes["~^/section$i/(?<id>[0-9]+)$~"] = fn (array $match) => [$i, (int) $match['id']];
}
$database = new PDO('sqlite:' . __DIR__ . '/micro.db');
$rows = $database->prepare('select name, value from item where value < ? order by value limit 20');
$handler = function () use ($routes, $rows) {
	$path = $_GET['path'] ?? '/section150/7';
	foreach ($routes as $pattern => $controller) {
		if (preg_match($pattern, $path, $match)) {
			[$section, $id] = $controller($match);
			break;
		}
	}
	$rows->execute([500]);
	$html = '';
	foreach ($rows->fetchAll(PDO::FETCH_ASSOC) as $row) {
		$html .= '<li>' . htmlspecialchars($row['name']) . ': ' . $row['value'] . '</li>';
	}
	echo "<h1>Section $section, $id</h1><ul>$html</ul>", part99(1);
};
"""
    + LOOP
)


def lacks_sqlite():
    write(f"{ROOT}/worker-micro.php", MICRO)
    try:
        import sqlite3
    except ImportError:
        return "python3 has no sqlite3"
    if not any(pathlib.Path("/usr/lib/php").glob("*/pdo_sqlite.so")):
        return "package php-sqlite3 is not installed"
    path = f"{ROOT}/micro.db"
    if os.path.exists(path):
        os.unlink(path)
    with sqlite3.connect(path) as database:
        database.execute("create table item (name text, value integer)")
        database.executemany("insert into item values (?, ?)", [(f"item <{n}>", n) for n in range(1000)])
    os.chmod(path, 0o644)
    return ""


def lacks_nothing():
    write(f"{ROOT}/worker-hello.php", HELLO)
    return ""


def resident(key, title, script, **more):
    pool = {"pm": "static", "pm.max_children": 4}
    return case(key, title, pool=pool, fpmd={"worker_script": script}, rounds=7, **more)


def page_of(application, key, title, page, expect, **more):
    return case(
        f"{application.name}-{key}",
        f"{application.title}, {title}, worker mode",
        page=page,
        expect=expect,
        pool=application.pool(),
        fpmd=application.resident(),
        nginx=application.nginx,
        lacks=application.lacks,
        rounds=7,
        **more,
    )


# --- memory


def private_of_workers(context, directives):
    """Of each, while all of them have served."""
    context.side.start(context.row.pool, context.row.transport, fpmd=directives)
    with context.wrk(2) as run:
        if run.wait().failed:
            raise BenchError("requests failed")
    return statistics.mean(processes.private_bytes(pid) for pid in context.side.workers()) / MIB


def measure_memory(context):
    sample = {"private_classic": private_of_workers(context, {})}
    if context.side.name != "fpmd":
        return sample
    private = private_of_workers(context, context.row.fpmd)
    return {"private": private, **sample, "private_ratio": private / sample["private_classic"]}


def memory_of(application):
    return Row(
        f"memory-{application.name}",
        f"{application.title}, booted in the zygote",
        measure_memory,
        ("private", "private_classic", "private_ratio"),
        page="hello",
        expect="hello",
        pool=application.pool(),
        fpmd=application.resident(worker_boot="zygote", worker_warmup="/hello"),
        nginx=application.nginx,
        lacks=application.lacks,
        rounds=7,
    )


# --- reloads

RELOADS, RELOADS_SECONDS = 12, 8


def run_both(context, action):
    """Half of the clients post, on connections that nginx keeps and after which it does not try again."""
    row, seconds = context.row, RELOADS_SECONDS + 1
    with context.wrk(seconds) as get, load.Wrk(context.url, row.clients, seconds, "name=x") as post:
        complaints = action()
        return complaints, (get.wait(), post.wait())


def measure_worker_reloads(context):
    period = RELOADS_SECONDS / RELOADS
    _, quiet = run_both(context, lambda: [])
    complaints, seen = run_both(context, lambda: every(RELOADS, period, context.side.reload))
    if complaints:
        context.note(f"{len(complaints)} of {RELOADS} reloads failed: {complaints[0]}")
    p99, p99_quiet = (max(run.p99_usec for run in runs) / 1000 for runs in (seen, quiet))
    return {
        "failed": sum(run.failed for run in seen),
        "requests": sum(run.requests for run in seen),
        "refused": len(complaints),
        "p99": p99,
        "p99_quiet": p99_quiet,
        "p99_growth": p99 / p99_quiet,
    }


def kept_classes_of(application, key, title, page, expect, preload="auto"):
    """Classic, with the classes of the request before."""
    return case(
        f"{application.name}-{key}-{preload}",
        f"{application.title}, {title}, preload = {preload}",
        page=page,
        expect=expect,
        pool=application.pool(),
        fpmd={"preload": preload},
        nginx=application.nginx,
        lacks=application.lacks,
        rounds=7,
    )


RESIDENT = [
    resident(
        "worker-hello",
        "hello, worker mode",
        f"{ROOT}/worker-hello.php",
        page="worker-hello.php",
        expect="hello",
        lacks=lacks_nothing,
    ),
    resident(
        "worker-micro",
        "micro application with SQLite, worker mode",
        f"{ROOT}/worker-micro.php",
        page="worker-micro.php",
        expect="Section 150, 7",
        lacks=lacks_sqlite,
    ),
    page_of(applications.SLIM, "list", "SQLite", "list", "item"),
    page_of(applications.SYMFONY, "hello", "JSON", "hello", "world"),
    page_of(applications.SYMFONY, "list", "Twig", "list", "ITEM 50"),
    page_of(applications.SYMFONY, "session", "session", "session", "n=1"),
    page_of(applications.FORMS, "form", "form", "form", "not a valid email", form=FORM),
    page_of(applications.LARAVEL, "hello", "JSON", "hello", "world"),
    page_of(applications.LARAVEL, "blade", "Blade", "list", "ITEM &lt;50&gt;"),
    page_of(applications.LARAVEL, "session", "session", "session", "n=1"),
    memory_of(applications.SYMFONY),
    memory_of(applications.LARAVEL),
    Row(
        "worker-reloads",
        f"Symfony, {RELOADS} reloads in {RELOADS_SECONDS} s",
        measure_worker_reloads,
        ("failed", "requests", "refused", "p99", "p99_quiet", "p99_growth"),
        page="hello",
        expect="hello",
        pool=applications.SYMFONY.pool(),
        fpmd=applications.SYMFONY.resident(worker_boot="zygote", worker_warmup="/hello"),
        nginx=applications.SYMFONY.nginx,
        lacks=applications.SYMFONY.lacks,
        transport="keep",
        clients=2,
        rounds=7,
    ),
    kept_classes_of(applications.SYMFONY, "hello", "JSON", "hello", "world", "no"),
    kept_classes_of(applications.SYMFONY, "hello", "JSON", "hello", "world"),
    kept_classes_of(applications.SYMFONY, "list", "Twig", "list", "ITEM 50"),
    kept_classes_of(applications.SYMFONY, "session", "session", "session", "n=1"),
    kept_classes_of(applications.LARAVEL, "hello", "JSON", "hello", "world"),
]
