#!/bin/bash
# No request is lost when the pool is restarted under load: 8 clients on a page that sleeps 20 ms, three
# restarts, only answers of 200.

source "${BASH_SOURCE[0]%/*}/lib.sh"
needs_fpmd

write_page restart slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
write_pool restart <<'END'
user = alice
pm = static
pm.max_children = 8
END
site restart
in_container systemctl start fpmd@restart.socket
fetch --output /dev/null http://restart.test/slow.php

load http://restart.test/slow.php 8 6 >"$CONTAINER_ROOT/srv/load" &
clients=$!
for _ in 1 2 3; do
	sleep 1.2
	in_container systemctl restart fpmd@restart.service
done
wait "$clients"
result=$(<"$CONTAINER_ROOT/srv/load")
echo "$result"
assert_matches 'answers' '"status": \{"200": [0-9]+\}, "errors": \{\}' "$result"
requests=$(sed -n 's/.*"requests": \([0-9]*\).*/\1/p' <<<"$result")
((requests > 500)) || fail "only $requests requests in 6 s"
assert_eq 'the service after' active "$(unit_property fpmd@restart.service ActiveState)"
assert_eq 'failures of the service' '' "$(journal_of fpmd@restart.service --priority=err)"
