#!/bin/bash
# pm = dynamic: 50 requests of 100 ms at once are answered in well under a second, though two workers were
# started; afterwards the pool shrinks to pm.max_spare_servers, and a second burst is as quick as the first
# (a slot that was retired can be used again). There are never more than pm.max_children, and advice about
# them is given once.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

LIMIT_MSEC=800

write_page dynamic nap.php <<'END'
<?php usleep(100000); echo getmypid();
END
write_page dynamic sleep.php <<'END'
<?php sleep(1); echo getmypid();
END
conf() {
	write_pool dynamic <<-END
		user = alice
		pm = dynamic
		pm.max_children = $1
		pm.start_servers = 2
		pm.min_spare_servers = 2
		pm.max_spare_servers = 3
	END
}
status() {
	pool_status dynamic "$1"
}
few_are_left() {
	[[ $(status workers) == 3 && $(workers_of dynamic | wc -l) == 3 ]]
}

conf 52
site dynamic
in_container systemctl start fpmd@dynamic.socket fpmd@dynamic.service
two_wait() {
	[[ $(status idle) == 2 ]]
}
wait_for 2 two_wait
assert_eq 'workers at first' 2 "$(workers_of dynamic | wc -l)"

for which in first second; do
	result=$(burst http://dynamic.test/nap.php 50)
	assert_all_answered "answers of the $which burst" "$result" 50
	assert_at_most "ms of the $which burst" "$LIMIT_MSEC" "$(json_number last_ms "$result")"
	wait_for 6 few_are_left
done
assert_eq 'pm.max_children was enough' 0 "$(status 'max children reached')"

# spares: while three work, two more wait
fetch_all() {
	burst http://dynamic.test/sleep.php 3 >/dev/null
}
fetch_all &
three_work() {
	[[ $(status busy) == 3 ]]
}
wait_for 2 three_work
wait_for 1 two_wait
wait $!

# no more than pm.max_children
conf 4
in_container systemctl reload fpmd@dynamic.service
# The second one waits for longer than a second, in which the manager looks again: it may have looked before the first
# request waited.
for page in nap:20 sleep:8; do
	result=$(burst "http://dynamic.test/${page%:*}.php" "${page#*:}")
	assert_all_answered "answers of the limited burst of ${page%:*}.php" "$result" "${page#*:}"
	assert_eq "workers of the limited burst of ${page%:*}.php" 4 "$(json_number bodies "$result")"
done
assert_eq 'max children' 4 "$(status 'max children')"
((10#$(status 'max children reached') > 0)) || fail 'reaching pm.max_children was not counted'
journal=$(journal_of fpmd@dynamic.service --priority=warning)
# Before the first request waits there may be a moment at which none does.
assert_eq 'advice' 1 "$(grep -c '^All workers are busy and requests wait.* 4 workers: pm.max_children' <<<"$journal")"
assert_at_most 'advice of both kinds' 2 "$(grep -c '^All workers are busy.* 4 workers: pm.max_children' <<<"$journal")"
assert_eq 'other warnings' '' "$(grep -v '^All workers are busy' <<<"$journal" || true)"
