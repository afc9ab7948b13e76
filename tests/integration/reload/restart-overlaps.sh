#!/bin/bash
# Time limit: 90 s
# A restart does not wait for the slowest request: with one sleep(6) running, other requests wait less than half a second,
# and the sleep(6) is answered, with its temporary files where they were. A stop waits for it.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page overlap nap.php <<'END'
<?php
$t = microtime(true);
$ms = (int) ($_GET['ms'] ?? 0);
$before = tempnam('/tmp', 'nap');
file_put_contents($before, 'before ');
usleep(1000 * $ms);
$after = tempnam('/tmp', 'nap');
file_put_contents($after, dirname($after));
printf('%.1f %s%s', microtime(true) - $t, @file_get_contents($before), @file_get_contents($after));
END
unit=fpmd@overlap.service
pool overlap <<<'pm.max_children = 4'
nap() {
	fetch --max-time 30 "http://overlap.test/nap.php?ms=$1"
}
assert_eq 'a page' '0.0 before /tmp' "$(nap 0)"

nap 6000 >"$CONTAINER_ROOT/srv/nap" &
nap=$!
sleep 0.3
waits=()
for _ in 1 2 3; do
	manager=$(manager_of overlap)
	load_begin 'http://overlap.test/nap.php?ms=5' 2 1
	sleep 0.2
	in_container systemctl restart "$unit"
	another_manager overlap "$manager" || fail 'the same manager'
	# Three rounds may last as long on a busy machine.
	((${#waits[@]} > 0)) || kill -0 "$nap" || fail 'the slow request has ended before'
	load_end 'others' 20
	waits+=("$(json_number slowest_ms "$(<"$CONTAINER_ROOT/srv/load")")")
done
echo "the longest waits: ${waits[*]}"
assert_at_most 'the longest wait of the others, ms' 500 "$(median "${waits[@]}")"
wait "$nap"
assert_eq 'the slow one' '6.0 before /tmp' "$(<"$CONTAINER_ROOT/srv/nap")"
assert_eq 'failures of the service' '' "$(journal_of "$unit" --priority=err)"

# a stop waits
nap 2000 >"$CONTAINER_ROOT/srv/nap" &
nap=$!
sleep 0.5
in_container systemctl stop fpmd@overlap.socket "$unit"
assert_eq 'after a stop' '' "$(processes_of overlap)"
wait "$nap"
assert_eq 'the slow one in a stop' '2.0 before /tmp' "$(<"$CONTAINER_ROOT/srv/nap")"

# a restart with its socket waits as well, or a tcp socket could not be bound again
write_page overlap-tcp nap.php <"$CONTAINER_ROOT/srv/www/overlap/nap.php"
pool overlap-tcp <<<'listen = 127.0.0.1:9211'
site overlap-tcp 127.0.0.1:9211
fetch 'http://overlap-tcp.test/nap.php?ms=2000' >"$CONTAINER_ROOT/srv/nap" &
nap=$!
sleep 0.5
in_container systemctl restart fpmd@overlap-tcp.socket fpmd@overlap-tcp.service
wait "$nap"
assert_eq 'the slow one, with its socket' '2.0 before /tmp' "$(<"$CONTAINER_ROOT/srv/nap")"
assert_contains 'a page' '0.0' "$(fetch http://overlap-tcp.test/nap.php)"
