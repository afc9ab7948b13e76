# SPDX-License-Identifier: MIT
"""The results as a picture: for each measure, two bars a row."""
import html

WIDTH = 900
LABEL_WIDTH = 320
NUMBER_WIDTH = 170
BAR = 11
ROW = 34
TITLE = 44
COLOURS = {"fpmd": "#1f6feb", "php-fpm": "#afb8c1"}

# What is drawn: a title, the metric, and how a number of it is written.
PANELS = (
    ("Requests per second (longer is better)", "rate", "{:,.0f}"),
    ("CPU of the pool per request, µs (shorter is better)", "cpu", "{:,.1f}"),
    ("Answered within, 99 % of the requests, ms (shorter is better)", "p99", "{:,.2f}"),
    ("Bursts: seconds to the last answer (shorter is better)", "last", "{:,.2f}"),
)


def text(x, y, words, size=13, anchor="start", weight="normal", fill="#1f2328"):
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}" fill="{fill}">{html.escape(words)}</text>'
    )


def bar(x, y, width, side):
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{max(width, 1):.1f}" height="{BAR}" rx="2" '
        f'fill="{COLOURS[side]}"/>'
    )


def draw_row(y, result, metric, form):
    """Two bars. Rows differ by a hundred times: in each, the longer bar is full."""
    full = WIDTH - LABEL_WIDTH - NUMBER_WIDTH
    values = {side: result.value(side, metric) for side in COLOURS}
    longest = max((value for value in values.values() if value), default=1)
    parts = [text(LABEL_WIDTH - 12, y + BAR + 6, result.row.title, anchor="end")]
    for side, value in values.items():
        said = "not measured" if value is None else form.format(value).replace(",", " ")
        width = (value or 0) / longest * full
        parts.append(bar(LABEL_WIDTH, y, width, side))
        parts.append(text(LABEL_WIDTH + width + 6, y + BAR - 1, said, size=11, fill="#59636e"))
        y += BAR + 2
    ratio = result.ratio(metric)
    if ratio is not None:
        parts.append(text(WIDTH - 12, y - 8, f"× {ratio:.2f}", anchor="end", weight="bold"))
    return parts


def shown_in(result, metric):
    """A row of requests has every measure of requests; another, those that it names."""
    has = any(result.value(side, metric) is not None for side in COLOURS)
    return has and (not result.row.shows or metric == "last")


def draw_legend(y):
    parts = []
    x = LABEL_WIDTH
    for side in COLOURS:
        parts += [bar(x, y, 24, side), text(x + 30, y + BAR - 1, side)]
        x += 110
    return parts


def draw(results):
    """The picture of {row key: Result}."""
    y = 20
    parts = draw_legend(y)
    for title, metric, form in PANELS:
        rows = [result for result in results.values() if shown_in(result, metric)]
        if not rows:
            continue
        y += TITLE
        parts.append(text(12, y, title, size=15, weight="bold"))
        y += 14
        for result in rows:
            parts += draw_row(y, result, metric, form)
            y += ROW
    y += 12
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
        f'viewBox="0 0 {WIDTH} {y}" font-family="system-ui, sans-serif">'
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
