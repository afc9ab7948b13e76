# SPDX-License-Identifier: MIT
"""The access log: every other row's line is compared, too; here is what they do not reach."""
from table import access_differs, row

NUMBERS = ((r"(?<=[|])\d+(\.\d+)?(?=[|])", "N"), (r"\[?\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]?", "TIME"),
           (r"\d{4}-\d\d-\d\dT\d\d", "HOUR"))
for name, code in {
    "all": "header('X-One: 1'); header('X-Two: a b'); header('X-Two: c', false); echo 'x';",
    "fatal": "nothing();",
    "404": "http_response_code(404); header('X-One: ');",
    "finish": "header('X-One: 1'); fastcgi_finish_request(); header('X-Two: 2');",
    "exit": "header('Status: 418 Tea'); exit(3);",
}.items():
    row(f"access-{name}", php=code, pool="spec", mask_access=NUMBERS)
row("access-missing", "/none.php", pool="spec", mask_access=NUMBERS)
row("access-suppressed", php="echo 'x';", pool="quiet")
row("access-suppressed-query", "/rows/access-suppressed.php", pool="quiet", query="a=1")
row("access-suppressed-post", "/rows/access-suppressed.php", pool="quiet", body="a=1")
row("access-suppressed-head", "/rows/access-suppressed.php", pool="quiet", method="HEAD")
row("access-not-suppressed", "/none.php", pool="quiet")
row("access-default", "/hello.php", pool="plain", mask_access=NUMBERS, headers={"Authorization": "Basic dXNlcjpwYXNz"})
row("access-user", "/hello.php", headers={"Authorization": "Basic dXNlcjpwYXNz"})
row("access-remote", "/hello.php", pool="tcp")
row("access-length", "/hello.php", body="x" * 100)
row("access-twice", "/hello.php", flags=1, then=[{"conn": "same"}])
row("access-type", "/hello.php", pool="type")
row("access-type-own", php="header('Content-Type: text/css');", pool="type")

access_differs("a header's name has no case", r"\|text/.*\|text/", r"\|-\|", "access-type*")
access_differs("a header's name has no case", r"\|N\|N\|N\|", r"\|N\|N\|-\|", "access-all", "access-finish")
access_differs("php-fpm takes a negative length for a very large one", r"\|0\|200", "18446744073709551615", "length-negative*")
access_differs("what a client sends is escaped", r"\\x", "", "params-invalid-utf8", "header-bytes", "path-bytes-*",
               "odd-nofix-info-backslash")
access_differs("refused before there is a request to log", "^$", r"\|200\|",
               "params-nul-*", "params-equals-name", "params-empty-name", "role-3-data", "id-0")
access_differs("php-fpm refuses what it cannot read without a line", r"\|200\|", "^$", "params-bulk-split")
access_differs("php-fpm cuts the query after 511 bytes, the path after 127, the method after 15", "", "",
               "query-long", "method-AAAAAAAA-40", "path-long-nginx*", "path-long-apache*", "path-too-long-*", "path-long-info-nginx-no-split")
access_differs("the status is the one that was sent; php-fpm logs what was set later", r"\|(200|500|503)\|", r"\|(0|200|404|500)\|",
               "*-line-strange", "end-shutdown-status*", "end-shutdown-exception")
access_differs("the status is the one that was sent; php-fpm logs what was set later", r"\|(200|500|503)\|", r"\|(0|200|404|500)\|",
               "error-header-late-*", until=(8, 4))
