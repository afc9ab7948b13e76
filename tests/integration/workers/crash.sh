#!/bin/bash
# A worker that crashes is replaced, and the journal says by which signal, in which request and script. When
# emergency_restart_threshold crash within emergency_restart_interval there is a new generation, with opcache
# memory of its own, and others are served all the while.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # which catches SIGSEGV

write_page crash crash.php <<'END'
<?php
posix_kill(getmypid(), 11);
sleep(1);
END
write_page crash slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
write_page crash nap.php <<'END'
<?php $t = microtime(true); sleep(3); printf('%.1f', microtime(true) - $t);
END
write_pool crash <<'END'
emergency_restart_threshold = 3
emergency_restart_interval = 30s
[crash]
user = alice
pm = static
pm.max_children = 4
END
site crash
in_container systemctl start fpmd@crash.socket fpmd@crash.service
four_wait() {
	[[ $(pool_status crash idle) == 4 && $(workers_of crash | wc -l) == 4 ]]
}
wait_for 2 four_wait
mapfile -t before < <(workers_of crash)
zygote=$(zygote_of crash)
manager=$(manager_of crash)

# one crash: one other worker
assert_eq 'answer to a crash' 502 "$(fetch_status 'http://crash.test/crash.php?why=not')"
wait_for 2 four_wait
assert_eq 'workers that stayed' 3 \
	"$(comm -12 <(printf '%s\n' "${before[@]}" | sort) <(workers_of crash | sort) | wc -l)"
wait_for 2 journal_has fpmd@crash.service SIGSEGV
line=$(journal_of fpmd@crash.service --priority=warning)
echo "$line"
assert_matches 'journal' \
	'^Worker [0-9]+ \(pid [0-9]+\) was killed by SIGSEGV.* [0-9.]+ s after its start, during GET /crash\.php\?why=not \(/srv/www/crash/crash\.php\)$' \
	"$line"
assert_eq 'generation after one' 1 "$(pool_status crash generation)"

# two more: a new generation. A request that runs in the old one goes on.
fetch http://crash.test/nap.php >"$CONTAINER_ROOT/srv/nap" &
nap=$!
load_begin http://crash.test/slow.php 2 3
sleep 0.3
for _ in 1 2; do
	assert_eq 'answer to a crash' 502 "$(fetch_status http://crash.test/crash.php)"
done
second_generation() {
	[[ $(pool_status crash generation) == 2 ]]
}
wait_for 2 second_generation
assert_contains 'journal' '3 workers crashed within 30 s: emergency restart' \
	"$(journal_of fpmd@crash.service --priority=err)"
assert_lacks 'journal' Reloaded "$(journal_of fpmd@crash.service)"
assert_eq 'the end of it' 'Restarted after crashes: a new generation serves with new opcache memory' \
	"$(journal_of fpmd@crash.service FPMD_EVENT=emergency-ended)"
assert_contains 'status' 'generation 2 (after crashes)' "$(unit_property fpmd@crash.service StatusText)"
load_end others
wait "$nap"
assert_matches 'the nap in the old generation' '^3\.[0-9]$' "$(<"$CONTAINER_ROOT/srv/nap")"
assert_eq 'the manager' "$manager" "$(manager_of crash)"
wait_for 3 another_zygote crash "$zygote"
wait_for 2 four_wait

# The count begins again.
assert_eq 'answer to a crash' 502 "$(fetch_status http://crash.test/crash.php)"
assert_eq 'a page' 200 "$(fetch_status http://crash.test/slow.php)"
wait_for 2 four_wait
assert_eq 'generation' 2 "$(pool_status crash generation)"
