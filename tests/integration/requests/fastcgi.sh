#!/bin/bash
# FastCGI as servers other than nginx speak it, by protocol.py, through a unix socket and tcp: kept
# connections, any chunking and padding, management records, roles, aborts, bodies that nobody reads
# (CVE-2026-129289), bodies that stall, parameters that are too many or malformed and are answered.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

www=/srv/www/fastcgi
write_page fastcgi echo.php <<<'<?php echo strlen(file_get_contents("php://input")), " ", $_SERVER["QUERY_STRING"], "\n";'
write_page fastcgi role.php <<<'<?php echo $_SERVER["FCGI_ROLE"];'
write_page fastcgi unread.php <<<'<?php echo "not read";'
write_page fastcgi some.php <<<'<?php fread(fopen("php://input", "r"), 10); echo "not read";'
write_page fastcgi sum.php <<<'<?php echo md5(file_get_contents("php://input"));'
write_page fastcgi evil.php <<<'<?php error_log("the body was run"); echo "evil";'
write_page fastcgi long.php <<'END'
<?php
ignore_user_abort(isset($_SERVER['HTTP_X_IGNORE']));
$log = __DIR__ . '/log/' . $_SERVER['QUERY_STRING'];
register_shutdown_function(function () use ($log) {
	global $ended;
	file_put_contents($log, connection_aborted() . ($ended ?? ''));
});
file_get_contents('php://input');
for ($i = 0; $i < 20; $i++) { echo "."; @ob_flush(); flush(); usleep(50000); }
$ended = ' to the end';
END
in_container install -d -o alice "$www/log"
pool fastcgi <<'END'
listen = /run/fpmd/fastcgi.sock
listen = 127.0.0.1:9231
request_body_timeout = 1s
END

for address in /run/fpmd/fastcgi.sock 127.0.0.1:9231; do
	in_container python3 "$TOOLS/protocol.py" "$address" "$www" || fail "by $address"
done
assert_eq 'the journal knows of 431' 1 "$(journal_of fpmd@fastcgi.service | grep -c 'answered with 431' | sed 's/[12]/1/')"
log=$(journal_of fpmd@fastcgi.service)
assert_contains 'a body that stalled' 'Nothing more of the body came for 1 s (request_body_timeout)' "$log"
assert_lacks 'a body that was not read' 'the body was run' "$log"
assert_lacks 'the workers' 'was killed' "$log"
