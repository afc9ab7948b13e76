# SPDX-License-Identifier: MIT
"""What a script answers: status lines, headers, bodies, buffers, redirects, errors, exits."""
from table import FILES, SHIFTED, VERSION, row

FILES["lib/prepend.php"] = "<?php echo 'before '; header('X-Prepended: yes'); register_shutdown_function(fn () => print(' shutdown'));"
FILES["lib/append.php"] = "<?php echo ' after';"

HEADERS = {
    "none": "",
    "type": "header('Content-Type: application/json');",
    "type-charset": "header('Content-Type: text/plain; charset=koi8-r');",
    "type-no-charset": "header('Content-Type: text/plain');",
    "type-xml": "header('content-type: text/xml');",
    "type-empty": "header('Content-Type:');",
    "type-removed": "header_remove('Content-Type'); header_remove();",
    "type-ini": "ini_set('default_mimetype', 'a/b'); ini_set('default_charset', '');",
    "line": "header('HTTP/1.1 404 Not Found');",
    "line-reason": "header('HTTP/1.1 404 Gone Fishing');",
    "line-10": "header('HTTP/1.0 503 Busy');",
    "line-2": "header('HTTP/2 404');",
    "line-200": "header('HTTP/1.1 200 Fine');",
    "line-no-reason": "header('HTTP/1.1 418');",
    "line-strange": "header('HTTP/1.1 abc def');",
    "line-short": "header('HTTP/1.1');",
    "line-spaces": "header('HTTP/1.1   404   Not   Found  ');",
    "line-long": "header('HTTP/1.1 404 ' . str_repeat('r', 900));",
    "line-too-long": "header('HTTP/1.1 404 ' . str_repeat('r', 2000));",
    "line-twice": "header('HTTP/1.1 404 First'); header('HTTP/1.1 403 Second');",
    "line-then-code": "header('HTTP/1.1 404 First'); http_response_code(403);",
    "code-then-line": "http_response_code(403); header('HTTP/1.1 404 Second');",
    "line-protocol": "header($_SERVER['SERVER_PROTOCOL'] . ' 500 Oops', true, 500);",
    "line-code-argument": "header('HTTP/1.1 404 Not Found', true, 410);",
    "status": "header('Status: 404 Not Found');",
    "status-text": "header('Status: 299 My Own');",
    "status-lower": "header('status: 404');",
    "status-200": "header('Status: 200 OK');",
    "status-garbage": "header('Status: garbage');",
    "status-empty": "header('Status:');",
    "status-twice": "header('Status: 404 A'); header('Status: 403 B', false);",
    "status-and-line": "header('Status: 404 A'); header('HTTP/1.1 403 B');",
    "status-and-code": "header('Status: 404 A'); http_response_code(403);",
    "status-long": "header('Status: 404 ' . str_repeat('s', 3000));",
    "304": "header('HTTP/1.1 304 Not Modified'); header('ETag: \"x\"'); header('Content-Type: a/b'); echo 'body';",
    "304-code": "http_response_code(304);",
    "204": "http_response_code(204); echo 'body';",
    "100": "http_response_code(100);",
    "199": "http_response_code(199);",
    "0": "var_dump(http_response_code(0));",
    "99": "var_dump(http_response_code(99));",
    "1000": "var_dump(http_response_code(1000));",
    "negative": "var_dump(http_response_code(-5));",
    "code-value": "var_dump(http_response_code(), http_response_code(201), http_response_code());",
    "duplicate": "header('X-A: 1'); header('X-A: 2', false); header('x-a: 3', false);",
    "replace": "header('X-A: 1'); header('X-A: 2'); header('X-B: 1'); header('x-b: 2');",
    "remove": "header('X-A: 1'); header('X-B: 2'); header_remove('X-A');",
    "no-colon": "header('NoColon');",
    "no-value": "header('X-Empty:'); header('X-Blank: '); header(':nothing'); header('');",
    "spaces": "header('X-Space  :  v  '); header('  X-Lead: v');",
    "newline": "header(\"X-A: 1\\r\\nX-B: 2\");",
    "folded": "header(\"X-A: 1\\r\\n 2\");",
    "nul": "header(\"X-A: 1\\0 2\");",
    "bytes": "header(\"X-A: \\xff\\x01\\x7f\");",
    "long": "header('X-Long: ' . str_repeat('v', 9000));",
    "huge": "header('X-Long: ' . str_repeat('v', 70000)); echo 'x';",
    "many": "for ($i = 0; $i < 300; $i++) header(\"X-$i: $i\");",
    "location": "header('Location: /x');",
    "location-201": "http_response_code(201); header('Location: /x');",
    "location-301": "header('Location: /x', true, 301);",
    "location-303": "header('Location: /x', true, 303); exit;",
    "location-then-200": "header('Location: /x'); http_response_code(200);",
    "location-empty": "header('Location:');",
    "location-post-308": "header('Location: http://other.test/', true, 308);",
    "www-authenticate": "header('WWW-Authenticate: Basic realm=\"x\"');",
    "content-length": "header('Content-Length: 3'); echo 'abcdef';",
    "transfer-encoding": "header('Transfer-Encoding: chunked'); echo \"1\\r\\na\\r\\n0\\r\\n\\r\\n\";",
    "connection": "header('Connection: close'); header('X-Powered-By: nobody');",
    "cookie": "setcookie('a', 'b c;', ['expires' => 1900000000, 'path' => '/', 'samesite' => 'Lax']); setrawcookie('r', 'raw'); setcookie('a', 'again');",
    "cookie-delete": "setcookie('gone', '');",
    "headers-sent": "echo 'x'; while (ob_get_level()) ob_end_flush(); flush(); var_dump(headers_sent($f, $l), basename($f), $l); header('X-Late: 1');",
    "headers-list": "header('X-A: 1'); header('X-B: 2'); print_r(headers_list());",
    "callback": "header_register_callback(function () { header('X-Callback: ' . http_response_code()); }); http_response_code(202); echo 'x';",
    "callback-exit": "header_register_callback(function () { header('X-Callback: 1'); }); exit;",
    "cache": "session_cache_limiter('public'); session_id('fixed0compat'); session_start(); header_remove('Expires'); header_remove('Last-Modified'); echo session_cache_expire();",
}
for name, code in HEADERS.items():
    row(f"header-{name}", php=code)
    if name.startswith(("line", "status", "none", "304", "204", "location")):
        row(f"rfc-{name}", php=code, pool="rfc")
        row(f"nph-{name}", php=code, pool="nph")
for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "", "A" * 40, "FOO BAR"):
    row(f"method-{method.replace(' ', '_')[:8] or 'empty'}-{len(method)}",
        php="header('X-A: 1'); echo $_SERVER['REQUEST_METHOD'], ' body'; error_log('reached'); flush();", method=method)
row("method-none", php="echo 'body';", params={"REQUEST_METHOD": None})
row("method-none-missing", "/none.php", params={"REQUEST_METHOD": None})
row("head-large", php="echo str_repeat('x', 100000); error_log('after');", method="HEAD")
row("head-redirect", php="header('Location: /'); echo 'x';", method="HEAD")
row("head-length", php="header('Content-Length: 5'); echo 'hello';", method="HEAD")
row("head-missing", "/none.php", method="HEAD")
row("head-finish", php="echo 'x'; var_dump(fastcgi_finish_request()); error_log('after');", method="HEAD")
row("head-fatal", php="nothing();", method="HEAD")
row("charset-default", php="echo 'x';", pool="charset")
row("charset-html", php="header('Content-Type: text/html'); echo 'x';", pool="charset")
row("expose-php", php="echo 'x';", pool="tcp")

BODIES = {
    "empty": "",
    "one": "echo 'x';",
    "nul": 'echo "\\0\\0a\\0";',
    "html": "?>\nline\r\n<?= 1 ?>\n\ntext",
    "size-4095": "echo str_repeat('x', 4095);",
    "size-4096": "echo str_repeat('x', 4096);",
    "size-8192": "echo str_repeat('x', 8192);",
    "size-65528": "echo str_repeat('x', 65528);",
    "size-65535": "echo str_repeat('x', 65535);",
    "size-65536": "echo str_repeat('x', 65536);",
    "size-1m": "echo str_repeat('0123456789abcdef', 65536);",
    "size-8m": "ini_set('memory_limit', '64M'); echo str_repeat('0123456789abcdef', 524288);",
    "many-small": "for ($i = 0; $i < 20000; $i++) echo $i, ' ';",
    "flush": "for ($i = 0; $i < 5; $i++) { echo $i; ob_flush(); flush(); }",
    "flush-first": "flush(); header('X-Late: 1'); echo 'x';",
    "flush-empty": "ob_end_flush(); flush(); var_dump(headers_sent()); header('X-After-Flush: 1');",
    "implicit": "ob_implicit_flush(); echo 'a'; echo 'b';",
    "ob-callback": "ob_start(fn ($b) => strtoupper($b)); echo 'up';",
    "ob-nested": "ob_start(); echo 'a'; ob_start(); echo 'b'; ob_end_flush(); $x = ob_get_clean(); echo strrev($x);",
    "ob-clean": "echo 'gone'; ob_clean(); echo 'stays';",
    "ob-end-clean": "echo 'gone'; ob_end_clean(); echo 'unbuffered'; header('X-Late: 1');",
    "ob-status": "print_r(ob_get_status(true)); echo ob_get_level();",
    "ob-fatal": "ob_start(fn ($b) => strlen($b)); echo 'abc'; nothing();",
    "output-stdout": "file_put_contents('php://stdout', 'to stdout'); echo 'x';",
    "output-stderr": "file_put_contents('php://stderr', 'to stderr'); echo 'x';",
    "output-output": "file_put_contents('php://output', 'to output'); echo 'x';",
    "constants": "var_dump(defined('STDIN'), defined('STDERR'), defined('STDOUT'));",
    "readfile": "readfile('/srv/www/dir/page.php');",
    "passthru": "passthru('echo from a child; echo $SCRIPT_NAME$PATH_INFO; env | grep -v ^_= | sort');",
    "exec": "exec('cat; pwd; ls -l /proc/self/fd | wc -l > /dev/null; ulimit -c >/dev/null; echo $0', $out, $code); print_r($out); echo $code;",
    "gzhandler": "ob_start('ob_gzhandler'); echo str_repeat('x', 1000);",
}
for name, code in BODIES.items():
    for pool in ("base", "buffer", "flush") if name.startswith(("flush", "ob-", "size-4", "one", "implicit", "many", "headers")) else ("base",):
        row(f"body-{name}" + ("" if pool == "base" else f"-{pool}"), php=code, pool=pool)
# An echo longer than output_buffering: headers, order, buffers and flags as where it is copied into the buffer.
LONG = "$l = str_repeat('0123456789abcdef', 6250);"
LONG_BODIES = {
    "first": f"{LONG} echo $l; header('X-Late: 1');",
    "after-some": f"{LONG} echo 'before'; echo $l; echo 'after'; header('X-Late: 1');",
    "status": f"{LONG} echo 'a'; echo $l; $s = ob_get_status(true); $n = ob_get_length(); headers_sent($f, $line); echo 'b', $n, basename($f), $line; unset($s[0]['buffer_size']); print_r($s);",
    "full": f"{LONG} echo str_repeat('x', 4095); echo $l; var_dump(ob_get_length());",
    "changed": f"{LONG} echo $l; $l[0] = 'X'; $l[99999] = 'Y'; echo $l;",
    "clean": f"{LONG} echo 'gone'; ob_clean(); echo $l; echo 'gone too'; ob_clean(); echo 'end';",
    "nested": f"{LONG} ob_start(); echo $l; echo strlen(ob_get_clean()); echo $l;",
    "callback": f"{LONG} ob_start(fn ($b, $f) => \"[$f]\" . strlen($b)); echo $l; ob_end_flush(); echo $l;",
    "callback-chunk": f"{LONG} ob_end_clean(); ob_start(fn ($b, $f) => \"[$f]\" . strlen($b), 4096); echo 'a'; echo $l; echo 'b';",
    "chunk": f"{LONG} ob_end_clean(); ob_start(null, 100); echo 'a'; echo $l; print_r(array_diff_key(ob_get_status(), ['buffer_size' => 0]));",
    "chunk-unbuffered": f"{LONG} ob_end_clean(); echo $l; ob_start(null, 50000); echo 'a'; echo $l; var_dump(ob_get_length());",
    "flags": f"{LONG} ob_end_clean(); ob_start(null, 4096, 0); echo $l; var_dump(ob_clean(), ob_get_status()['flags']);",
    "implicit": f"{LONG} ob_implicit_flush(); echo 'a'; echo $l; echo 'b';",
    "finish": f"{LONG} echo $l; fastcgi_finish_request(); echo $l; error_log('after');",
    "shutdown": f"{LONG} register_shutdown_function(function () use ($l) {{ echo $l; header('X-S: 1'); }}); echo 'a';",
    "exit": f"{LONG} echo 'a'; exit($l);",
    "fatal": f"{LONG} echo $l; nothing();",
    "no-content": f"http_response_code(304); {LONG} echo $l;",
    "redirect": f"{LONG} header('Location: /x'); echo $l;",
    "own-name": f"{LONG} ob_end_clean(); ob_start('default output handler'); echo $l; $s = ob_get_status(true); unset($s[0]['buffer_size']); print_r($s);",
}
for name, code in LONG_BODIES.items():
    for pool in ("base", "flush", "gzip"):
        row(f"long-{name}" + ("" if pool == "base" else f"-{pool}"), php=code, pool=pool, headers={"Accept-Encoding": "gzip"})
# Older ones make it a page larger than output_buffering says, 8.5 enlarges it when it is exactly full.
row("long-buffer-size", php=f"{LONG} echo $l; echo ob_get_status()['buffer_size'];", differs="a long echo passes the buffer by, which stays small",
    ours={"body": "20480$" if VERSION >= (8, 5) else "8192$"}, theirs={"body": "102400$"})
row("long-head", php=f"{LONG} echo 'a'; echo $l; error_log('after');", method="HEAD")

row("gzip", php="echo str_repeat('x', 100000);", pool="gzip", headers={"Accept-Encoding": "gzip"})
row("gzip-not-accepted", php="echo str_repeat('x', 1000);", pool="gzip")

EXITS = {
    "exit": "echo 'a'; exit; echo 'b';",
    "exit-1": "echo 'a'; exit(1);",
    "exit-255": "exit(255);",
    "exit-255-output": "echo 'a'; exit(255);",
    "exit-text": "exit('text');",
    "die-in-function": "function f() { die('x'); } f();",
    "return": "return 5;",
    "exit-in-shutdown": "register_shutdown_function(function () { echo 's'; exit(3); }); echo 'a';",
    "shutdown-order": "register_shutdown_function(fn () => print('1')); register_shutdown_function(fn () => print('2')); echo 'a';",
    "shutdown-header": "register_shutdown_function(fn () => header('X-S: 1'));",
    "shutdown-status": "register_shutdown_function(fn () => http_response_code(503)); nothing();",
    "shutdown-exception": "register_shutdown_function(function () { throw new Exception('late'); }); echo 'a';",
    "destructor": "class A { function __destruct() { echo 'd'; header('X-D: 1'); } } $a = new A; echo 'a';",
    "destructor-exit": "class A { function __destruct() { echo 'd'; } } $a = new A; exit('e');",
    "connection": "var_dump(connection_status(), connection_aborted(), ignore_user_abort());",
    "finish": "echo 'a'; var_dump(fastcgi_finish_request()); echo 'lost'; var_dump(fastcgi_finish_request()); error_log('after the end');",
    "finish-nothing": "fastcgi_finish_request(); header('X-Late: 1'); echo 'x';",
    "finish-status": "http_response_code(201); header('X-A: 1'); fastcgi_finish_request(); header('X-B: 1');",
    "finish-ob": "ob_start(); echo 'in buffer'; fastcgi_finish_request(); echo ob_get_level();",
    "finish-fatal": "echo 'a'; fastcgi_finish_request(); nothing();",
    "finish-exit": "echo 'a'; fastcgi_finish_request(); exit('b');",
    "finish-shutdown": "register_shutdown_function(fn () => print('s')); echo 'a'; fastcgi_finish_request();",
    "finish-in-shutdown": "register_shutdown_function(function () { echo 's'; fastcgi_finish_request(); echo 't'; }); echo 'a';",
    "finish-headers-sent": "echo 'x'; flush(); fastcgi_finish_request(); file_put_contents('/tmp/sent', var_export(headers_sent(), true));",
    "finish-arguments": "try { fastcgi_finish_request(1); } catch (Error $e) { echo get_class($e), $e->getMessage(); }",
    "finish-session": "session_id('compatfinish'); session_cache_limiter(''); ini_set('session.use_cookies', '0'); session_start(); $_SESSION['a'] = 1; fastcgi_finish_request(); session_write_close();",
}
AFTERWARDS = {  # where what runs after the script runs
    "shutdown": "register_shutdown_function(function () { echo getcwd(), var_export(file_exists('row.inc'), true); }); echo getcwd();",
    "shutdown-left": "chdir('/tmp'); register_shutdown_function(fn () => print(getcwd()));",
    "shutdown-exit": "register_shutdown_function(fn () => print(getcwd())); exit(getcwd());",
    "shutdown-fatal": "register_shutdown_function(fn () => print(getcwd())); nothing();",
    "shutdown-function": "function last() { echo getcwd(); } register_shutdown_function('last');",
    "destructor": "class A { function __destruct() { echo getcwd(); } } $a = new A;",
    "generator": "function g() { try { yield 1; } finally { echo getcwd(); } } $g = g(); $g->current();",
    "buffer": "function handle($text) { return $text . getcwd(); } ob_start('handle'); echo 'a';",
    "header": "header_register_callback(fn () => header('X-Directory: ' . getcwd()));",
    "session": "class H implements SessionHandlerInterface { function open(string $a, string $b): bool { return true; } function close(): bool { return true; } "
        "function read(string $i): string|false { return ''; } function write(string $i, string $d): bool { echo getcwd(); return true; } "
        "function destroy(string $i): bool { return true; } function gc(int $m): int|false { return 0; } } "
        "session_set_save_handler(new H, false); session_id('directory'); session_start(); $_SESSION['x'] = 1;",
}
for name, code in AFTERWARDS.items():
    for pool in ("base", "chroot-chdir"):
        row(f"afterwards-{name}-{pool}", php=code, pool=pool, then=[{}])
ERRORS = {
    "notice": "echo 'a'; echo $undefined; echo 'b';",
    "warning": "echo 1 / 1; file_get_contents('/none'); echo 'b';",
    "deprecated": "echo strlen(null);",
    "two-warnings": "echo $a; echo $b;",
    "fatal": "nothing();",
    "fatal-after-output": "echo 'a'; nothing();",
    "fatal-after-flush": "echo 'a'; ob_flush(); flush(); nothing();",
    "fatal-200": "http_response_code(200); nothing();",
    "fatal-404": "http_response_code(404); nothing();",
    "fatal-header": "header('X-A: 1'); nothing();",
    "parse": "if (",
    "parse-included": "file_put_contents($f = tempnam('/tmp', 'x'), '<?php if ('); rename($f, '/tmp/parse-included.php'); include '/tmp/parse-included.php';",
    "exception": "throw new RuntimeException('wrong <b>');",
    "exception-previous": "throw new LogicException('outer', 3, new Exception('inner'));",
    "exception-handler": "set_exception_handler(function ($e) { http_response_code(422); echo 'handled ', $e->getMessage(); }); throw new Exception('x');",
    "error-handler": "set_error_handler(function ($n, $m) { echo \"[$n $m]\"; return true; }); echo $x;",
    "error-handler-false": "set_error_handler(fn () => false); echo $x;",
    "trigger": "trigger_error('mine', E_USER_ERROR); echo 'not reached';",
    "trigger-warning": "trigger_error(\"two\\nlines\", E_USER_WARNING);",
    "silenced": "echo @$x; echo @file_get_contents('/none'); print_r(error_get_last());",
    "memory": "ini_set('memory_limit', '4M'); $a = str_repeat('x', 8000000);",
    "time": "set_time_limit(1); while (true);",
    "recursion": "function f($n) { return $n ? f($n - 1) : 'done'; } echo f(20000);",
    "log": "error_log('a message'); echo 'x';",
    "log-two": "error_log('one'); error_log('two'); echo 'x';",
    "log-lines": "error_log(\"one\\ntwo\\r\\nthree\\0four\\xff\");",
    "log-empty": "error_log('');",
    "log-long": "error_log(str_repeat('l', 20000)); echo 'x';",
    "log-huge": "error_log(str_repeat('h', 200000)); echo 'x';",
    "log-many": "for ($i = 0; $i < 500; $i++) error_log(\"message $i\"); echo 'x';",
    "log-between": "echo 'a'; ob_flush(); flush(); error_log('m'); echo 'b';",
    "log-sapi": "error_log('to the sapi', 4); echo 'x';",
    "log-file": "error_log(\"x\\n\", 3, '/tmp/own.log'); echo 'x';",
    "log-shutdown": "register_shutdown_function(fn () => error_log('at the end')); echo 'x';",
    "display-off": "ini_set('display_errors', '0'); nothing();",
    "display-on": "ini_set('display_errors', '1'); echo $x;",
    "display-stderr": "ini_set('display_errors', 'stderr'); echo $x;",
    "log-off": "ini_set('log_errors', '0'); nothing();",
    "html-links": "ini_set('html_errors', '1'); ini_set('display_errors', '1'); fopen('/none', 'r');",
    "prepend-string": "ini_set('error_prepend_string', '<<'); ini_set('error_append_string', '>>'); ini_set('display_errors', '1'); echo $x;",
    "header-late": "ini_set('display_errors', '1'); echo 'x'; ob_end_flush(); flush(); header('X-Late: 1'); setcookie('a', 'b'); http_response_code(404);",
    "assert": "assert(false);",
    "abort-error": "class A { function __destruct() { throw new Exception('from a destructor'); } } $a = new A; unset($a);",
    "include-missing": "include 'none.php'; require 'none.php'; echo 'not reached';",
    "xdebug-like": "debug_print_backtrace(); print_r(array_map(fn ($f) => $f['function'] ?? '', debug_backtrace()));",
    "error-header-set": "ini_set('error_log', 'syslog'); nothing();",
}
NUMBERS = ((r"(0x)?[0-9a-f]{12,}", "POINTER"),)
for name, code in EXITS.items():
    row(f"end-{name}", php=code)
    row(f"end-{name}-buffer", php=code, pool="buffer")
    if name.startswith("exit"):
        row(f"end-{name}-header", php=code, pool="header")
for name, code in ERRORS.items():
    for pool in ("base", "errors", "html", "silent", "header", "log"):
        # the time limit takes a second of the CPU, which is many on a busy machine
        if name == "time" and pool not in ("base", "errors"):
            continue
        row(f"error-{name}-{pool}", php=code, pool=pool, patience=60.0 if name == "time" else 6.0)
# Each length, around each limit: what the web server is told of a message ends where php-fpm ends it.
LENGTHS = "[...range(1, 1100), ...range(1101, 4000, 13), ...range(3990, 4110)]"
MESSAGES = {
    "plain": f"foreach ({LENGTHS} as $n) error_log(str_repeat('l', $n));",
    "lines": f"foreach ({LENGTHS} as $n) error_log(substr(str_repeat(str_repeat('l', 299) . \"\\n\", 15), 0, $n));",
    "ends": f"foreach ({LENGTHS} as $n) error_log(str_repeat('l', $n - 1) . \"\\n\");",
}
for name, code in MESSAGES.items():
    for pool in ("base", "log-limit", "log-small", "log-warning"):
        row(f"message-{name}" + ("" if pool == "base" else f"-{pool}"), php=code, pool=pool)
for name in ("log", "log-lines", "warning", "fatal"):
    row(f"log-stderr-{name}", php=ERRORS[name], pool="log-stderr")
row("log-file-written", php="echo preg_replace('/^\\[.*?\\] /m', '[TIME] ', preg_grep('/only here/', file('/tmp/php.log'))[0] ?? 'none');", pool="log")
for pool in ("prepend", "lower", "env", "argv", "order", "nopost"):
    # disable_functions of the pool
    more = {"since": (8, 4), "differs": SHIFTED, "ours": {"body": "array.[0-9]+. {"}, "theirs": {"body": "refcount"}} if pool == "lower" else {}
    row(f"print-{pool}", "/print.php", pool=pool, query="a+b+c=1", headers={"Cookie": "a=cookie"}, body="a=post&x=1", **more)
    row(f"print-{pool}-get", "/print.php", pool=pool, query="one+two+three", **more)
for name, code in {"exit": "exit('x');", "fatal": "nothing();", "exception": "throw new Exception('x');", "return": "return;", "plain": "echo 'body';"}.items():
    row(f"prepend-{name}", php=code, pool="prepend")
row("prepend-missing", "/none.php", pool="prepend")
row("disabled-function", php="var_dump(function_exists('exec'), ini_get('disable_functions')); system('id');", pool="lower")
row("ini-lower", php="""foreach (['memory_limit', 'max_execution_time', 'log_errors', 'short_open_tag', 'max_input_time'] as $k)
    var_dump(ini_get($k), ini_set($k, '1'), ini_get($k)); print_r(ini_get_all('core')['memory_limit']); print_r(ini_get_all('core')['max_execution_time']);""", pool="lower")

INFO = {
    "ini-all": "$a = ini_get_all(); foreach (['user_agent'] as $k) unset($a[$k]); var_dump($a);",
    "ini-cgi": "var_dump(ini_get_all('cgi-fcgi'));",
    "functions-all": "$f = get_defined_functions()['internal']; sort($f); print_r($f);",
    "functions": "$f = get_extension_funcs('cgi-fcgi'); sort($f); print_r($f);",
    "signature": "echo new ReflectionFunction('fastcgi_finish_request'), new ReflectionFunction('apache_request_headers'), new ReflectionFunction('getallheaders');",
    "extension": "$e = new ReflectionExtension('cgi-fcgi'); print_r([$e->getName(), $e->getVersion(), $e->getDependencies(), (function ($k) { sort($k); return $k; })(array_keys($e->getINIEntries()))]);",
    "extensions": "$e = get_loaded_extensions(); sort($e); print_r($e); print_r(get_loaded_extensions(true));",
    "constants": "$c = get_defined_constants(true); unset($c['user']); foreach ($c as $k => $v) echo $k, ' ', count($v), \"\\n\"; var_dump(PHP_SAPI, PHP_VERSION, PHP_OS, PHP_MAXPATHLEN, PHP_FD_SETSIZE);",
    "files": "var_dump(php_ini_loaded_file(), php_ini_scanned_files(), get_cfg_var('cfg_file_path'), get_include_path(), sys_get_temp_dir());",
    "classes": "echo implode(\"\\n\", get_declared_classes());",
    "streams": "print_r(stream_get_wrappers()); print_r(stream_get_filters()); print_r(stream_get_transports());",
    "user": "var_dump(get_current_user() !== '', posix_geteuid(), posix_getuid(), posix_getegid(), posix_getgroups(), umask());",
    "opcache": "$s = opcache_get_status(false); var_dump($s['opcache_enabled'], opcache_get_configuration()['directives']);",
    "locale": "var_dump(setlocale(LC_ALL, 0), date_default_timezone_get(), mb_internal_encoding());",
    "ini-set": "var_dump(ini_set('cgi.fix_pathinfo', '0'), ini_set('cgi.nph', '1'), ini_set('cgi.rfc2616_headers', '0'), ini_set('fastcgi.logging', '0'), ini_set('fpm.config', 'x'));",
    "own-functions": "var_dump(function_exists('dl'), function_exists('cli_set_process_title'), function_exists('fpm_get_status'));",
    "time": "var_dump(abs($_SERVER['REQUEST_TIME'] - time()) < 3, is_float($_SERVER['REQUEST_TIME_FLOAT']), is_int($_SERVER['REQUEST_TIME']));",
    "stat": "var_dump(getmyuid(), get_current_user(), getmyinode() > 0, getlastmod() > 0);",
    "globals": "print_r(array_keys($GLOBALS)); var_dump(isset($HTTP_RAW_POST_DATA), ini_get('auto_globals_jit'));",
    "phpinfo": "ob_start(); phpinfo(INFO_CONFIGURATION | INFO_LICENSE); echo strip_tags(ob_get_clean());",
    "phpinfo-module": "ob_start(); phpinfo(INFO_MODULES); preg_match('/<h2>.{0,40}cgi-fcgi.*?<h2>/s', ob_get_clean(), $m); echo preg_replace('/^fpmd .*\n/m', '', strip_tags($m[0] ?? 'none'));",
    "phpinfo-variables": "ob_start(); phpinfo(INFO_VARIABLES | INFO_ENVIRONMENT); echo preg_replace('/REQUEST_TIME.*/', '', strip_tags(ob_get_clean()));",
    "phpinfo-general": "ob_start(); phpinfo(INFO_GENERAL); $t = strip_tags(ob_get_clean()); preg_match_all('/^(Server API|Virtual Directory|Loaded Conf|Scan this|PHP API|Debug|Thread|Zend Signal|Registered).*$/m', $t, $m); print_r($m[0]);",
}
for name, code in INFO.items():
    row(f"info-{name}", php=code)
row("info-pcntl", php="var_dump(extension_loaded('pcntl'), function_exists('pcntl_fork'), defined('SIGTERM'), function_exists('chroot'));")
row("info-binary", php="var_dump(PHP_BINARY);")
row("info-ini-path", php="var_dump(PHP_CONFIG_FILE_PATH, PHP_CONFIG_FILE_SCAN_DIR, PHP_OS, PHP_BINDIR, php_ini_scanned_files());")
