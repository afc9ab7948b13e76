#!/bin/bash
# Every kind of request that an application makes goes the whole way through nginx: GET, a form, a raw
# body, an upload, cookies, headers both ways, status codes, HEAD, PATH_INFO, output larger than any
# buffer. The same script passes against php-fpm (run --php-fpm 20).

source "${BASH_SOURCE[0]%/*}/../lib.sh"

url=http://requests.test

pool requests
write_page requests echo.php <<'END'
<?php
header('Content-Type: application/json');
header('X-Answer: 42');
header('X-Many: one', false);
header('X-Many: two', false);
setcookie('taste', 'sweet sour');
echo json_encode([
	'method' => $_SERVER['REQUEST_METHOD'], 'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE,
	'accept' => $_SERVER['HTTP_X_ASKED'] ?? null, 'sapi' => php_sapi_name(),
	'path_info' => $_SERVER['PATH_INFO'] ?? null, 'self' => $_SERVER['PHP_SELF'],
	'headers' => getallheaders()['X-Asked'] ?? null,
]);
END
write_page requests body.php <<'END'
<?php
$body = file_get_contents('php://input');
echo strlen($body), ' ', md5($body), ' ', $_SERVER['CONTENT_LENGTH'] ?? '-';
END
write_page requests upload.php <<'END'
<?php
$f = $_FILES['doc'];
echo $f['error'], ' ', $f['name'], ' ', $f['size'], ' ', md5_file($f['tmp_name']), ' ',
	is_uploaded_file($f['tmp_name']) ? 'uploaded' : 'not uploaded', ' ', $_POST['title'];
END
write_page requests status.php <<'END'
<?php
http_response_code((int) $_GET['code']);
if ($_GET['code'] == 302) header('Location: /echo.php');
echo 'body of ', $_GET['code'];
END
write_page requests reason.php <<'END'
<?php header('HTTP/1.1 404 Gone Fishing'); echo 'fishing';
END
write_page requests big.php <<'END'
<?php
for ($i = 0; $i < 3072; $i++) echo str_repeat(chr(97 + $i % 26), 1024);
END
write_page requests unread.php <<'END'
<?php echo 'did not look at the body';
END
write_page requests fatal.php <<'END'
<?php throw new Exception('on purpose');
END
write_page requests exit.php <<'END'
<?php echo 'before'; exit(3);
END

# GET with a query, a header and cookies
reply=$(fetch -H 'X-Asked: yes, please' -b 'a=1; b=two' "$url/echo.php?x=1&y[]=2&y[]=3")
assert_contains GET '"method":"GET"' "$reply"
assert_contains query '"get":{"x":"1","y":["2","3"]}' "$reply"
assert_contains cookies '"cookie":{"a":"1","b":"two"}' "$reply"
assert_contains header '"accept":"yes, please"' "$reply"
assert_contains getallheaders '"headers":"yes, please"' "$reply"
assert_contains 'SAPI name' '"sapi":"fpm-fcgi"' "$reply"

# headers of the answer
reply=$(fetch --include "$url/echo.php")
assert_matches 'status line' '^HTTP/1.1 200 OK' "$reply"
assert_contains 'own header' 'X-Answer: 42' "$reply"
assert_contains 'first of two' 'X-Many: one' "$reply"
assert_contains 'second of two' 'X-Many: two' "$reply"
assert_contains 'content type' 'Content-Type: application/json' "$reply"
assert_contains 'cookie set' 'Set-Cookie: taste=sweet%20sour' "$reply"

# PATH_INFO
reply=$(fetch "$url/echo.php/some/where?q=1")
assert_contains PATH_INFO '"path_info":"\/some\/where"' "$reply"
assert_contains PHP_SELF '"self":"\/echo.php\/some\/where"' "$reply"

# a form, and other methods
reply=$(fetch --data 'name=J%C3%BCrgen&n[]=1&n[]=2' "$url/echo.php?x=1")
assert_contains 'form' '"post":{"name":"J\u00fcrgen","n":["1","2"]}' "$reply"
assert_contains 'form and query' '"get":{"x":"1"}' "$reply"
assert_contains DELETE '"method":"DELETE"' "$(fetch -X DELETE "$url/echo.php")"

# raw bodies: none, small, larger than a FastCGI record, larger than memory pieces
for size in 0 1 8192 65535 65536 5000000; do
	in_container sh -c "head -c $size /dev/urandom >/root/body"
	sum=$(in_container md5sum /root/body)
	assert_eq "body of $size" "$size ${sum%% *} $size" \
		"$(fetch -H 'Content-Type: application/octet-stream' --data-binary @/root/body "$url/body.php")"
done
# without a length: nginx makes one
assert_eq 'chunked body' "5000000 ${sum%% *} 5000000" "$(fetch -H 'Transfer-Encoding: chunked' \
	-H 'Content-Type: application/octet-stream' --data-binary @/root/body "$url/body.php")"

# an upload
in_container sh -c 'head -c 1500000 /dev/urandom >/root/doc.bin'
sum=$(in_container md5sum /root/doc.bin)
assert_eq upload "0 doc.bin 1500000 ${sum%% *} uploaded a title" \
	"$(fetch -F 'doc=@/root/doc.bin' -F 'title=a title' "$url/upload.php")"

# a body that the script does not read does no harm, neither to its answer nor to the next request
for _ in 1 2 3 4; do
	assert_eq 'unread body' 'did not look at the body' \
		"$(fetch -H 'Content-Type: application/octet-stream' --data-binary @/root/body "$url/unread.php")"
done

# status codes
for code in 201 302 404 418 500 503; do
	assert_eq "status $code" "$code" "$(fetch_status "$url/status.php?code=$code")"
done
assert_eq 'body of 404' 'body of 404' "$(fetch "$url/status.php?code=404")"
assert_contains 'own reason' '404 Gone Fishing' "$(fetch --include "$url/reason.php")"
assert_eq 'uncaught exception' 500 "$(fetch_status "$url/fatal.php")"
assert_eq exit before "$(fetch "$url/exit.php")"

# HEAD: the headers and no body
reply=$(fetch --head "$url/echo.php")
assert_contains 'HEAD status' '200 OK' "$reply"
assert_contains 'HEAD header' 'X-Answer: 42' "$reply"

# 3 MiB of output, whole
sum=$(fetch "$url/big.php" | md5sum)
expected=$(python3 -c '
import sys
for i in range(3072): sys.stdout.write(chr(97 + i % 26) * 1024)' | md5sum)
assert_eq '3 MiB of output' "$expected" "$sum"

# a client that leaves in the middle of it costs no worker
for _ in 1 2 3 4 5; do
	fetch --limit-rate 1k --max-time 0.2 --output /dev/null "$url/big.php" 2>/dev/null || true
done
assert_eq 'after the leavers' before "$(fetch "$url/exit.php")"
