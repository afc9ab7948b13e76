#!/bin/bash
# What systemd-analyze security says of the shipped service, and of one with hardened.conf, which serves all the same:
# reload, kept connections, the access log, the status page.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# exposure UNIT: ten times what the tool says
exposure() {
	in_container systemd-analyze security --no-pager "$1" | sed -n 's/.*exposure level.*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}
at_most() {
	local is

	is=$(exposure "$2")
	echo "$1: $is"
	((10#$is <= $3)) || fail "$1: $is tenths, not at most $3"
}

write_page hard page.php <<'END'
<?php
usleep((int) ($_GET['us'] ?? 0));
$status = file_get_contents('/proc/self/status');
preg_match('/^CapBnd:\s*(\w+)/m', $status, $bound);
preg_match('/^NoNewPrivs:\s*(\d)/m', $status, $nnp);
echo posix_geteuid(), ' ', $bound[1], ' ', $nnp[1], ' ', @file_put_contents('/srv/www/hard/x', 'x') === false ? 'refused' : 'written',
	' ', file_put_contents('/srv/www/hard/uploads/x', 'x');
END
mkdir -p "$CONTAINER_ROOT/srv/www/hard/uploads" "$CONTAINER_ROOT/etc/systemd/system/fpmd@hard.service.d"
chown 2001:2001 "$CONTAINER_ROOT/srv/www/hard" "$CONTAINER_ROOT/srv/www/hard/uploads"
cp "$CONTAINER_ROOT/usr/share/fpmd/hardened.conf" "$CONTAINER_ROOT/etc/systemd/system/fpmd@hard.service.d/"
printf '[Service]\nUser=alice\nReadWritePaths=/srv/www/hard/uploads\n' \
	>"$CONTAINER_ROOT/etc/systemd/system/fpmd@hard.service.d/override.conf"
pool hard <<'END'
pm.status_path = /status
access.log = /var/log/fpmd/hard/access.log
request_slowlog_timeout = 1s
END
assert_eq 'locked in' '2001 0000000000000000 1 refused 1' "$(fetch http://hard.test/page.php)"
in_container fpmctl reload hard
in_container systemctl reload fpmd@hard.service
assert_eq 'after reloads' '2001 0000000000000000 1 refused 1' "$(fetch http://hard.test/page.php)"
assert_contains 'the access log' '/page.php' "$(in_container cat /var/log/fpmd/hard/access.log)"
assert_contains 'the list' serving "$(in_container fpmctl list | grep hard)"
load_begin http://hard.test/page.php 4 2
in_container systemctl restart fpmd@hard.service
load_end 'a restart' 10
assert_eq 'what keeps its /tmp' active "$(unit_property fpmd-tmp@hard.service ActiveState)"
assert_eq 'folders for /tmp' 1 "$(in_container sh -c 'ls -d /tmp/systemd-private-*@hard.service-* | wc -l')"

# Slow requests are found also when systemd has removed the folder that tells whose the manager is.
fetch --output /dev/null 'http://hard.test/page.php?us=1300000'
is_slow() {
	[[ $(in_container fpmctl slow hard) == *us=1300000* ]]
}
wait_for 5 is_slow
in_container systemctl stop fpmd@hard.socket fpmd@hard.service
assert_contains 'slow requests of a pool that is stopped' us=1300000 "$(in_container fpmctl slow hard)"
in_container systemctl start fpmd@hard.socket fpmd@hard.service

pool plain </dev/null
at_most 'hardened.conf' fpmd@hard.service 15
at_most 'as shipped' fpmd@plain.service 36

# Whatever scripts fork, in however many pools, other services can start processes.
tasks=$(unit_property system-fpmd.slice TasksMax)
assert_matches 'TasksMax of all pools' '^[0-9]+$' "$tasks"
