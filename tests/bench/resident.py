# SPDX-License-Identifier: MIT
"""Worker mode: applications that fpmd boots once (worker_script) and php-fpm for each request."""
import os
import pathlib
import shutil

from cases import case
from machine import ROOT, write

SYMFONY = f"{ROOT}/symfony"
SOURCE = pathlib.Path(__file__).with_name("symfony-app")
FRAMEWORK = "/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php"
FRONT = f"fastcgi_param SCRIPT_FILENAME {SYMFONY}/public/index.php; fastcgi_param SCRIPT_NAME /index.php;"

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


def lacks_symfony():
    if not os.path.exists(FRAMEWORK):
        return "package php-symfony-framework-bundle is not installed"
    shutil.rmtree(SYMFONY, ignore_errors=True)
    shutil.copytree(SOURCE, SYMFONY)
    os.makedirs(f"{SYMFONY}/var", exist_ok=True)
    os.chmod(f"{SYMFONY}/var", 0o777)
    return ""


def lacks_nothing():
    write(f"{ROOT}/worker-hello.php", HELLO)
    return ""


def resident(key, title, script, **more):
    pool = {"pm": "static", "pm.max_children": 4}
    return case(key, title, pool=pool, fpmd={"worker_script": script}, rounds=7, **more)


def symfony(key, title, page, expect):
    return resident(
        f"symfony-{key}",
        f"Symfony, {title}, worker mode",
        f"{SYMFONY}/public/index.php",
        page=page,
        expect=expect,
        nginx=FRONT,
        lacks=lacks_symfony,
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
    symfony("hello", "JSON", "hello", "world"),
    symfony("list", "Twig", "list", "ITEM 50"),
    symfony("session", "session", "session", "n=1"),
]
