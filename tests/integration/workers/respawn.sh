#!/bin/bash
# Workers that die are replaced; those that die at once not without pause; a zygote or a manager that is
# killed costs a moment, not the pool.
# Time limit: 90 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page respawn pid.php <<'END'
<?php echo getmypid();
END
write_page respawn die.php <<'END'
<?php
error_log('dying as asked');
posix_kill(getmypid(), 9);
sleep(1);
END
pool respawn
unit=fpmd@respawn.service
in_container systemctl start "$unit"
manager=$(manager_of respawn)

# one worker
mapfile -t before < <(workers_of respawn)
assert_eq 'workers at first' 2 "${#before[@]}"
in_container kill -KILL "${before[0]}"
replaced() {
	local now
	now=" $(workers_of respawn | tr '\n' ' ')"
	[[ $(wc -w <<<"$now") == 2 && $now != *" ${before[0]} "* && $now == *" ${before[1]} "* ]]
}
wait_for 5 replaced
assert_eq 'a page after a worker' 200 "$(fetch_status http://respawn.test/pid.php)"

# both at once
mapfile -t pids < <(workers_of respawn)
in_container kill -KILL "${pids[@]}"
assert_eq 'a page after all workers' 200 "$(fetch_status http://respawn.test/pid.php)"

# every request kills its worker: no storm of forks (two each 50 ms), and it is over when they stop
start=${EPOCHREALTIME/./}
load http://respawn.test/die.php 4 4
deaths=$(journal_of "$unit" | grep -c 'dying as asked' || true)
echo "$deaths workers died in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
((deaths >= 2)) || fail 'the test killed no worker'
assert_at_most 'deaths in 4 s' 250 "$deaths"
page_is_back() {
	[[ $(fetch_status --max-time 5 http://respawn.test/pid.php) == 200 ]]
}
wait_for 2 page_is_back
two_workers() {
	[[ $(workers_of respawn | wc -l) == 2 ]]
}
wait_for 15 two_workers
assert_eq 'the manager is the same' "$manager" "$(manager_of respawn)"

# the zygote
zygote=$(zygote_of respawn)
in_container kill -KILL "$zygote"
wait_for 15 page_is_back
wait_for 15 another_zygote respawn "$zygote"

# the manager
manager=$(manager_of respawn)
in_container kill -KILL "$manager"
assert_eq 'a page after the manager' 200 "$(fetch_status http://respawn.test/pid.php)"
wait_for 15 another_manager respawn "$manager"
assert_eq 'NRestarts' 1 "$(unit_property "$unit" NRestarts)"
wait_for 15 two_workers
