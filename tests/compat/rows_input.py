# SPDX-License-Identifier: MIT
"""What a script is sent: bodies, uploads, headers, cookies, sessions, settings, strange parameters."""
from hashlib import md5

from table import FILES, row


def part(name, data, filename=None, kind=None, extra=""):
    head = f'Content-Disposition: form-data; name="{name}"' + (
        f'; filename="{filename}"' if filename is not None else "")
    if kind:
        head += f"\r\nContent-Type: {kind}"
    return (f"--XX\r\n{head}{extra}\r\n\r\n").encode() + (data if isinstance(data, bytes) else data.encode()) + b"\r\n"


END = b"--XX--\r\n"
FORM = "multipart/form-data; boundary=XX"
FILES["files.php"] = r"""<?php
require __DIR__ . '/lib/show.php';
function strip(&$v, $k) { if (str_starts_with((string) $v, '/tmp/')) $v = is_file($v) ? 'FILE ' . filesize($v) . ' ' . md5_file($v) . (is_uploaded_file($v) ? ' uploaded' : '') : 'GONE'; }
$files = $_FILES;
array_walk_recursive($files, 'strip');
show('_FILES', $files);
show('_POST', $_POST);
show('input', strlen(file_get_contents('php://input')));
show('last', error_get_last());
"""
UPLOADS = {
    "one": part("f", "content", "a.txt", "text/plain") + END,
    "two": part("f", "content", "a.txt", "text/plain") + part("g", b"\0\1\r\n--X\r\n", "b.bin") + END,
    "array": part("f[]", "1", "a") + part("f[]", "2", "b") + part("f[k][l]", "3", "c") + END,
    "field": part("a", "1") + part("b[]", "2") + part("f", "x", "n") + END,
    "empty-file": part("f", "", "a.txt") + END,
    "no-file": part("f", "", "") + END,
    "no-name": part("", "x", "a.txt") + part("", "y") + END,
    "path-name": part("f", "x", "C:\\dir\\a.txt") + part("g", "x", "../../etc/x") + END,
    "quoted": part("f", "x", 'a\\"b.txt') + END,
    "utf8-name": part("f", "x", "é€.txt") + END,
    "full-path": part("f[]", "x", "dir/sub/a.txt") + END,
    "too-large": part("f", "x" * 2000, "a.txt") + part("g", "ok", "b.txt") + END,
    "too-many": b"".join(part(f"f{i}", "x", "a") for i in range(5)) + END,
    "many-fields": b"".join(part(f"f{i}", "x") for i in range(15)) + END,
    "over-post": part("f", "x" * 9000, "a.txt") + END,
    "max-file-size": part("MAX_FILE_SIZE", "3") + part("f", "four", "a") + END,
    "no-end": part("f", "content", "a.txt"),
    "cut": part("f", "content", "a.txt")[:-20],
    "cut-in-header": b"--XX\r\nContent-Disposition: form-d",
    "no-blank-line": b"--XX\r\nContent-Disposition: form-data; name=\"f\"\r\n--XX--\r\n",
    "wrong-boundary": part("f", "content", "a.txt").replace(b"XX", b"YY") + END,
    "preamble": b"preamble\r\n" + part("a", "1") + END + b"epilogue",
    "lf-only": (part("a", "1") + part("f", "x", "n") + END).replace(b"\r\n", b"\n"),
    "no-disposition": b"--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END,
    "empty-body": b"",
    "only-end": END,
    "long-header": part("f", "x", "a", extra="\r\nX-Long: " + "l" * 6000) + END,
    "double": part("f", "1", "a") + part("f", "2", "b") + END,
    "nested-bad": part("f[a", "1", "a") + part("g]b", "2") + END,
}
for name, body in UPLOADS.items():
    row(f"upload-{name}", "/files.php", body=body, type=FORM)
    row(f"upload-{name}-limits", "/files.php", body=body, type=FORM, pool="upload")
row("upload-large", "/files.php", body=part("f", b"0123456789abcdef" * 65536, "a.bin") + END, type=FORM)
row("upload-pieces", "/files.php", body=part("f", b"0123456789abcdef" * 640, "a.bin") + END, type=FORM, body_piece=7)
row("upload-no-boundary", "/files.php", body=UPLOADS["one"], type="multipart/form-data")
row("upload-empty-boundary", "/files.php", body=UPLOADS["one"], type="multipart/form-data; boundary=")
row("upload-quoted-boundary", "/files.php", body=UPLOADS["one"], type='multipart/form-data; boundary="XX"; charset=utf-8')
row("upload-comma-boundary", "/files.php", body=UPLOADS["one"], type="multipart/form-data; boundary=XX, x")
row("upload-upper-type", "/files.php", body=UPLOADS["one"], type="Multipart/Form-Data; boundary=XX")
row("upload-put", "/files.php", body=UPLOADS["one"], type=FORM, method="PUT")
row("upload-nopost", "/files.php", body=UPLOADS["one"], type=FORM, pool="nopost")
row("upload-refused", "/none.php", body=UPLOADS["one"], type=FORM)
row("upload-moved", body=UPLOADS["one"], type=FORM, php="""
$to = '/tmp/moved-' . getmypid(); var_dump(move_uploaded_file($_FILES['f']['tmp_name'], $to), file_get_contents($to), decoct(fileperms($to))); unlink($to);""")

# PHP writes pieces of 5119 bytes; some end in the middle of what could be a boundary.
NOISE = b"".join(md5(b"%d" % i).digest() for i in range(12500)) + b"\r\n--X" * 2000
for size in (5118, 5119, 5120, 10237, 10238, 10239, 131072, 26 * 5119, 28 * 5119, 200000):
    row(f"upload-size-{size}", "/files.php", body=part("f", NOISE[:size], "a.bin") + END, type=FORM)
row("upload-cr", "/files.php", body=part("f", b"\r" * 70000, "a.bin") + part("g", b"\r\n" * 35000, "b.bin") + END, type=FORM)
row("upload-several-large", "/files.php", type=FORM, body=b"".join(
    part("f[]", NOISE[:size], "a.bin") for size in (140000, 3, 0, 5119 * 4, 70000)) + END)
row("upload-cut-large", "/files.php", body=part("f", NOISE, "a.bin")[:150000], type=FORM, shut=True)
row("upload-limit-in-large", "/files.php", body=part("MAX_FILE_SIZE", "60000") + part("f", NOISE, "a") + part("g", NOISE[:60000], "b") + END, type=FORM)
row("upload-progress", type=FORM, body=part("PHP_SESSION_UPLOAD_PROGRESS", "p") + part("f", NOISE, "a.bin") + END,
    php="""session_start(); $p = $_SESSION['upload_progress_p'] ?? 'none'; if (is_array($p)) array_walk_recursive($p, function (&$v, $k) { if (str_contains($k, 'time') || $k == 'tmp_name') $v = gettype($v); }); var_dump($p, $_FILES['f']['size']);""",
    headers={"Cookie": "PHPSESSID=uploadprogress"}, pool="progress")
row("upload-writes", type=FORM, body=part("f", NOISE, "a.bin") + END,
    php="$to = '/tmp/writes-' . getmypid(); $h = fopen($to, 'w'); for ($i = 0; $i < 40; $i++) fwrite($h, str_repeat(chr($i), 5119)); fclose($h); echo md5_file($to), md5_file($_FILES['f']['tmp_name']); unlink($to);")

# bodies
BODY = bytes(range(256)) * 300
row("input-binary", "/print.php", body=BODY[:1024], type="application/octet-stream")
row("input-large", php="$b = file_get_contents('php://input'); var_dump(strlen($b), md5($b));", body=BODY, type="application/octet-stream")
for piece in (1, 7, 8, 100, 4096, 65528):
    row(f"input-piece-{piece}", php="$b = file_get_contents('php://input'); var_dump(strlen($b), md5($b));",
        body=BODY if piece > 8 else BODY[:900], body_piece=piece, type="text/plain")
for padding in (1, 7, 8, 255):
    row(f"input-padding-{padding}", "/print.php", body="a=1&b=2", padding=padding)
    row(f"input-padding-{padding}-everywhere", "/print.php", body="a=1&b=2", padding=padding, pad_ends=True,
        differs="php-fpm takes the padding of the empty PARAMS record for a record, and loses the body",
        ours={"body": r'\["b"\]=>\n  string\(1\) "2"'}, theirs={"body": r"== _POST\narray\(0\)"})
for piece in (1, 3, 8, 13, 1000):
    row(f"input-sends-{piece}", "/print.php", body="a=1&b=2", send_piece=piece)
row("input-json", php="var_dump($_POST, json_decode(file_get_contents('php://input')), file_get_contents('php://input'));", body='{"a": 1}', type="application/json")
row("input-twice", php="$f = fopen('php://input', 'r'); var_dump(fread($f, 3)); rewind($f); var_dump(stream_get_contents($f), $_POST);", body="a=1&b=2")
row("input-unread", php="echo 'x';", body=BODY, type="application/octet-stream")
row("input-unread-form", php="echo 'x';", body="a=" + "x" * 100000)
row("input-nopost-read", php="var_dump($_POST, file_get_contents('php://input'));", pool="nopost", body="a=1")
row("input-nopost-parse", php="var_dump(function_exists('request_parse_body'), strlen(file_get_contents('php://input')));", pool="nopost", body="a" * 70000)
row("input-get-body", "/print.php", body="a=1", method="GET")
row("input-put", "/print.php", body="a=1", method="PUT")
row("input-delete", "/print.php", body="a=1", method="DELETE")
row("input-head", php="error_log(file_get_contents('php://input'));", body="a=1", method="HEAD")
row("input-over-post", "/files.php", body="a=" + "x" * 9000, pool="upload")
row("input-over-vars", "/print.php", body="&".join(f"v{i}=1" for i in range(20)), pool="upload")
row("input-over-vars-get", "/print.php", query="&".join(f"v{i}=1" for i in range(20)), pool="upload")
row("input-over-vars-cookie", "/print.php", headers={"Cookie": ";".join(f"v{i}=1" for i in range(20))}, pool="upload")
row("input-over-post-raw", php="var_dump(strlen(file_get_contents('php://input')), $_POST);", body="x" * 9000, type="application/octet-stream", pool="upload")
row("input-missing-script", "/none.php", body=BODY, type="application/octet-stream")
# beyond what PHP keeps in memory, and beyond one window of the file
READS = {
    "whole": "$b = file_get_contents('php://input'); var_dump(strlen($b), md5($b));",
    "twice": "var_dump(md5_file('php://input'), md5_file('php://input'));",
    "part": "$f = fopen('php://input', 'r'); var_dump(md5(fread($f, 1000)), ftell($f));",
    "seek": "$f = fopen('php://input', 'r'); foreach ([150000, 0, 131071, 131072, 5, 16384] as $at) var_dump(fseek($f, $at), ftell($f), bin2hex(fread($f, 9)), feof($f));",
    "beyond": "$f = fopen('php://input', 'r'); var_dump(fseek($f, 10000000), ftell($f), fseek($f, -5, SEEK_END), fseek($f, -1), strlen(stream_get_contents($f)), feof($f));",
    "two": "$f = fopen('php://input', 'r'); $g = fopen('php://input', 'r'); var_dump(md5(fread($f, 9000)), md5(fread($g, 100)), md5(stream_get_contents($f)), md5(stream_get_contents($g)), feof($f), feof($g));",
    "lines": "$n = 0; foreach (new SplFileObject('php://input') as $l) $n += strlen($l); var_dump($n);",
    "copy": "$t = tmpfile(); $f = fopen('php://input', 'r'); var_dump(stream_copy_to_stream($f, $t)); rewind($t); var_dump(md5(stream_get_contents($t)));",
    "meta": "$f = fopen('php://input', 'r'); var_dump(stream_get_meta_data($f), fstat($f), ftruncate($f, 3), fwrite($f, 'x'));",
    "unread": "echo 'x';",
    "closed": "fclose(fopen('php://input', 'r')); var_dump(md5_file('php://input'));",
    "filter": "var_dump(md5(file_get_contents('php://filter/read=string.toupper/resource=php://input')));",
    "finish": "fastcgi_finish_request(); error_log(strlen(file_get_contents('php://input')));",
    "shutdown": "register_shutdown_function(function () { var_dump(md5_file('php://input')); });",
    "include": "include 'php://input';",
    "eof": "$f = fopen('php://input', 'r'); $n = 0; while (!feof($f)) $n += strlen(fread($f, 8192)); var_dump($n, fread($f, 1));",
}
LONG_BODY = b"".join(md5(b"%d" % i).digest() for i in range(19000))
for name, code in READS.items():
    for method, pool in (("POST", "base"), ("PUT", "base"), ("POST", "nopost")):
        if name == "finish" and (method, pool) != ("POST", "base"):
            continue  # php-fpm waits for what it has closed
        row(f"input-long-{name}-{method.lower()}" + ("" if pool == "base" else f"-{pool}"), php=code, body=LONG_BODY,
            type="application/octet-stream", method=method, pool=pool)
for size in (16384, 16385, 131071, 131072, 131073, 262144):
    row(f"input-size-{size}", php=READS["whole"], body=LONG_BODY[:size], type="application/octet-stream")
    row(f"input-size-{size}-put", php=READS["whole"], body=LONG_BODY[:size], type="text/plain", method="PUT")
row("input-long-short", php=READS["whole"], body=LONG_BODY[:200000], type="text/plain", params={"CONTENT_LENGTH": "300000"}, shut=True)
row("input-long-short-put", php=READS["whole"], body=LONG_BODY[:200000], type="text/plain", params={"CONTENT_LENGTH": "300000"}, method="PUT", shut=True)
row("input-long-form-put", "/files.php", body=part("f", LONG_BODY, "a.bin") + END, type=FORM, method="PUT")
row("input-long-form-nopost", "/files.php", body=part("f", LONG_BODY, "a.bin") + END, type=FORM, pool="nopost")
row("input-long-form-read", "/files.php", body=part("f", LONG_BODY[:100000], "a.bin") + END, type=FORM)

for name, length in {"none": None, "empty": "", "zero": "0", "short": "3", "negative": "-1", "text": "abc", "plus": "+7",
                     "spaces": "  7", "hex": "0x7", "float": "7.9", "huge": "99999999999999999999", "leading-zero": "007",
                     "junk-behind": "7abc"}.items():
    negative = {} if name != "negative" else {
        "differs": "php-fpm takes a negative length for a very large one",
        "ours": {"body": r'string\(0\) ""'}, "theirs": {"body": r'"a=1&b=2"'}}
    row(f"length-{name}", "/print.php", body="a=1&b=2", params={"CONTENT_LENGTH": length}, shut=True, **negative)
    row(f"length-{name}-raw", php="var_dump(file_get_contents('php://input'), $_SERVER['CONTENT_LENGTH'] ?? null);", body="a=1&b=2",
        params={"CONTENT_LENGTH": length}, type="text/plain", shut=True, **negative)
row("length-long", "/print.php", body="a=1&b=2", params={"CONTENT_LENGTH": "20"}, shut=True)
row("length-long-raw", php="var_dump(file_get_contents('php://input'));", body="a=1&b=2", params={"CONTENT_LENGTH": "20"}, type="text/plain", shut=True)
row("length-long-upload", "/files.php", body=UPLOADS["cut"], params={"CONTENT_LENGTH": "4000"}, type=FORM, shut=True)
row("length-long-unread", php="echo 'x';", body="a=1&b=2", params={"CONTENT_LENGTH": "20"}, type="text/plain", shut=True)
row("length-no-type", "/print.php", body="a=1", params={"CONTENT_TYPE": None})
row("length-empty-type", "/print.php", body="a=1", params={"CONTENT_TYPE": ""})
row("length-type-upper", "/print.php", body="a=1", type="APPLICATION/X-WWW-FORM-URLENCODED; charset=x")
row("length-type-comma", "/print.php", body="a=1", type="application/x-www-form-urlencoded, text/plain")
row("length-type-unknown", "/print.php", body="a=1", type="strange")
FILES["body.txt"] = "from=file&b=2"
for name, path in (("file", "/srv/www/body.txt"), ("missing", "/none"), ("empty", "")):
    row(f"body-file-{name}", "/print.php", body="a=1&b=2", params={"REQUEST_BODY_FILE": path, "CONTENT_LENGTH": "13"}, shut=True)
    row(f"body-file-{name}-raw", "/print.php", body="", type="text/plain", params={"REQUEST_BODY_FILE": path, "CONTENT_LENGTH": "13"}, shut=True)
row("body-file-directory", "/print.php", body="", params={"REQUEST_BODY_FILE": "/srv", "CONTENT_LENGTH": "13"},
    differs="only regular files are opened: a FIFO would hold the worker for ever",
    ours={"stderr": r"REQUEST_BODY_FILE: open\('/srv'\) failed"}, theirs={"stderr": "^$"})
row("body-file-longer", "/print.php", body="", type="text/plain", params={"REQUEST_BODY_FILE": "/srv/www/body.txt", "CONTENT_LENGTH": "5"})

# authentication
for name, value in {
    "basic": "Basic dXNlcjpwYXNz", "basic-lower": "basic dXNlcjpwYXNz", "basic-colon": "Basic dXNlcjpwYTpzcw==",
    "basic-no-colon": "Basic dXNlcg==", "basic-garbage": "Basic %%%", "basic-empty": "Basic ", "basic-nul": "Basic dQB4OnA=",
    "digest": 'Digest username="u", realm="r", nonce="n"', "digest-lower": 'digest username="u"', "bearer": "Bearer token", "empty": "",
    "long": "Basic " + "QUFB" * 500,
}.items():
    row(f"auth-{name}", "/print.php", headers={"Authorization": value})
row("auth-remote-user", "/print.php", params={"REMOTE_USER": "alice", "AUTH_TYPE": "Basic"})
row("auth-redirect", "/print.php", params={"REDIRECT_HTTP_AUTHORIZATION": "Basic dXNlcjpwYXNz"})
row("auth-given", "/print.php", params={"PHP_AUTH_USER": "client", "PHP_AUTH_PW": "mine", "HTTP_AUTHORIZATION": "Basic dXNlcjpwYXNz"})
row("auth-then-none", php="var_dump($_SERVER['PHP_AUTH_USER'] ?? null);", headers={"Authorization": "Basic dXNlcjpwYXNz"}, flags=1,
    then=[{"conn": "same"}, {"conn": "new"}])

# headers, cookies
for name, headers in {
    "proxy": {"Proxy": "http://evil.test"},
    "case": {"X-Foo_bar-BAZ": "1", "X--Double": "2", "X-": "3"},
    "empty": {"X-Empty": "", "Cookie": "", "Host": ""},
    "cookie-odd": {"Cookie": "a=1;b=2;;c;d=%zz; e[=1; f]=2; __Host-x=1; g.h=1; i j=2"},
    "cookie-long": {"Cookie": "c=" + "x" * 5000},
    "cookie-array": {"Cookie": "a[]=1; a[]=2; a[x]=3; b=1; b=2"},
    "utf8": {"X-Utf8": "é€"},
    "quotes": {"X-Quote": "a\"b'c\\d"},
}.items():
    row(f"headers-{name}", "/print.php", headers=headers)
row("headers-http-lower", "/print.php", params={"HTTP_x_lower": "1", "http_lower": "2", "HTTP_": "3", "HTTP__": "4", "HTTPX": "5", "HTTP_1": "6"})
row("headers-content", "/print.php", params={"CONTENT_TYPE": "a/b", "CONTENT_LENGTH": "0", "HTTP_CONTENT_TYPE": "c/d", "HTTP_CONTENT_LENGTH": "9"})
row("headers-https", "/print.php", params={"HTTPS": "on", "REQUEST_SCHEME": "https", "SERVER_PORT": "443"})
row("headers-modify", php="$a = getallheaders(); $_SERVER['HTTP_HOST'] = 'x'; var_dump(getallheaders() == $a, apache_request_headers() == $a);")
for name, more in {
    "invalid-utf8": [(b"X_\xff", b"\xfe\xff"), (b"QUERY_STRING", b"a=\xff\xc3(")],
    "control": [(b"X_C", bytes(range(1, 32)) + b"\x7f"), (b"HTTP_X_C", b"\t\r\n")],
    "name-odd": [("a.b", "1"), ("a b", "2"), ("a[b]", "3"), ("a[b][c]", "4"), ("x[]", "5"), (" lead", "6"), ("[", "7"), ("a[", "8")],
    "name-number": [("0", "zero"), ("10", "ten"), ("-1", "minus")],
    "name-long": [("N" * 200, "1"), ("M" * 255, "2"), ("L" * 256, "3"), ("K" * 5000, "4")],
    "header-long": [("HTTP_" + "N" * 200, "1"), ("HTTP_" + "L" * 400, "3")],
    "value-long": [("X_LONG", "v" * 60000)],
    "value-127": [("X_127", "v" * 127), ("X_128", "v" * 128), ("N" * 127, "1"), ("N" * 128, "2")],
    "value-empty": [("X_EMPTY", ""), ("HTTP_X_EMPTY", "")],
    "duplicate": [("X_DUP", "first"), ("X_DUP", "second"), ("SCRIPT_NAME", "/dup.php"), ("HTTP_X", "1"), ("HTTP_X", "2")],
    "many": [(f"X_{i}", str(i)) for i in range(400)],
    "globals": [("GLOBALS", "1"), ("_SERVER", "2"), ("this", "3"), ("_GET[a]", "4")],
}.items():
    row(f"params-{name}", "/print.php", more=more)
row("params-duplicate-3", "/print.php", more=[("X_D", "first"), ("X_D", "second")],
    differs="php-fpm takes the same name of three bytes for another when its value begins with another byte",
    ours={"body": r'"X_D"\]=>\n  string\(6\) "second"'}, theirs={"body": r'"X_D"\]=>\n  string\(5\) "first"'})
REFUSED = {
    "ours": {"status": "400 Bad Request", "body": "head of the request is malformed"},
    "theirs": {"status": "^$", "body": "== _SERVER", "headers": "plain;charset"},
}
for name, more in {
    "nul-value": [(b"X_NUL", b"a\0b")],
    "nul-name": [(b"X\0NUL", b"a")],
    "equals-name": [("X=Y", "1")],
    "empty-name": [("", "1")],
}.items():
    row(f"params-{name}", "/print.php", more=more,
        differs="a NUL, a name with '=' or without a byte: the request is refused, not passed on cut", **REFUSED)
row("params-bulk-split", differs="php-fpm refuses pairs that two PARAMS records share, the specification does not",
    ours={"body": "bool\\(true\\)", "end": "protocolStatus 0", "headers": "Content-type", "connection": "closed"},
    theirs={"body": "^$", "end": "^$", "headers": "^$", "connection": "reset"}, php="var_dump(count($_SERVER), strlen(implode($_SERVER)) > 100000, $_SERVER['BULK_499'] ?? null);", more=[(f"BULK_{i}", "v" * 250) for i in range(500)])
row("params-bulk-records", php="var_dump(count($_SERVER), $_SERVER['BULK_99'] ?? null);", more=[(f"BULK_{i}", "v" * 40) for i in range(100)])
for size in (1, 3, 20):
    row(f"params-records-of-{size}", "/print.php", params_piece=-size, more=[(f"BULK_{i}", "v" * 140) for i in range(30)])
row("params-bulk", php="var_dump(count($_SERVER), strlen(implode($_SERVER)) > 100000, $_SERVER['BULK_499'] ?? null);", params_piece=-100, more=[(f"BULK_{i}", "v" * 250) for i in range(500)])
row("query-odd", "/print.php", query="&&a&=b&c==d&e%00f=1&%5b=2&g[h=3&i]j=4&k%20l=5&m.n=6&o[p.q]=7&r[][s]=8&r[][s]=9&t=%E9&a=last")
row("query-nested", "/print.php", query="a" + "[b]" * 100 + "=1")
row("query-semicolon", "/print.php", query="a=1;b=2")
row("query-long", php="var_dump(strlen($_SERVER['QUERY_STRING']), strlen($_GET['q']));", query="q=" + "x" * 30000, since=(8, 5),
    differs="php-fpm tells the web server that it has cut a line of its access log", ours={"stderr": "^$"}, theirs={"stderr": "log buffer is over"})
row("query-none", "/print.php", params={"QUERY_STRING": None})
row("query-filter", php="var_dump(filter_input_array(INPUT_GET), filter_input(INPUT_GET, 'n', FILTER_VALIDATE_INT), filter_input(INPUT_COOKIE, 'c'), filter_input(INPUT_POST, 'p'), filter_input(INPUT_SERVER, 'QUERY_STRING'), filter_has_var(INPUT_SERVER, 'SCRIPT_NAME'), filter_input_array(INPUT_ENV));",
    query="n=5&x=%3Cb%3E", headers={"Cookie": "c=1"}, body="p=1")
row("exactly-nothing", "/x", exactly=[])
row("exactly-method", "/x", exactly=[("REQUEST_METHOD", "GET")])
row("exactly-filename", "/x", exactly=[("SCRIPT_FILENAME", "/srv/www/print.php")])
row("exactly-minimal", "/x", exactly=[("REQUEST_METHOD", "GET"), ("SCRIPT_FILENAME", "/srv/www/print.php")])
row("exactly-post", "/x", exactly=[("REQUEST_METHOD", "POST"), ("SCRIPT_FILENAME", "/srv/www/print.php"), ("CONTENT_LENGTH", "3"), ("CONTENT_TYPE", "application/x-www-form-urlencoded")], body="a=1")

# sessions
SESSION = "session_id('{0}'); session_start(); $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1; echo $_SESSION['n'];"
row("session-count", php=SESSION.format("compatcount"), then=[{}, {}], mask=[("Expires: [^\\n]*", "Expires")])
row("session-cookie", php="session_start(['use_strict_mode' => 0]); echo session_id(), SID;", headers={"Cookie": "PHPSESSID=fromcookie"},
    then=[{"headers": {"Cookie": "PHPSESSID=fromcookie"}}])
row("session-new", php="session_start(); echo strlen(session_id());", mask=[("PHPSESSID=[^;]*", "PHPSESSID=")])
row("session-bad-id", php="session_start(); echo session_id() === 'x y<' ? 'kept' : 'new';", headers={"Cookie": "PHPSESSID=x%20y<"}, mask=[("PHPSESSID=[^;]*", "PHPSESSID=")])
row("session-destroy", php="session_id('compatdestroy'); session_start(); $_SESSION['a'] = 1; session_destroy(); var_dump(session_status(), $_SESSION);")
row("session-regenerate", php="session_id('compatregen'); session_start(); session_regenerate_id(true); echo strlen(session_id());", mask=[("PHPSESSID=[^;]*", "PHPSESSID=")])
row("session-finish", php="session_id('compatfin'); session_start(); $_SESSION['a'] = ($_SESSION['a'] ?? 0) + 1; echo $_SESSION['a']; fastcgi_finish_request();", then=[{"pause": 0.05}])
row("session-fatal", php="session_id('compatfatal'); session_start(); $_SESSION['a'] = ($_SESSION['a'] ?? 0) + 1; echo $_SESSION['a']; nothing();", then=[{}])
row("session-nocache", php="session_cache_limiter('private'); session_cache_expire(5); session_id('compatlimiter'); session_start();", mask=[("Last-Modified: [^\\n]*", "Last-Modified")])
