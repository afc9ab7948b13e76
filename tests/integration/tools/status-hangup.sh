#!/bin/bash
# A client that leaves before it has read a long status page costs its answer alone: the worker serves on. The same
# where there is no memory for what fpm_get_status() returns.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool hangup <<'END'
pm.max_children = 120
php_admin_value[memory_limit] = 16M
pm.status_path = /status
END
write_page hangup page.php <<<'<?php echo getmypid();'
write_page hangup array.php <<'END'
<?php
$kept = [];
for (;;)
	$kept[] = fpm_get_status();
END
# workers_of() asks for each process
workers() {
	in_container pgrep -P "$(zygote_of hangup)" | sort
}
all_there() {
	(($(workers | wc -l) == 120))
}
fetch http://hangup.test/page.php >/dev/null
wait_for 10 all_there
before=$(workers)

page=$(fetch 'http://hangup.test/status?full')
((${#page} > 40000)) || fail "the page has ${#page} bytes, which is not long"
in_container python3 - <<'END'
import sys, time
sys.path.insert(0, "/usr/local/lib/fpmd-test")
from fcgi import connect, request
for query in ["full", "html&full", "xml&full", "json&full"] * 5:
    with connect("/run/fpmd/hangup.sock") as peer:
        peer.sendall(request("/srv/www/hangup/page.php", SCRIPT_NAME="/status", QUERY_STRING=query))
    time.sleep(0.02)
END
for _ in 1 2; do
	fetch http://hangup.test/array.php >/dev/null
	fetch 'http://hangup.test/status?full' >/dev/null
done
assert_eq 'workers' "$before" "$(workers)"
assert_eq 'serves' 200 "$(fetch_status http://hangup.test/page.php)"
