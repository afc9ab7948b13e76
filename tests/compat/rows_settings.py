# SPDX-License-Identifier: MIT
"""Settings that come with a request: PHP_VALUE and PHP_ADMIN_VALUE, .user.ini, [PATH=] and [HOST=]."""
import re

from table import FILES, SHIFTED, row

FILES["ini/show.php"] = r"""<?php
foreach (['precision', 'memory_limit', 'open_basedir', 'display_errors', 'auto_prepend_file', 'user_agent', 'arg_separator.output',
    'disable_functions', 'max_execution_time', 'post_max_size', 'session.name', 'date.timezone', 'error_prepend_string'] as $k)
    echo $k, '=', var_export(ini_get($k), true), ' ', var_export(@ini_set($k, ini_get($k)) !== false, true), "\n";
"""
FILES["ini/.user.ini"] = "user_agent = from-user-ini\nprecision = 7\nmemory_limit = 99M\nopen_basedir = /\nexpose_php = 1\n"
FILES["ini/sub/.user.ini"] = "user_agent = from-sub\n[section]\nprecision = 9\n"
FILES["ini/sub/show.php"] = FILES["ini/show.php"]
FILES["ini/plain/show.php"] = FILES["ini/show.php"]
FILES["ini/broken/.user.ini"] = "user_agent = before\n= (broken\nprecision = 3\n"
FILES["ini/broken/show.php"] = FILES["ini/show.php"]
FILES["ini/prepend/.user.ini"] = "auto_prepend_file = before.php\n"
FILES["ini/prepend/before.php"] = "<?php echo 'prepended ';"
FILES["ini/prepend/show.php"] = FILES["ini/show.php"]
FILES["noini/show.php"] = FILES["ini/show.php"]
STICKY = "php-fpm keeps the setting for the life of the worker; here it ends with its request"

VALUES = {
    "one": "precision=3",
    "two": "precision=3\nuser_agent=\"x y\"",
    "spaces": "  precision = 3  ",
    "newlines": "\n\nprecision=3\n\n\n",
    "crlf": "precision=3\r\nuser_agent=x",
    "comment": "; nothing\nprecision=3 ; behind",
    "quoted": "user_agent=\"a;b=c\"",
    "single": "user_agent='${HOME}'",
    "variable": "user_agent=${HOME}",
    "constant": "user_agent=PHP_VERSION",
    "on": "display_errors=on",
    "off": "display_errors=off",
    "no-value": "user_agent",
    "empty-value": "user_agent=",
    "no-key": "=3",
    "unknown": "nothing.like_this=1",
    "array": "user_agent[]=1",
    "section": "[x]\nprecision=3",
    "syntax": "precision=(3",
    "broken-then-good": "(((\nprecision=3",
    "nothing": "",
    "system": "memory_limit=55M\nupload_max_filesize=3M",
    "prepend": "auto_prepend_file=/srv/www/ini/prepend/before.php",
    "disable": "disable_functions=strlen",
    "disable-empty": "disable_functions=",
    "time": "max_execution_time=7",
    "session": "session.name=OTHER",
    "extension": "extension=none.so",
    "post-max": "post_max_size=5",
    "long": "user_agent=\"" + "u" * 5000 + "\"",
    "cgi": "cgi.fix_pathinfo=0",
    "logging": "fastcgi.logging=0\nprecision=3",
    "upper": "PRECISION=3",
}
for name, text in VALUES.items():
    for kind in ("PHP_VALUE", "PHP_ADMIN_VALUE"):
        more = {} if name != "extension" else {
            "differs": "a request loads no extension", "ours": {"stderr": "unable to set 'extension'"}, "theirs": {"stderr": "dynamic library"}}
        if name == "disable":
            more = {"since": (8, 4), "differs": SHIFTED, "ours": {"body": "^precision='14' true", "stderr": "^$"}, "theirs": {"body": "^(?!precision='14' true)", "stderr": "cannot be found"}}
        row(f"{kind.lower().replace('_', '-')}-{name}", "/noini/show.php", pool="fresh", params={kind: text}, **more)
row("php-value-both", "/noini/show.php", pool="fresh", params={"PHP_VALUE": "precision=3", "PHP_ADMIN_VALUE": "precision=4"})
row("php-value-pool", "/noini/show.php", pool="fresh-admin", params={"PHP_VALUE": "precision=3"})
row("php-value-over-admin", "/noini/show.php", pool="fresh-admin", params={"PHP_VALUE": "memory_limit=1G"},
    differs="what the pool file sets as admin is not a client's to change",
    ours={"body": "memory_limit='96M'"}, theirs={"body": "memory_limit='1G'"})
row("php-admin-value-over-admin", "/noini/show.php", pool="fresh-admin", params={"PHP_ADMIN_VALUE": "open_basedir=/"},
    differs="what the pool file sets as admin is not a client's to change",
    ours={"body": "open_basedir='/srv/www:/tmp'"}, theirs={"body": "open_basedir='/'"})
row("php-value-stays", "/noini/show.php", pool="sticky", params={"PHP_VALUE": "precision=3"}, flags=1,
    then=[{"conn": "same", "params": {}}], differs=STICKY,
    ours={"body": "precision='3'.*next\nprecision='14'"}, theirs={"body": "precision='3'.*next\nprecision='3'"})

# php.ini's sections, in a file that both read.
PHP_INI = """[PATH=/srv/www/pathini]
precision = 4
memory_limit = 44M
[PATH=/srv/www/pathini/sub]
user_agent = from-sub
[HOST=host.test]
user_agent = from-host
session.name = HOSTNAME
"""
FILES["pathini/show.php"] = FILES["pathini/sub/show.php"] = FILES["ini/show.php"]
FILES["pathini/sub/.user.ini"] = "precision = 11\n"
for name, script in (("path", "/pathini/show.php"), ("path-sub", "/pathini/sub/show.php"), ("none", "/noini/show.php")):
    for host in ("compat.test", "host.test", "HOST.TEST", "sub.host.test"):
        row(f"ini-section-{name}-{host}", script, pool="fresh", params={"SERVER_NAME": host})
        row(f"ini-section-admin-{name}-{host}", script, pool="fresh-admin", params={"SERVER_NAME": host})
    row(f"ini-section-{name}-then-other", script, flags=1, params={"SERVER_NAME": "host.test"}, then=[
        {"script": "/noini/show.php", "conn": "same", "flags": 1}, {"script": "/pathini/show.php", "conn": "same"}])
    row(f"ini-section-{name}-no-host", script, pool="fresh", params={"SERVER_NAME": None})

# in a chroot: paths are those inside
for pool in ("chroot", "chroot-chdir"):
    row(f"{pool}-print", "/print.php", root="", pool=pool, params={"DOCUMENT_ROOT": "/"}, query="a=1")
    row(f"{pool}-page", "/dir/page.php", root="", pool=pool, path_info="/x")
    row(f"{pool}-cut", "/dir/page.php/x/y", root="", pool=pool)
    row(f"{pool}-missing", "/dir/none.php", root="", pool=pool)
    row(f"{pool}-outside", "/dir/page.php", pool=pool)
    row(f"{pool}-user-ini", "/ini/show.php", root="", pool=pool, params={"DOCUMENT_ROOT": "/"},
        differs="time zones are there in a chroot, too",
        ours={"body": "date.timezone='UTC' true", "stderr": "^$"}, theirs={"body": "date.timezone='UTC' false", "stderr": "zone"})
    row(f"{pool}-relative", "/show.php", pool=pool, params={"SCRIPT_FILENAME": "show.php"})
    row(f"{pool}-upload", "/files.php", root="", pool=pool, type="multipart/form-data; boundary=X",
        body="--X\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx\r\n--X--\r\n")

row("levels", pool="levels", php="foreach (['error_reporting', 'user_agent', 'precision'] as $k) echo ini_get($k), ' '; "
    "echo getenv('LEVELS'), ' ', getenv('LEVEL_WORDS'), ' ', error_reporting() === (E_ALL & ~E_NOTICE) ? 'as PHP' : 'not as PHP';")

row("user-ini", "/ini/show.php", pool="fresh")
row("user-ini-sub", "/ini/sub/show.php", pool="fresh")
row("user-ini-parent", "/ini/plain/show.php", pool="fresh")
row("user-ini-none", "/noini/show.php", pool="fresh")
row("user-ini-broken", "/ini/broken/show.php", pool="fresh")
row("user-ini-prepend", "/ini/prepend/show.php", pool="fresh")
row("user-ini-admin", "/ini/show.php", pool="fresh-admin")
FILES["ini/unread/.user.ini"] = "enable_post_data_reading = 0\n"
FILES["ini/limit/.user.ini"] = "post_max_size = 3\n"
FILES["ini/unread/show.php"] = FILES["ini/limit/show.php"] = "<?php echo json_encode($_POST), strlen(file_get_contents('php://input'));"
for name, ours, theirs in (("unread", {}, {}), ("limit", {"stderr": "exceeds the limit of 3 bytes"}, {"stderr": "^$"})):
    row(f"user-ini-{name}", f"/ini/{name}/show.php", body="a=1&b=2", pool="fresh",
        until=(8, 5), differs="what .user.ini says of reading the body counts for the request; php-fpm has read it before",
        ours={"body": re.escape("[]7"), **ours}, theirs={"body": re.escape('{"a":"1","b":"2"}7'), **theirs})
row("user-ini-and-value", "/ini/show.php", pool="fresh", params={"PHP_VALUE": "user_agent=from-value"})
row("user-ini-no-root", "/ini/show.php", pool="fresh", params={"DOCUMENT_ROOT": None})
row("user-ini-root-below", "/ini/sub/show.php", pool="fresh", params={"DOCUMENT_ROOT": "/srv/www/ini/sub"})
row("user-ini-root-other", "/ini/sub/show.php", pool="fresh", params={"DOCUMENT_ROOT": "/elsewhere"})
row("user-ini-root-slash", "/ini/sub/show.php", pool="fresh", params={"DOCUMENT_ROOT": "/srv/www/"})
row("user-ini-root-prefix", "/ini/sub/show.php", pool="fresh", params={"DOCUMENT_ROOT": "/srv/www/in"})
row("user-ini-info", "/ini/sub/show.php", pool="fresh", path_info="/x/y")
row("user-ini-then-other", "/ini/show.php", flags=1, then=[{"script": "/noini/show.php", "conn": "same", "flags": 1}, {"conn": "same"}])
row("user-ini-missing-script", "/ini/none.php", pool="fresh")
