#!/bin/bash
# What is said when pm.max_children is reached is what is the case: that requests wait, that the next one would, or
# that none does and only spare workers are fewer than wanted, which is no warning.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@advice.service
write_page advice nap.php <<'END'
<?php usleep(700000); echo 'done';
END
write_pool advice <<'END'
user = alice
pm = dynamic
pm.max_children = 3
pm.start_servers = 2
pm.min_spare_servers = 2
pm.max_spare_servers = 2
END
site advice
in_container systemctl start fpmd@advice.socket "$unit"

# busy N: so many requests at once
busy() {
	local i

	for ((i = 0; i < $1; i++)); do
		fetch http://advice.test/nap.php >/dev/null &
	done
	wait
}
# Both are there when the manager looks: it would have two spares, and may start one.
manager=$(manager_of advice)
in_container kill -STOP "$manager"
busy 2 &
sleep 0.3
in_container kill -CONT "$manager"
wait
wait_for 2 journal_has "$unit" 'No request waits, but fewer workers are idle than should be. There may be 3 workers' \
	FPMD_EVENT=spares-limited
assert_eq 'warnings while nothing waits' '' "$(journal_of "$unit" --priority=warning)"
# Requests that come one after the other: nobody wakes the manager for the one that takes the last worker, nor for those
# that wait behind it.
for name in trickle ondemand; do
	write_page $name nap.php <<'END'
<?php usleep(4000000); echo 'done';
END
	site $name
done
write_pool trickle <<'END'
user = alice
pm = dynamic
pm.max_children = 3
pm.start_servers = 1
pm.min_spare_servers = 1
pm.max_spare_servers = 3
END
write_pool ondemand <<'END'
user = alice
pm = ondemand
pm.max_children = 3
pm.process_idle_timeout = 60s
END
in_container systemctl start fpmd@trickle.{socket,service} fpmd@ondemand.{socket,service}
trickle() {
	local i

	for i in 0.3 0.3 1.5 0; do
		fetch "http://$1.test/nap.php" >/dev/null &
		sleep $i
	done
}
trickle trickle
trickle ondemand
for name in trickle ondemand; do
	wait_for 4 journal_has fpmd@$name.service 'All workers are busy and requests wait. There may be 3 workers' \
		FPMD_EVENT=limit-reached
	assert_matches "$name: counted as well" '"max_children_reached": [1-9]' "$(in_container fpmctl status --json $name)"
done
wait
busy 8
wait_for 2 journal_has "$unit" 'All workers are busy and requests wait. There may be 3 workers' \
	FPMD_EVENT=limit-reached --priority=warning
