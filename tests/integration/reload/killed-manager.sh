#!/bin/bash
# kill -9, of the zygote and ten times of the manager, under load of 8 clients on a page of 20 ms: no request
# is lost. Both are replaced at once, the manager by systemd, which does not take ten for too many. Requests
# that run meanwhile, also long ones, end in their own time and answer 200.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page killed slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
write_page killed nap.php <<'END'
<?php $t = microtime(true); $left = sleep(3); printf('%d %.1f', $left, microtime(true) - $t);
END
pool killed <<<'pm.max_children = 8'
unit=fpmd@killed.service
in_container systemctl start "$unit"
manager=$(manager_of killed)
first=$manager
zygote=$(zygote_of killed)

another_zygote_serves() {
	local now
	now=$(zygote_of killed | head -n 1)
	# With eight clients, each of its eight workers may be busy.
	[[ $now =~ ^[0-9]+$ && $now != "$zygote" && $(in_container fpmctl status killed) =~ (busy|idle):\ +[1-8] ]]
}
fetch --write-out ' %{http_code}' http://killed.test/nap.php >"$CONTAINER_ROOT/srv/nap1" &
naps=($!)
load_begin http://killed.test/slow.php 8 9
sleep 0.5

in_container kill -KILL "$zygote"
start=${EPOCHREALTIME/./}
wait_for 5 another_zygote_serves
assert_at_most 'ms to another zygote' 4000 $(((${EPOCHREALTIME/./} - start) / 1000))
assert_eq 'the manager, after the zygote' "$manager" "$(manager_of killed)"

# ten managers, the fifth with a nap in flight
for i in {1..10}; do
	if ((i == 5)); then
		fetch --write-out ' %{http_code}' http://killed.test/nap.php >"$CONTAINER_ROOT/srv/nap2" &
		naps+=($!)
		sleep 0.3
	fi
	manager=$(manager_of killed)
	in_container kill -KILL "$manager"
	start=${EPOCHREALTIME/./}
	wait_for 5 another_manager killed "$manager"
	assert_at_most 'ms to another manager' 2000 $(((${EPOCHREALTIME/./} - start) / 1000))
	sleep 0.2
done

load_end answers 500
wait "${naps[@]}"
assert_matches 'the nap in flight when the zygote was killed' '^0 3\.[0-9] 200$' "$(<"$CONTAINER_ROOT/srv/nap1")"
assert_matches 'the nap in flight when the manager was killed' '^0 3\.[0-9] 200$' "$(<"$CONTAINER_ROOT/srv/nap2")"

assert_eq 'NRestarts' 10 "$(unit_property "$unit" NRestarts)"
[[ $(manager_of killed) != "$first" ]] || fail 'the manager was not killed'
only_the_new_ones() {
	[[ $(processes_of killed | wc -l) == 10 ]]
}
wait_for 3 only_the_new_ones # nobody of before stays
