#!/bin/bash
# pm = ondemand: no worker until a request comes, 50 requests of 100 ms at once are answered in well under the 5 s that
# one worker would take, pm.process_idle_timeout later there is no worker again, and then the same once more: slots can
# be used again. pm.max_children holds.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

LIMIT_MSEC=2000

write_page ondemand nap.php <<'END'
<?php usleep(100000); echo getmypid();
END
conf() {
	write_pool ondemand <<-END
		user = alice
		pm = ondemand
		pm.max_children = $1
		pm.process_idle_timeout = 1s
	END
}
status() {
	pool_status ondemand "$1"
}
# The zygote alone has no child and counts as a worker in workers_of.
nobody_is_left() {
	[[ $(status workers) == 0 && -z $(in_container pgrep -P "$zygote" || true) ]]
}

conf 50
site ondemand
in_container systemctl start fpmd@ondemand.socket fpmd@ondemand.service
zygote=$(zygote_of ondemand)
nobody_is_left || fail 'there are workers at the start'

for which in first second; do
	result=$(burst http://ondemand.test/nap.php 50)
	assert_all_answered "answers of the $which burst" "$result" 50
	assert_at_most "ms of the $which burst" "$LIMIT_MSEC" "$(json_number last_ms "$result")"
	[[ $(status workers) -gt 0 ]] || fail 'the workers left at once'
	wait_for 4 nobody_is_left
done
assert_eq 'pm.max_children was enough' 0 "$(status 'max children reached')"

# one request, one worker; the next one goes to the same
first=$(fetch http://ondemand.test/nap.php)
assert_eq 'the second request' "$first" "$(fetch http://ondemand.test/nap.php)"
assert_eq 'workers of one client' 1 "$(status workers)"

conf 3
in_container systemctl reload fpmd@ondemand.service
result=$(burst http://ondemand.test/nap.php 15)
assert_all_answered 'answers of the limited burst' "$result" 15
assert_eq 'workers of the limited burst' 3 "$(json_number bodies "$result")"
# The manager looks when it is woken, which on a busy machine can be when nobody waits just now.
is_advised() {
	burst http://ondemand.test/nap.php 15 >/dev/null
	[[ $(journal_of fpmd@ondemand.service --priority=warning | grep -c 'workers: pm.max_children') == 1 ]]
}
wait_for 15 is_advised
