#!/bin/bash
# ping.path answers ping.response with php-fpm's headers, in their order; HEAD without a body; a path that is
# only nearly right, and a request without a script, are not the page. The same script passes against php-fpm
# (run --php-fpm 57).

source "${BASH_SOURCE[0]%/*}/../lib.sh"

pool ping <<'END'
ping.path = /ping
ping.response = "pong & <more>"
END
in_container systemctl start fpmd@ping.service

ask() {
	in_container env STATUS_PATH="${STATUS_PATH:-/ping}" python3 "$TOOLS/status.py" "$1" /run/fpmd/ping.sock "${@:2}"
}

assert_eq 'ping' 'Content-type: text/plain;charset=UTF-8
Expires: Thu, 01 Jan 1970 00:00:00 GMT
Cache-Control: no-cache, no-store, must-revalidate, max-age=0

pong & <more>' "$(ask raw '')"
assert_eq 'HEAD' '0 4' "$(ask head '')"
assert_eq 'through nginx' 'pong & <more>' "$(fetch http://ping.test/ping)"
assert_eq 'with a query' 'pong & <more>' "$(fetch 'http://ping.test/ping?html')"
assert_eq 'status' 200 "$(fetch_status http://ping.test/ping)"
assert_eq 'a longer path' 404 "$(fetch_status http://ping.test/pingx)"
assert_eq 'another case' 404 "$(fetch_status http://ping.test/PING)"
assert_eq 'the status page is off' 404 "$(fetch_status http://ping.test/status)"
assert_contains 'without a script' 'Status: 404' "$(ask bare /ping)"
