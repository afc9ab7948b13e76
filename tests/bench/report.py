# SPDX-License-Identifier: MIT
"""The results as text: markdown tables, and every sample as JSON."""
import json

from rows import METRICS
from targets import TARGETS

SIDES = ("fpmd", "php-fpm")
REQUEST_COLUMNS = ("rate", "p50", "p99", "cpu", "syscalls", "pss", "failed")


def number(value, digits):
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    return text.replace(",", " ")


def table(head, lines):
    """Markdown, its columns aligned so that it can be read as it is."""
    rows = [head, *lines]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]

    def line(cells):
        first, *rest = cells
        padded = [first.ljust(widths[0])] + [c.rjust(w) for c, w in zip(rest, widths[1:])]
        return "| " + " | ".join(padded) + " |"

    return "\n".join([line(head), line(rule), *(line(row) for row in lines)]) + "\n"


def both(result, metric):
    """`24 100 / 13 200 = **1.83** (1.75–1.90)`: ours, theirs, the ratio, those of the rounds."""
    digits = METRICS[metric].digits
    text = " / ".join(number(result.value(side, metric), digits) for side in SIDES)
    ratio = result.ratio(metric)
    if ratio is None or metric == "failed":
        return text
    ratios = result.ratios(metric)
    spread = f" ({ratios[0]:.2f}–{ratios[-1]:.2f})" if len(ratios) > 1 else ""
    return f"{text} = **{ratio:.2f}**{spread}"


def requests_table(results):
    head = ["fpmd / php-fpm", *(METRICS[metric].label for metric in REQUEST_COLUMNS)]
    lines = [
        [result.row.title, *(both(result, metric) for metric in REQUEST_COLUMNS)]
        for result in results
    ]
    return table(head, lines)


def is_comparable(result, metric):
    """Counts are no measure of one another; nor are latencies of which some are those of errors,
    which are quick to give."""
    if metric in ("failed", "refused", "requests"):
        return False
    return not metric.startswith("p99") or not any(result.value(s, "failed") for s in SIDES)


def management_table(results):
    lines = []
    for result in results:
        title = result.row.title
        for metric in result.row.shows:
            ours, theirs = (
                number(result.value(side, metric), METRICS[metric].digits) for side in SIDES
            )
            ratio = result.ratio(metric) if is_comparable(result, metric) else None
            label = METRICS[metric].label
            lines.append([f"{title}: {label}", ours, theirs, number(ratio, 2)])
            title = "…"
    return table(["", *SIDES, "ratio"], lines)


def targets_table(results):
    lines = []
    for target in TARGETS:
        value = target.value(results)
        if value is None:
            continue
        aim = "" if target.aim is None else f"{target.aim:g}"
        lines.append(
            [
                target.text,
                f"{target.sign} {target.must:g}",
                aim,
                f"{value:.3g}" if value < 1000 else number(value, 0),
                target.verdict(value),
            ]
        )
    return table(["measure", "must", "aim", "measured", "reached"], lines) if lines else ""


def remarks(results):
    """Why a side has no numbers, and what the rows had to say."""
    lines = []
    for result in results:
        for side, reason in result.reasons.items():
            lines.append(f"- **{result.row.title}, {side}: {reason}**")
        for side, notes in result.notes.items():
            for note in dict.fromkeys(notes):
                lines.append(f"- {result.row.title}, {side}: {note}")
    return "\n".join(lines) + "\n" if lines else ""


def markdown(results, about):
    """results: {row key: Result}, in the order in which they were run."""
    requests = [result for result in results.values() if not result.row.shows]
    management = [result for result in results.values() if result.row.shows]
    parts = []
    if requests:
        parts.append(requests_table(requests))
    if management:
        parts.append(management_table(management))
    if targets := targets_table(results):
        parts.append(targets)
    if notes := remarks(results.values()):
        parts.append(notes)
    parts.append("\n".join(f"{line}  " for line in about) + "\n")
    return "\n".join(parts)


def as_json(results, about):
    rows = {
        key: {
            "title": result.row.title,
            "samples": result.samples,
            "reasons": result.reasons,
            "notes": result.notes,
        }
        for key, result in results.items()
    }
    return json.dumps({"about": about, "rows": rows}, indent=1, ensure_ascii=False) + "\n"
