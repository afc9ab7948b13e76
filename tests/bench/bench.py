#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fpmd beside Debian's php-fpm, row by row. Started by `run`, in its container."""
import argparse
import json
import pathlib
import random
import sys
import time

import cases
import load
import machine
import management
import pages
import report
import resident
import rows
import sides
import svg
import transfers
import warm
import watching
import wordpress

ALL = (
    *cases.CASES,
    *resident.RESIDENT,
    transfers.TRANSFER,
    *management.MANAGEMENT,
    *watching.WATCHING,
    *wordpress.WORDPRESS_ROWS,
    *warm.WARM,
)
ROWS = {row.key: row for row in ALL}
SECONDS = 3
OUT = pathlib.Path(__file__).with_name("out")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows, 3 rounds of 1 s")
    parser.add_argument("--only", metavar="ROW[,ROW]", help="these rows; with --quick, in short")
    parser.add_argument("--skip", metavar="ROW[,ROW]", default="", help="all but these rows")
    parser.add_argument("--side", choices=["fpmd", "php-fpm"], help="one side alone")
    parser.add_argument("--rounds", type=int, help="of each row")
    parser.add_argument("--seconds", type=int, help=f"of one run of wrk ({SECONDS}; quick: 1)")
    parser.add_argument("--list", action="store_true", help="list the rows, run nothing")
    parser.add_argument("--keys", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.seconds = options.seconds or (1 if options.quick else SECONDS)
    for key in split(options.only) + split(options.skip):
        if key not in ROWS:
            parser.error(f"no row {key}; --list names them")
    return options


def split(text):
    return text.split(",") if text else []


def selected(options):
    keys = split(options.only) or [
        key for key, row in ROWS.items() if row.quick or not options.quick
    ]
    return [ROWS[key] for key in keys if key not in split(options.skip)]


def is_whole(options):
    """The run that the README shows: every row, both sides, all rounds."""
    given = (options.quick, options.only, options.skip, options.side, options.rounds)
    return not any(given) and options.seconds == SECONDS


def list_rows(options):
    for row in selected(options):
        print(row.key if options.keys else f"{row.key:16}{row.title}")


def settings_of(side):
    """What PHP says about itself there."""
    machine.start_nginx([side], machine.ROOT, "unix")
    side.start(rows.STATIC_2, "unix")
    try:
        status, body = load.fetch(side.url("settings.php"))
        if status != 200:
            raise machine.BenchError(f"settings.php: {status}")
        return json.loads(body)
    finally:
        side.stop()


def check_fairness(all_sides):
    """Lines for the foot of the table: the PHP of both sides, and every setting that differs."""
    found = {}
    lines = []
    for side in all_sides:
        try:
            found[side.name] = settings_of(side)
        except (machine.BenchError, ValueError) as error:
            lines.append(f"{side.name}: {error}")
    for name, settings in found.items():
        opcache = "on" if settings["opcache"] else "off"
        lines.append(f"{name}: PHP {settings['php']}, opcache {opcache}")
    if len(found) == 2:
        lines += differences(found["fpmd"], found["php-fpm"])
    return lines


def differences(ours, theirs):
    lines = []
    one, two = (set(settings.pop("extensions").split()) for settings in (ours, theirs))
    for name, more in (("fpmd", one - two), ("php-fpm", two - one)):
        if more:
            lines.append(f"differs: only {name} has the extension {', '.join(sorted(more))}")
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key):
            values = f"{ours.get(key)!r} with fpmd, {theirs.get(key)!r} with php-fpm"
            lines.append(f"differs: {key} is {values}")
    return lines


def run(options):
    begin = time.monotonic()
    random.seed(1)
    about = [machine.describe()]
    pages.write_pages()
    both = (sides.Fpmd, sides.PhpFpm)
    all_sides = [side() for side in both if options.side in (None, side.name)]
    about += check_fairness(all_sides)
    results = {}
    for row in selected(options):
        print(f"bench: {row.key}: {row.title}", file=sys.stderr, flush=True)
        results[row.key] = rows.run(row, all_sides, options)
    about.append(
        "Each side as Debian and as fpmd ship it, but for the pool file; php-fpm's unit has no "
        "start limit here. A client that fails tries again at once, so failures count attempts."
    )
    about.append(
        f"Medians of rounds in turns (A B, B A, …), {options.seconds} s of wrk with 8 clients on "
        f"one thread, nginx before both; {time.monotonic() - begin:.0f} s in all."
    )
    if not is_whole(options):
        about.append("A run in part: to look at, not to conclude from.")
    return results, about


def main():
    options = arguments()
    if options.list:
        list_rows(options)
        return
    results, about = run(options)
    text = report.markdown(results, about)
    print(text)
    # What was run in part does not take the place of a whole run.
    prefix = "" if is_whole(options) else "partial-"
    OUT.mkdir(exist_ok=True)
    (OUT / f"{prefix}table.md").write_text(text)
    (OUT / f"{prefix}results.json").write_text(report.as_json(results, about))
    (OUT / f"{prefix}bench.svg").write_text(svg.draw(results))


if __name__ == "__main__":
    main()
