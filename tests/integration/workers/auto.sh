#!/bin/bash
# pm = auto: no numbers needed. It starts with two workers, has as many as a burst asks for, and says in
# `fpmctl status` and in the journal how many there may be and what that follows from.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

LIMIT_MSEC=800

write_page auto nap.php <<'END'
<?php usleep(100000); echo getmypid();
END
write_pool auto <<'END'
user = alice
pm = auto
END
status() {
	pool_status auto "$1"
}

site auto
in_container systemctl start fpmd@auto.socket fpmd@auto.service
two_wait() {
	[[ $(status idle) == 2 && $(status workers) == 2 ]]
}
wait_for 2 two_wait

why='([0-9]+) workers: (pm.max_children, for which there is room in )?[0-9]+ MiB \((80%|50%) of [^)]+\) at [0-9]+ MiB each, a guess before the first worker is measured'
assert_matches 'because, at first' "^$why\$" "$(status because)"
assert_matches 'journal, at first' "pm = auto: $why" "$(journal_of fpmd@auto.service)"
limit=${BASH_REMATCH[1]}
assert_eq 'max children' "$limit" "$(status 'max children')"
((limit >= 20)) || skip "this machine has memory for $limit workers only"

result=$(burst http://auto.test/nap.php 20)
assert_all_answered 'answers' "$result" 20
assert_at_most 'ms' "$LIMIT_MSEC" "$(json_number last_ms "$result")"
workers=$(status workers)
((workers >= 15 && workers <= 40)) || fail "$workers workers after a burst of 20"
systemd=$(unit_property fpmd@auto.service StatusText)
assert_matches 'systemctl status' "of $(status 'max children')," "$systemd"

# Once workers have served, their memory is measured, and makes the limit: at the next burst for which
# there are too few, but not more often than every 5 s.
sleep 5
burst http://auto.test/nap.php 40 >/dev/null
assert_matches 'because, later' ' MiB each as measured(;|$)' "$(status because)"
status because
weight=$(sed -n 's/.* at \([0-9]*\) MiB each.*/\1/p' <<<"$(status because)")
((weight >= 1 && weight <= 64)) || fail "a worker is said to weigh $weight MiB"

# Memory that comes free is used, under a load that never pauses. What is said of memory is bound in the place of what
# the kernel says.
meminfo() {
	printf 'MemTotal: 8000000 kB\nMemFree: 50000 kB\nMemAvailable: %s kB\n' "$1" >"$CONTAINER_ROOT/srv/meminfo"
}
meminfo 50000
drop_in=$CONTAINER_ROOT/etc/systemd/system/fpmd@auto.service.d
mkdir -p "$drop_in"
printf '[Service]\nBindReadOnlyPaths=/srv/meminfo:/proc/meminfo\n' >"$drop_in/memory.conf"
in_container systemctl daemon-reload
in_container systemctl restart fpmd@auto.service
load_begin http://auto.test/nap.php 16 7
sleep 1
assert_matches 'little memory' '^1 worker: 24 MiB ' "$(status because)"
meminfo 4000000
sixteen_work() {
	(($(status workers) >= 16))
}
wait_for 6 sixteen_work
load_end 1
rm "$drop_in/memory.conf"
in_container systemctl daemon-reload

# The pool file can say a limit.
write_pool auto <<'END'
user = alice
pm = auto
pm.max_children = 5
END
in_container systemctl reload fpmd@auto.service
result=$(burst http://auto.test/nap.php 20)
assert_all_answered 'answers, limited' "$result" 20
assert_eq 'workers, limited' 5 "$(json_number bodies "$result")"
assert_matches 'because, limited' '^5 workers: pm.max_children, for which there is room in [0-9]+ MiB .* MiB each' "$(status because)"

# Where requests wait for a CPU no worker is added that would wait with them; where they sleep, one for each.
write_page auto burn.php <<'END'
<?php
for ($begin = getrusage(), $n = 0;; $n++) {
	$now = getrusage();
	if (($now['ru_utime.tv_sec'] - $begin['ru_utime.tv_sec']) * 1e6 + $now['ru_utime.tv_usec'] - $begin['ru_utime.tv_usec'] > 30000)
		break;
}
echo 'burnt';
END
write_pool auto <<'END'
user = alice
pm = auto
END
in_container systemctl restart fpmd@auto.service
load_begin http://auto.test/burn.php 100 6
says_why() {
	[[ $(status because) == *'no more for now'*'want a CPU'* ]]
}
wait_for 5 says_why
status because
assert_at_most 'workers that burn' "$((16 * $(nproc)))" "$(status workers)"
wait "$load_pid"
assert_contains 'journal' 'would only wait for a CPU' "$(journal_of fpmd@auto.service)"
write_page auto sleep.php <<'END'
<?php sleep(1); echo 'slept';
END
load_begin http://auto.test/sleep.php 100 6
hundred_work() {
	(($(status workers) >= 100))
}
wait_for 6 hundred_work
load_end 'answers of those that slept'
