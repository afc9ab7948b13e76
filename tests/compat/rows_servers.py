# SPDX-License-Identifier: MIT
"""Which script runs and what it hears of its path, for each web server's way of saying it."""
import servers
from table import FILES, ROOT, row

FILES["lib/sub/page.php"] = "<?php echo getcwd(), __FILE__;"
FILES["dir/index.php"] = "<?php echo 'index';"
FILES["dir/page.php"] = FILES["dir/sub dir/page.php"] = FILES["dir/plus+sign.php"] = """<?php
require '/srv/www/lib/show.php';
$names = ['SCRIPT_FILENAME', 'SCRIPT_NAME', 'PATH_INFO', 'PATH_TRANSLATED', 'PHP_SELF', 'REQUEST_URI', 'DOCUMENT_ROOT', 'REDIRECT_URL',
    'ORIG_SCRIPT_FILENAME', 'ORIG_SCRIPT_NAME', 'ORIG_PATH_INFO', 'ORIG_PATH_TRANSLATED', 'QUERY_STRING'];
foreach ($names as $name) show($name, [$_SERVER[$name] ?? null, getenv($name)]);
show('order', array_keys(steady($_SERVER)));
show('file', [__FILE__, getcwd(), get_included_files()]);
"""
FILES["dir/page.php.d/file.txt"] = "text"
FILES["dir/page.inc"] = "<?php echo 'inc';"
FILES["dir/page.PHP"] = "<?php echo 'upper';"
FILES["dir/page.phar"] = "<?php echo 'phar';"
FILES["dir/page.html"] = "<?php echo 'html';"
FILES["dir/noext"] = "<?php echo 'no extension';"
FILES["dir/.php"] = "<?php echo 'only the extension';"
FILES["dir/unreadable.php"] = (b"<?php echo 'not for alice';", 0o600)
FILES["dir/empty.php"] = ""
FILES["dir/shebang.php"] = "#!/usr/bin/php\n<?php echo __LINE__;"
FILES["dir/bom.php"] = b"\xef\xbb\xbf<?php echo 'bom';"

PATHS = {
    "plain": {"script": "/dir/page.php"},
    "info": {"script": "/dir/page.php", "path_info": "/extra/path"},
    "slash": {"script": "/dir/page.php", "path_info": "/"},
    "query": {"script": "/dir/page.php", "path_info": "/x", "query": "a=/b?c&d=%2f"},
    "encoded": {"script": "/dir/page.php", "path_info": "/a b/c%2fd/é", "uri": "/dir/page.php/a%20b/c%252fd/%C3%A9"},
    "missing": {"script": "/dir/none.php", "path_info": "/x"},
}
for server_name, server in servers.SERVERS.items():
    for path_name, path in PATHS.items():
        row(f"server-{server_name}-{path_name}", server=server, **path)
    if server_name in ("nginx", "apache-generic", "apache-proxypass", "lighttpd-broken", "caddy", "iis", "apache-action"):
        for path_name in ("plain", "info", "missing"):
            row(f"nofix-{server_name}-{path_name}", server=server, pool="nofix", **PATHS[path_name])
    row(f"tcp-{server_name}", server=server, pool="tcp", **PATHS["info"])
    stale = {} if not any(word in server_name for word in ("generic", "balancer", "proxypass", "rewrite")) else {
        "differs": "php-fpm shows what it has cut off SCRIPT_FILENAME behind a NUL in getenv()",
        "ours": {"body": r'"SCRIPT_FILENAME"\]=>\n  string\(18\) "/srv/www/print.php"'}, "theirs": {"body": r"print.php\\x00"}}
    row(f"post-{server_name}", "/print.php", server=server, body="a=1&b=2", **stale)

# php-fpm names an errno there that an earlier call has left.
OPEN = ((r"\((Is a directory|No such file or directory|Permission denied|Success|Not a directory|Invalid argument)\)", "(ERRNO)"),
        (r"(Failed to open stream): [A-Z][a-z ]*", r"\1"))

for name, path, info in (
    ("space", "/dir/sub dir/page.php", "/x"),
    ("plus", "/dir/plus+sign.php", "/a+b"),
    ("directory", "/dir", ""),
    ("directory-slash", "/dir/", ""),
    ("directory-of-file", "/dir/page.php.d", "/file.txt"),
    ("root", "/", ""),
    ("dots", "/dir/../dir/page.php", ""),
    ("dots-out", "/../../etc/passwd", ""),
    ("dots-info", "/dir/page.php", "/../x"),
    ("dots-name", "/dir/..page.php", ""),
    ("dot", "/dir/./page.php", ""),
    ("double-slash", "/dir//page.php", "//x//y"),
    ("inc", "/dir/page.inc", ""),
    ("upper", "/dir/page.PHP", ""),
    ("phar", "/dir/page.phar", ""),
    ("html", "/dir/page.html", ""),
    ("no-extension", "/dir/noext", ""),
    ("only-extension", "/dir/.php", ""),
    ("unreadable", "/dir/unreadable.php", ""),
    ("empty", "/dir/empty.php", ""),
    ("shebang", "/dir/shebang.php", ""),
    ("bom", "/dir/bom.php", ""),
    ("null-device", "/../../dev/null", ""),
    ("text-behind", "/dir/page.php.d/file.txt", "/x.php"),
    ("long", "/" + "d/" * 300 + "x.php", ""),
    ("too-long", "/" + "d" * 5000 + ".php", "/x"),
    ("long-info", "/dir/page.php", "/" + "i" * 3000),
    ("bytes", "/dir/\x01\x7f\"<&>.php", ""),
):
    for server_name in ("nginx", "nginx-no-split", "apache-proxypass"):
        row(f"path-{name}-{server_name}", path, server=servers.SERVERS[server_name], path_info=info,
            mask=OPEN if name == "unreadable" else ())

for name, path in (("html", "/dir/page.html"), ("inc", "/dir/page.inc"), ("none", "/dir/none.html"),
                   ("no-extension", "/dir/noext"), ("directory", "/dir")):
    row(f"limit-{name}", path, pool="limit")
    row(f"nolimit-{name}", path, pool="nolimit", mask=OPEN)

# parameters at odds with each other
PAGE = f"{ROOT}/dir/page.php"
for name, params in {
    "no-filename": {"SCRIPT_FILENAME": None},
    "empty-filename": {"SCRIPT_FILENAME": ""},
    "filename-is-slash": {"SCRIPT_FILENAME": "/"},
    "filename-relative": {"SCRIPT_FILENAME": "dir/page.php"},
    "filename-url": {"SCRIPT_FILENAME": "http://localhost/page.php"},
    "filename-wrapper": {"SCRIPT_FILENAME": "php://input"},
    "filename-data": {"SCRIPT_FILENAME": "data:text/plain,<?php echo 1;.php"},
    "translated-only": {"SCRIPT_FILENAME": None, "PATH_TRANSLATED": PAGE},
    "translated-other": {"PATH_TRANSLATED": f"{ROOT}/dir/index.php"},
    "redirect-url": {"REDIRECT_URL": "/was"},
    "redirect-translated": {"REDIRECT_URL": "/was", "PATH_TRANSLATED": f"{ROOT}/print.php"},
    "redirect-same": {"REDIRECT_URL": "/was", "PATH_TRANSLATED": PAGE},
    "redirect-info": {"REDIRECT_URL": "/was", "PATH_INFO": "/i", "SCRIPT_FILENAME": PAGE + "/i"},
    "redirect-empty": {"REDIRECT_URL": ""},
    "redirect-status": {"REDIRECT_STATUS": "404", "REDIRECT_QUERY_STRING": "q=1", "REDIRECT_REDIRECT_URL": "/x"},
    "no-script-name": {"SCRIPT_NAME": None},
    "script-name-other": {"SCRIPT_NAME": "/other.php"},
    "script-name-empty": {"SCRIPT_NAME": ""},
    "script-name-info": {"SCRIPT_NAME": "/dir/page.php/x/y", "SCRIPT_FILENAME": PAGE + "/x/y", "PATH_INFO": "/x/y"},
    "info-shorter": {"SCRIPT_FILENAME": PAGE + "/long/tail", "PATH_INFO": "/t"},
    "info-equal": {"SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": "/tail"},
    "info-longer": {"SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": "/dir/page.php/tail"},
    "info-strange": {"SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": "/something/else/long"},
    "info-empty": {"SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": ""},
    "info-none": {"SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": None},
    "info-backslash": {"SCRIPT_FILENAME": PAGE + "\\tail", "PATH_INFO": "\\tail"},
    "trailing-slash": {"SCRIPT_FILENAME": PAGE + "/", "PATH_INFO": "/"},
    "trailing-slashes": {"SCRIPT_FILENAME": PAGE + "//", "PATH_INFO": None},
    "no-root": {"DOCUMENT_ROOT": None, "SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": "/dir/page.php/tail"},
    "root-slash": {"DOCUMENT_ROOT": ROOT + "/", "SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": "/dir/page.php/tail"},
    "root-empty": {"DOCUMENT_ROOT": "", "SCRIPT_FILENAME": PAGE + "/tail", "PATH_INFO": "/dir/page.php/tail"},
    "proxy-no-path": {"SCRIPT_FILENAME": "proxy:fcgi://localhost"},
    "proxy-upper": {"SCRIPT_FILENAME": "PROXY:FCGI://localhost" + PAGE},
    "proxy-question": {"SCRIPT_FILENAME": "proxy:fcgi://localhost" + PAGE + "?a=b/c.php"},
    "proxy-only": {"SCRIPT_FILENAME": "proxy:fcgi://"},
    "proxy-redirect": {"SCRIPT_FILENAME": "proxy:fcgi://localhost" + PAGE, "REDIRECT_URL": "/was", "PATH_INFO": "/i"},
    "proxy-name-tail": {"SCRIPT_FILENAME": "proxy:fcgi://l" + PAGE + "/a b", "SCRIPT_NAME": "/dir/page.php/a%20b", "PATH_INFO": None},
    "proxy-name-plus": {"SCRIPT_FILENAME": "proxy:fcgi://l" + PAGE + "/a+b", "SCRIPT_NAME": "/dir/page.php/a+b", "PATH_INFO": None},
    "proxy-name-other": {"SCRIPT_FILENAME": "proxy:fcgi://l" + PAGE + "/ab", "SCRIPT_NAME": "/other", "PATH_INFO": None},
    "iis-other": {"SERVER_SOFTWARE": "Microsoft-IIS/8.5", "PATH_INFO": "/elsewhere"},
    "orig-given": {"ORIG_PATH_INFO": "/mine", "ORIG_SCRIPT_NAME": "/mine.php", "ORIG_SCRIPT_FILENAME": "/x", "ORIG_PATH_TRANSLATED": "/y"},
    "php-self-given": {"PHP_SELF": "/mine"},
    "fcgi-role-given": {"FCGI_ROLE": "MINE"},
    "argv-given": {"argv": "1", "argc": "x"},
    "request-time-given": {"REQUEST_TIME_GIVEN": "1"},
    "path-given": {"PATH": "/client/bin", "USER": "client", "HOME": "/client"},
    "ini-dir": {"PHPRC": "/srv/www/dir", "PHP_INI_SCAN_DIR": "/srv/www"},
}.items():
    row(f"odd-{name}", "/dir/page.php", params=params)
    if not name.endswith(("-given", "ini-dir")):
        row(f"odd-nofix-{name}", "/dir/page.php", params=params, pool="nofix", mask=OPEN)
row("odd-print-given", "/print.php", params={
    "PHP_SELF": "/mine", "FCGI_ROLE": "MINE", "argv": "1", "argc": "x", "PATH": "/client/bin", "USER": "client",
    "HOME": "/client", "TZ": "Asia/Tokyo", "LC_ALL": "C", "GATEWAY_INTERFACE": "x"})
for name in ("plain", "info"):
    for server_name in ("nginx", "apache-action", "nginx-translated"):
        server = servers.SERVERS[server_name]
        row(f"discard-{server_name}-{name}", server=server, pool="discard", **PATHS[name])
        row(f"docroot-{server_name}-{name}", server=server, pool="docroot", **PATHS[name])
        row(f"userdir-{server_name}-{name}", server=server, pool="userdir", **PATHS[name])
row("docroot-other", "/dir/page.php", pool="docroot", root="/elsewhere")
row("userdir-home", "/~alice/page.php", pool="userdir")
row("basedir-inside", "/dir/page.php", pool="basedir")
row("basedir-outside-missing", "/passwd", pool="basedir", params={"SCRIPT_FILENAME": "/usr/share/x.php"})
FILES["../outside/page.php"] = "<?php echo 'outside';"
row("basedir-outside", "/../outside/page.php", pool="basedir", params={"SCRIPT_FILENAME": "/srv/outside/page.php"}, mask=OPEN)
row("basedir-outside-info", "/../outside/page.php", pool="basedir", params={"SCRIPT_FILENAME": "/srv/outside/page.php/x"}, mask=OPEN)
row("basedir-include", php="var_dump(@include '/srv/outside/page.php'); print_r(error_get_last());", pool="basedir")
row("chdir-page", "/dir/page.php", pool="chdir")
row("chdir-relative", "/show.php", pool="chdir", params={"SCRIPT_FILENAME": "show.php"})
row("chdir-relative-later", "/dir/page.php", pool="chdir", flags=1, then=[
    {"script": "/show.php", "conn": "same", "flags": 1, "params": {"SCRIPT_FILENAME": "show.php"}},
    {"conn": "same", "flags": 1},
    {"script": "/sub/page.php", "conn": "same", "params": {"SCRIPT_FILENAME": "sub/page.php"}}])
