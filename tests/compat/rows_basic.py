# SPDX-License-Identifier: MIT
"""What a script is told."""
from table import FILES, row

FILES["lib/show.php"] = r"""<?php
function show(string $title, $value): void {
    ob_start();
    var_dump($value);
    $text = ob_get_clean();
    echo "== $title\n", preg_replace_callback('/[^\x20-\x7e\n]/', fn ($m) => sprintf('\x%02x', ord($m[0])), $text);
}
function steady(array $variables): array {
    unset($variables['REQUEST_TIME'], $variables['REQUEST_TIME_FLOAT']);
    return $variables;
}
"""
FILES["print.php"] = r"""<?php
require_once __DIR__ . '/lib/show.php';
header('Content-Type: text/plain');
show('_SERVER', steady($_SERVER));
show('_GET', $_GET);
show('_POST', $_POST);
show('_COOKIE', $_COOKIE);
show('_REQUEST', $_REQUEST);
show('_ENV', steady($_ENV));
foreach ($_FILES as &$file) unset($file['tmp_name']);
show('_FILES', $_FILES);
show('getenv', getenv());
show('getenv SCRIPT_NAME', [getenv('SCRIPT_NAME'), getenv('PATH_INFO'), getenv('HTTP_PROXY'), getenv('USER'), getenv('PATH'), getenv('NONE')]);
show('getenv local', [getenv('SCRIPT_NAME', true), getenv('USER', true)]);
show('headers', getallheaders());
show('input', file_get_contents('php://input'));
show('self', [PHP_SAPI, php_sapi_name(), __FILE__, __DIR__, getcwd(), get_included_files()]);
show('filter', [filter_input(INPUT_SERVER, 'SCRIPT_NAME'), filter_input(INPUT_GET, 'a'), filter_input(INPUT_ENV, 'USER'), filter_input(INPUT_SERVER, 'PHP_SELF'), filter_has_var(INPUT_SERVER, 'PATH_INFO')]);
show('auth', [$_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_PW'] ?? null, $_SERVER['PHP_AUTH_DIGEST'] ?? null, $_SERVER['AUTH_TYPE'] ?? null]);
"""
row("print-get", "/print.php", query="a=1&b[]=2&b[]=3&c[k][l]=4&d=%00%ff+x&a.b=dot&=empty&e")
row("print-post", "/print.php", body="a=1&b[]=2&c=%20x")
row("print-cookie", "/print.php", headers={"Cookie": "a=1; b=%20two; a=3; c[d]=4; =x; e"})
