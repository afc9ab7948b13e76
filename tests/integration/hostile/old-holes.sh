#!/bin/bash
# What was a hole in php-fpm and has no test of its own elsewhere: requests that broke or misled it are sent to a pool of
# one worker, which must answer the next request, and be the same. The holes, and the tests that keep them closed here:
#
# CVE-2014-0185, a socket for everybody; CVE-2015-9253, standard streams that do not block: this test
# CVE-2016-5385, Proxy:; CVE-2019-11043 and 2026-129538, PATH_INFO; CVE-2023-0662, parts of a body: this test
# CVE-2018-10545, memory of a worker (here of the zygote, too): php-confined, zygote-memory
# CVE-2021-21703 and 2026-129291, root believes what workers write: fake-*; test-scoreboard, test-slots, test-message;
#       fuzz-claims, fuzz-messages
# CVE-2024-9026, marks in the log: this test
# CVE-2026-91768, 12 of 16 bytes of an address: requests/allowed-clients, test-client-guard
# CVE-2026-129289, a body as the next request, stale bytes in END_REQUEST: requests/fastcgi, test-fcgi-finish
# CVE-2026-109618 and 109619, a jump out of PHP: this test, tools/status-hangup
# PHP_VALUE against the pool: php/php-values; suffixes and records that are cut: requests/refused-scripts,
#       test-fcgi-request

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"

url=http://holes.test
write_page holes pid.php <<'END'
<?php echo getmypid(), ' ', strlen(implode('', headers_list())) < 200 ? 'clean' : 'dirty', ' ', ini_get('precision');
END
pool holes <<'END'
pm.max_children = 1
php_admin_value[memory_limit] = 16M
php_admin_value[max_multipart_body_parts] = 20
END
worker=$(fetch "$url/pid.php")
same_worker() {
	assert_eq "the worker after $1" "$worker" "$(fetch "$url/pid.php")"
}

# CVE-2016-5385: a client's header is not the environment's HTTP_PROXY
write_page holes proxy.php <<<'<?php var_dump(getenv("HTTP_PROXY"), getenv("http_proxy")); echo getenv("HTTP_X_SEEN");'
reply=$(fetch -H 'Proxy: evil:1' -H 'X-Seen: yes' "$url/proxy.php")
assert_lacks 'HTTP_PROXY' evil "$reply"
assert_contains 'other headers' yes "$reply"

# CVE-2019-11043, CVE-2026-129538: PATH_INFO that is shorter than what follows the script
for info in '' / /x; do
	for tail in / /x /a/b/c/d "/$(printf 'P%.0s' {1..2000})"; do
		in_container python3 "$TOOLS/fcgi.py" /run/fpmd/holes.sock "/srv/www/holes/pid.php$tail" \
			"PATH_INFO=$info" "SCRIPT_NAME=/pid.php" 'PATH_TRANSLATED=' 'DOCUMENT_ROOT=/srv/www/holes' \
			"QUERY_STRING=$(printf 'Q%.0s' {1..1500})" >/dev/null || fail "no answer for '$tail', '$info'"
	done
done
same_worker 'PATH_INFO that does not fit'

# CVE-2026-109618, -109619: errors where PHP jumps out of the SAPI's hands
write_page holes memory.php <<<'<?php ob_start(function ($s) { return str_repeat($s, 1 << 28); }); echo "x";'
write_page holes shutdown.php <<'END'
<?php
ini_set('precision', 3);
register_shutdown_function(function () { ob_start(fn($s) => exit('in a callback')); echo 'x'; trigger_error('late', E_USER_ERROR); });
class D { function __destruct() { throw new Exception('in a destructor'); } }
$d = new D;
header('X-Long: ' . str_repeat('x', 4000));
undefined();
END
write_page holes session.php <<'END'
<?php
session_set_save_handler(fn() => true, fn() => true, fn() => '', function () { throw new Error('in write'); }, fn() => exit, fn() => 1);
session_start();
$_SESSION['x'] = 1;
END
write_page holes timeout.php <<'END'
<?php
set_time_limit(1);
register_shutdown_function(function () { set_time_limit(1); for (;;); });
for (;;);
END
write_page holes deep.php <<'END'
<?php
set_error_handler(function () { throw new Exception('from the handler'); });
header_register_callback(function () { strlen(undefined_in_callback()); });
echo $undefined;
END
for page in memory shutdown session deep; do
	fetch --output /dev/null "$url/$page.php" || true
	same_worker "$page.php"
done
fetch --output /dev/null -d "$(printf 'a%.0s[]=1&' {1..3000})" "$url/memory.php" || true
same_worker 'a form and memory.php'

# CVE-2023-0662: parts of a multipart body are counted
write_page holes parts.php <<<'<?php echo count($_POST);'
parts=()
for i in {1..100}; do
	parts+=(-F "f$i=1")
done
assert_matches 'parts' '^[0-9]{1,2}$' "$(fetch "${parts[@]}" "$url/parts.php")"

# CVE-2024-9026: what a worker writes arrives as it is, also what php-fpm took for its own marks
write_page holes marks.php <<<'<?php fwrite(fopen("php://stderr", "w"), "fscf before \0fscf\0 after fscf\n");'
fetch "$url/marks.php"
needs_fpmd
wait_for 5 journal_has fpmd@holes.service ' after fscf'
assert_contains 'marks in the log' 'fscf before fscf  after fscf' \
	"$(journal_of fpmd@holes.service | tr '\n' ' ')" # journald takes NUL for the end of a line
same_worker 'marks in the log'

fetch --output /dev/null "$url/timeout.php" || true # it ends by SIGALRM's hard limit, or as any other
wait_for 5 fetch "$url/pid.php"

# CVE-2015-9253: standard output that does not block is the worker's own, and no reason to start anew
write_page holes nonblock.php <<'END'
<?php
foreach (['php://stdin', 'php://stdout', 'php://stderr'] as $name) stream_set_blocking(fopen($name, 'r+'), false);
posix_kill(getmypid(), 9);
END
manager=$(manager_of holes)
fetch --output /dev/null "$url/nonblock.php" || true
wait_for 5 fetch "$url/pid.php"
before=$(in_container awk '{ print $14 + $15 }' "/proc/$manager/stat")
sleep 0.5
assert_at_most 'ticks of the manager meanwhile' 5 \
	"$(($(in_container awk '{ print $14 + $15 }' "/proc/$manager/stat") - before))"
assert_eq 'the manager' "$manager" "$(manager_of holes)"

# CVE-2014-0185: the socket is not for everybody
assert_eq 'mode of the socket' '660 root www-data' "$(in_container stat -c '%a %U %G' /run/fpmd/holes.sock)"
