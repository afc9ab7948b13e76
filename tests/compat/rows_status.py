# SPDX-License-Identifier: MIT
"""Ping and status pages. What they count differs with what ran before: only shapes and words are compared."""
from table import row

COUNTS = (
    (r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", "TIME"),
    (r"\b\d+(\.\d+)?\b", "N"),
)
MORE = {"differs": "pm.max_children is told, which php-fpm leaves out (GH-16221)",
        "ours": {"body": "max[ _-]children"}, "theirs": {"body": "slow[ _-]requests"}}
for name, query in {
    "text": "", "html": "html", "xml": "xml", "json": "json", "openmetrics": "openmetrics",
    "two": "json&xml", "html-json": "json&html", "value": "json=1", "upper": "JSON", "other": "nothing", "part": "jsonx",
}.items():
    row(f"status-{name}", "/status", pool="status", query=query, mask=COUNTS, **MORE)
    row(f"status-{name}-head", "/status", pool="status", query=query, method="HEAD", mask=COUNTS,
        differs="HEAD has the type of the page; php-fpm says PHP's default",
        ours={"headers": ": (text/(plain|xml|html)|application/(json|openmetrics))"}, theirs={"headers": "text/html; charset"})
row("status-post", "/status", pool="status", body="x", mask=COUNTS, **MORE)
row("ping", "/ping", pool="status")
row("ping-query", "/ping", pool="status", query="json")
row("ping-head", "/ping", pool="status", method="HEAD")
row("ping-post", "/ping", pool="status", body="x=1")
row("ping-slash", "/ping/", pool="status")
row("ping-info", "/ping", pool="status", path_info="/x")
row("ping-other", "/pingx", pool="status")
row("ping-upper", "/PING", pool="status")
row("ping-kept", "/ping", pool="status", flags=1, then=[{"conn": "same", "flags": 1}, {"conn": "same"}])
row("ping-no-filename", "/ping", pool="status", params={"SCRIPT_FILENAME": None})
row("ping-by-uri-only", "/hello.php", pool="status", params={"REQUEST_URI": "/ping"})
row("ping-apache", "/ping", pool="status", params={"SCRIPT_FILENAME": "proxy:fcgi://localhost/srv/www/ping"})
row("ping-no-method", "/ping", pool="status", params={"REQUEST_METHOD": None})
row("status-not-configured", "/status")
row("fpm-get-status", php="$s = fpm_get_status(); array_walk_recursive($s, function (&$v) { $v = gettype($v); }); unset($s['procs'][1]); print_r($s);", pool="status", **{**MORE, "theirs": {"body": "slow-requests"}})
