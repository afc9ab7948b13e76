#!/bin/bash
# rlimit_files, rlimit_core, process.priority, chdir and group of the pool file are those of the workers; they
# are SCHED_BATCH, unless their requests wait often or the unit has a policy of its own.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

write_page limits limits.php <<'END'
<?php
$limit = posix_getrlimit();
$stat = explode(' ', substr(strrchr(file_get_contents('/proc/self/stat'), ')'), 2));
echo json_encode([
	'files' => [$limit['soft openfiles'], $limit['hard openfiles']],
	'core' => $limit['soft core'], 'nice' => (int) $stat[16], 'gid' => posix_getegid(), 'cwd' => getcwd(),
]);
END
write_page limits waits.php <<'END'
<?php for ($i = 0; $i < 30; $i++) usleep(1000);
END
write_page limits works.php <<'END'
<?php for ($end = microtime(true) + 0.02; microtime(true) < $end;);
END
mkdir -p "$CONTAINER_ROOT/srv/www/limits/work"
write_pool limits <<'END'
user = alice
group = web
pm = static
pm.max_children = 1
rlimit_files = 123
rlimit_core = 4096
process.priority = 7
chdir = /srv/www/limits/work
END
site limits
in_container systemctl start fpmd@limits.service
if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	assert_same_file 'directory of an idle worker' /srv/www/limits/work \
		"/proc/$(workers_of limits)/cwd"
fi
reply=$(fetch http://limits.test/limits.php)
assert_contains rlimit_files '"files":[123,123]' "$reply"
assert_contains rlimit_core '"core":4096' "$reply"
assert_contains process.priority '"nice":7' "$reply"
assert_contains group '"gid":2100' "$reply"
assert_contains "a script's own directory" '"cwd":"\/srv\/www\/limits"' "$reply"

in_container systemctl stop fpmd@limits.socket fpmd@limits.service
write_pool limits <<'END'
user = alice
pm = static
pm.max_children = 1
rlimit_core = unlimited
END
# Without a daemon-reload
sed -i 's/^pm = .*/&\nprocess.priority = -5/' "$CONTAINER_ROOT/etc/fpmd/conf.d/limits.conf"
in_container systemctl start fpmd@limits.socket
reply=$(fetch http://limits.test/limits.php)
if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	assert_contains 'a right that it had not' 'What the pool file asks for is new to the service' \
		"$(journal_of fpmd@limits.service --priority=warning)"
	assert_contains 'the right' cap_sys_nice "$(unit_property fpmd@limits.service CapabilityBoundingSet)"
	assert_lacks 'another pool' cap_sys_nice "$(unit_property fpmd@another.service CapabilityBoundingSet)"
fi
assert_contains 'rlimit_core = unlimited' '"core":"unlimited"' "$reply"
assert_contains 'negative priority' '"nice":-5' "$reply"
assert_contains 'group by default' '"gid":2001' "$reply"

# Field 41 of /proc/PID/stat, proc(5).
policy_of() {
	in_container cat "/proc/$1/stat" | sed "s/.*) //" | cut -d ' ' -f 39
}

if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	assert_eq 'policy of a worker' 3 "$(policy_of "$(workers_of limits)")"
	# Each is looked at behind 10 ms of requests.
	fetch 'http://limits.test/waits.php' >/dev/null
	assert_eq 'policy of one whose requests wait often' 0 "$(policy_of "$(workers_of limits)")"
	for ((i = 0; i < 3; i++)); do
		fetch 'http://limits.test/works.php' >/dev/null
	done
	assert_eq 'policy of one whose requests work' 3 "$(policy_of "$(workers_of limits)")"
	assert_eq 'policy of the manager' 0 "$(policy_of "$(manager_of limits)")"

	in_container systemctl stop fpmd@limits.socket fpmd@limits.service
	dropin=$CONTAINER_ROOT/etc/systemd/system/fpmd@limits.service.d
	mkdir -p "$dropin"
	printf '[Service]\nCPUSchedulingPolicy=idle\n' >"$dropin/policy.conf"
	in_container systemctl daemon-reload
	in_container systemctl start fpmd@limits.service
	assert_eq "the unit's policy" 5 "$(policy_of "$(workers_of limits)")"
fi
