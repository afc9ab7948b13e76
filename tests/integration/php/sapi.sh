#!/bin/bash
# What an application can notice of the SAPI: status lines and headers, the environment, messages to the web
# server, the end of a request before the end of the script, a client that leaves, sessions, mail. As with
# php-fpm: run --php-fpm 29 has to say the same.
#
# shellcheck disable=SC2016  # PHP

source "${BASH_SOURCE[0]%/*}/../lib.sh"

www=/srv/www/sapi
state=$CONTAINER_ROOT$www/state
mkdir -p "$state"
chmod 777 "$state"

# page NAME <<END: one line of PHP or more
page() {
	write_page sapi "$1" < <(echo '<?php' && cat)
}
# ask PAGE [NAME=VALUE …]: stderr, headers and body, without the carriage returns
ask() {
	in_container python3 "$TOOLS/fcgi.py" /run/fpmd/sapi.sock $www/"$1" "${@:2}" 2>&1 | tr -d '\r'
}
has_state() {
	[[ -e $state/$1 ]]
}

pool sapi <<'END'
php_admin_value[fastcgi.error_header] = "HTTP/1.1 550 Broken"
php_admin_value[display_errors] = off
php_admin_value[error_reporting] = 32767
php_admin_value[sendmail_path] = "/usr/bin/tee /srv/www/sapi/state/mail"
php_admin_value[session.save_path] = /srv/www/sapi/state
php_value[variables_order] = EGPCS
END

### the answer

type=$'Content-type: text/html; charset=UTF-8'
page headers.php <<'END'
foreach (json_decode($_GET['h'], true) as $header) header($header);
foreach (json_decode($_GET['i'] ?? '[]', true) as $name => $value) ini_set($name, $value);
END
# answers WHAT EXPECTED HEADERS [INI]
answers() {
	assert_eq "$1" "$2" "$(ask headers.php "QUERY_STRING=h=$3&i=${4:-[]}")"
}
answers 'no status' "$type" '[]'
answers 'a code' $'Status: 302 Found\nLocation: /x\n'"$type" '["Location: /x"]'
answers 'a code without a reason' $'Status: 418\n'"$type" '["HTTP/1.1 418"]'
answers 'a reason' $'Status: 404 Gone Fishing\n'"$type" '["HTTP/1.1 404 Gone Fishing"]'
answers 'a Status: of its own' $'Status: 299 Mine\n'"$type" '["Status: 299 Mine"]'
answers 'both' $'Status: 404 Line\n'"$type" '["Status: 299 Mine","HTTP/1.1 404 Line"]'
answers 'two of its own' $'Status: 298 Second\n'"$type" '["Status: 299 Mine","Status: 298 Second"]'
answers 'not modified' $'Status: 304 Not Modified\nETag: "e"' '["HTTP/1.1 304 Not Modified","ETag: \"e\"","Content-Type: x/y"]'
answers 'nph' $'Status: 200 OK\n'"$type" '[]' '{"cgi.nph":"1"}'
answers 'rfc2616' $'HTTP/1.1 404 Line\n'"$type" '["HTTP/1.1 404 Line"]' '{"cgi.rfc2616_headers":"1"}'
answers 'rfc2616 without a line' $'Status: 302 Found\nLocation: /x\n'"$type" '["Location: /x"]' '{"cgi.rfc2616_headers":"1"}'

page fatal.php <<<'nothing();'
reply=$(ask fatal.php)
assert_contains 'fastcgi.error_header' $'Status: 550 Broken\n'"$type" "$reply"
page exit.php <<<'exit(255);'
assert_eq 'exit status 255' $'Status: 550 Broken\n'"$type" "$(ask exit.php)"
page late.php <<<'echo "out"; while (ob_get_level()) ob_end_flush(); flush(); exit(255);'
assert_eq 'too late for it' "$type"$'\n\nout' "$(ask late.php)"
page fine.php <<<'echo "fine";'
assert_eq 'the next request' "$type"$'\n\nfine' "$(ask fine.php)"

### what the web server is told

page log.php <<<'error_log("one"); error_log("two\nlines"); echo "out";'
assert_contains 'messages' $'PHP message: one; PHP message: two\nlines' "$(ask log.php)"
assert_eq 'and again' "$(ask log.php)" "$(ask log.php)"

### the environment

page env.php <<'END'
$all = getenv();
foreach (['PATH_INFO', 'REDIRECT_X', 'HTTP_PROXY', 'USER'] as $name)
	echo json_encode([$name, getenv($name), $all[$name] ?? null, $_ENV[$name] ?? null, $_SERVER[$name] ?? null],
		JSON_UNESCAPED_SLASHES), "\n";
echo json_encode([filter_input(INPUT_ENV, 'REDIRECT_X'), filter_input(INPUT_SERVER, 'SCRIPT_NAME'),
	$_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_PW'] ?? null, $_SERVER['PHP_AUTH_DIGEST'] ?? null]);
END
reply=$(ask env.php PATH_INFO=/p REDIRECT_X=r HTTP_PROXY=evil "HTTP_AUTHORIZATION=Basic $(printf a:b:c | base64)")
assert_contains 'a parameter' '["PATH_INFO","/p","/p","/p","/p"]' "$reply"
assert_contains 'REDIRECT_*' '["REDIRECT_X","r","r","r","r"]' "$reply"
assert_contains 'the process' '["USER","alice","alice","alice","alice"]' "$reply"
assert_contains 'HTTP_PROXY is no environment' '["HTTP_PROXY",false,' "$reply"
assert_matches 'Basic' '\["r",.*,"a","b:c",null\]' "$reply"
assert_contains 'Digest' ',null,null,"username=\"x\""]' "$(ask env.php 'HTTP_AUTHORIZATION=Digest username="x"')"
assert_contains 'no credentials of the one before' ',null,null,null]' "$(ask env.php)"

long=$(printf '%.0sN' {1..300})
page long.php <<<'echo $_SERVER[str_repeat("N", 300)], getenv(str_repeat("N", 300));'
assert_contains 'a long name' $'\n\nvv' "$(ask long.php "$long=v")"

page functions.php <<'END'
foreach (['apache_request_headers', 'getallheaders', 'apache_response_headers', 'fastcgi_finish_request', 'virtual'] as $name)
	echo (int) function_exists($name);
END
assert_contains functions 11010 "$(ask functions.php)"

page body.php <<<'echo file_get_contents("php://input"), "|", count($_POST);'
echo -n 'a=1&b=2&c=3' >"$state/body"
chmod 644 "$state/body"
form=CONTENT_TYPE=application/x-www-form-urlencoded
assert_contains 'a body in a file' 'a=1&b=2|2' \
	"$(ask body.php REQUEST_METHOD=POST $form CONTENT_LENGTH=7 REQUEST_BODY_FILE=$www/state/body)"
assert_contains 'its file is missing' "REQUEST_BODY_FILE: open('$www/state/none') failed: No such file" \
	"$(ask body.php REQUEST_METHOD=POST $form CONTENT_LENGTH=7 REQUEST_BODY_FILE=$www/state/none)"

### time

page finish.php <<'END'
register_shutdown_function(function () { file_put_contents(__DIR__ . '/state/shutdown', connection_status()); });
header('X-Early: 1');
echo 'early';
$first = fastcgi_finish_request();
$second = fastcgi_finish_request();
echo 'lost';
header('X-Late: 1');
usleep(300000);
file_put_contents(__DIR__ . '/state/finished', json_encode([$first, $second]));
END
reply=$(ask finish.php)
has_state finished && fail 'fastcgi_finish_request() did not end the answer'
assert_eq 'finished' $'X-Early: 1\n'"$type"$'\n\nearly' "$reply"
wait_for 5 has_state shutdown
assert_eq 'what it returns' '[true,false]' "$(<"$state/finished")"
assert_eq 'no abort' 0 "$(<"$state/shutdown")"

page flush.php <<<'echo "first"; ob_flush(); flush(); usleep(600000); echo "last";'
ms=$(in_container python3 "$TOOLS/fcgi.py" --time /run/fpmd/sapi.sock $www/flush.php)
((ms < 500)) || fail "flush() sent nothing for $ms ms"

# a client that leaves: noticed when something is sent, and only then
page leave.php <<'END'
ignore_user_abort((bool) $_GET['ignore']);
register_shutdown_function(function () { file_put_contents(__DIR__ . '/state/left' . $_GET['ignore'], connection_status()); });
for ($i = 0; $i < 100; $i++) { echo str_repeat('x', 100000); flush(); usleep(10000); }
file_put_contents(__DIR__ . '/state/ran' . $_GET['ignore'], connection_aborted());
END
for ignore in 0 1; do
	fetch --limit-rate 10k --max-time 0.2 --output /dev/null "http://sapi.test/leave.php?ignore=$ignore" 2>/dev/null || true
done
wait_for 5 has_state left0
wait_for 5 has_state left1
assert_eq 'aborted' 1 "$(<"$state/left0")"
assert_eq 'ignored, and known' '1 1' "$(<"$state/ran1") $(<"$state/left1")"
has_state ran0 && fail 'a script went on without a client'

### what builds on it

page session.php <<<'session_start(); echo $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1;'
in_container rm -f /root/jar
for n in 1 2 3; do
	assert_eq "session, request $n" "$n" "$(fetch --cookie /root/jar --cookie-jar /root/jar http://sapi.test/session.php)"
done
page mail.php <<<'var_dump(mail("to@example.org", "subject", "text", "X-Mine: 1"));'
assert_contains mail 'bool(true)' "$(ask mail.php)"
assert_contains 'mail, header' 'X-Mine: 1' "$(<"$state/mail")"
