#!/bin/bash
# SIGTERM drains: a request that sleeps goes on to its end, undisturbed, and only then is the service
# stopped, with success. Who connects meanwhile waits in the backlog and is served by the next start.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@drain.service
write_page drain sleep.php <<'END'
<?php
$start = microtime(true);
$left = sleep(2);
echo 'slept ', $left, ' ', microtime(true) - $start >= 1.99 ? 'whole' : 'short', ' ', getmypid();
END
write_page drain pid.php <<'END'
<?php echo getmypid();
END
pool drain
in_container systemctl start "$unit"

fetch http://drain.test/sleep.php >"$CONTAINER_ROOT/srv/answer" &
request=$!
sleep 0.5
start=${EPOCHREALTIME/./}
in_container systemctl stop --no-block "$unit"
sleep 0.3
assert_eq 'meanwhile' deactivating "$(unit_property "$unit" ActiveState)"

# a new one in the meantime: it waits for the next start
fetch http://drain.test/pid.php >"$CONTAINER_ROOT/srv/waiter" &
waiter=$!

wait $request || fail 'the request was cut off'
answer=$(<"$CONTAINER_ROOT/srv/answer")
assert_matches 'the sleeper' '^slept 0 whole [0-9]+$' "$answer"
msec=$(((${EPOCHREALTIME/./} - start) / 1000))
((msec > 1000)) || fail "the answer came after $msec ms"

wait $waiter || fail 'the waiter was refused'
assert_matches 'the waiter' '^[0-9]+$' "$(<"$CONTAINER_ROOT/srv/waiter")"
assert_eq 'started again by the waiter' active "$(unit_property "$unit" ActiveState)"

# an idle pool stops at once, with success
start=${EPOCHREALTIME/./}
in_container systemctl stop "$unit"
assert_at_most 'ms to stop an idle pool' 1000 $(((${EPOCHREALTIME/./} - start) / 1000))
assert_eq Result success "$(unit_property "$unit" Result)"
assert_eq ExecMainStatus 0 "$(unit_property "$unit" ExecMainStatus)"
assert_eq 'processes left' '' "$(processes_of drain)"
assert_contains 'what it says' 'Deactivated successfully' \
	"$(in_container journalctl --quiet --output=cat -u "$unit")"
