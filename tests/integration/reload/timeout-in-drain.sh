#!/bin/bash
# request_terminate_timeout goes on counting for a request of the generation before a reload, and what ends
# it then also says where in the script that was.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page latedrain sleep.php <<'END'
<?php
function pay()
{
	sleep(10);
}
pay();
END
write_pool latedrain <<'END'
user = alice
pm = static
pm.max_children = 2
request_terminate_timeout = 2s
END
site latedrain
in_container systemctl start fpmd@latedrain.socket fpmd@latedrain.service

fetch --output /dev/null --write-out '%{http_code} %{time_total}' http://latedrain.test/sleep.php \
	>"$CONTAINER_ROOT/srv/answer" &
sleep 0.7
in_container systemctl reload fpmd@latedrain.service
wait
assert_matches 'the answer' '^502 2\.[01]' "$(<"$CONTAINER_ROOT/srv/answer")"

journal=$(journal_of fpmd@latedrain.service --priority=warning)
echo "$journal"
assert_contains 'journal' 'was ended during GET /sleep.php' "$journal"
assert_contains 'the stack' 'sleep() /srv/www/latedrain/sleep.php:4' "$journal"
