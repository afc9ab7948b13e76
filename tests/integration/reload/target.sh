#!/bin/bash
# `systemctl restart fpmd.target` restarts the pools that run, under load and ten times in a row, without touching a
# socket: no request is lost. A stop closes services and sockets, a start opens the sockets again. Restart and stop do
# so for pools too that were started by themselves, with a target that is not active.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page east slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
pool east
pool west
in_container systemctl enable --quiet fpmd.target fpmd@east.socket fpmd@west.socket 2>/dev/null
in_container systemctl start fpmd.target fpmd@east.service

opened() {
	unit_property "fpmd@$1.socket" ActiveEnterTimestampMonotonic
}
east=$(opened east) west=$(opened west) manager=$(manager_of east)

load_begin http://east.test/slow.php 4 4
for _ in {1..10}; do
	in_container systemctl restart fpmd.target
	sleep 0.2
done
load_end answers
assert_eq 'the socket of a pool that runs' "active $east" \
	"$(unit_property fpmd@east.socket ActiveState) $(opened east)"
assert_eq 'the socket of a pool that does not run' "active $west" \
	"$(unit_property fpmd@west.socket ActiveState) $(opened west)"
assert_eq 'a pool that did not run' inactive "$(unit_property fpmd@west.service ActiveState)"
wait_for 5 another_manager east "$manager"

in_container systemctl stop fpmd.target
for unit in fpmd@{east,west}.socket fpmd@east.service; do
	wait_for 5 in_container sh -c "! systemctl is-active $unit"
	assert_eq "$unit after a stop" inactive "$(unit_property "$unit" ActiveState)"
done
in_container systemctl start fpmd.target
for unit in fpmd@{east,west}.socket; do
	assert_eq "$unit after a start" active "$(unit_property "$unit" ActiveState)"
done

# more starts of a socket than the machine's own limit (5 in 10 s) lets pass
for _ in {1..12}; do
	in_container systemctl restart fpmd@west.socket
done
assert_eq 'a socket that was restarted often' active "$(unit_property fpmd@west.socket ActiveState)"
in_container systemctl disable --quiet fpmd.target fpmd@east.socket fpmd@west.socket 2>/dev/null

in_container systemctl stop fpmd.target
wait_for 5 in_container sh -c '! systemctl is-active fpmd@east.socket fpmd@west.socket'
in_container systemctl start fpmd@east.socket fpmd@west.socket
assert_eq 'a target that nobody started' inactive "$(unit_property fpmd.target ActiveState)"
fetch http://east.test/slow.php >/dev/null
east=$(opened east)
in_container systemctl restart fpmd.target
assert_eq 'a socket, after a restart of a target that was not active' "active $east" \
	"$(unit_property fpmd@east.socket ActiveState) $(opened east)"
in_container systemctl stop fpmd.target
in_container systemctl start fpmd@west.socket
in_container systemctl stop fpmd.target fpmd@east.service
for unit in fpmd@{east,west}.socket fpmd@east.service; do
	wait_for 5 in_container sh -c "! systemctl is-active $unit"
done
