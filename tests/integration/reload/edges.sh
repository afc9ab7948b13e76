#!/bin/bash
# A reload where it meets something else. Asked for while the pool starts, it waits for that, and systemd does not
# hear READY=1 before the pool serves. One that a signal asked for is not ended because a client that asked too has
# left. A stop while it is under way is a stop like others. A generation that was replaced keeps its own
# process_control_timeout at a stop, and without one is given no limit.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page edges nap.php <<'END'
<?php usleep(1000 * (int) $_GET['ms']); echo 'slept';
END
write_page edges slow-start.php <<'END'
<?php sleep(1);
END
write_page edges no-start.php <<'END'
<?php sleep(1); throw new Exception('not today');
END
# pool_with PRELOAD [GLOBAL]
pool_with() {
	write_pool edges <<-END
		${2:-}
		[edges]
		user = alice
		pm = static
		pm.max_children = 4
		php_admin_value[opcache.preload] = ${1:+/srv/www/edges/$1.php}
	END
}
hang_up() {
	in_container systemctl kill --kill-whom=main --signal=HUP fpmd@edges.service
}
generation_is() {
	[[ $(pool_status edges generation) == "$1" ]]
}

### while it starts
pool_with no-start
site edges
in_container systemctl start fpmd@edges.socket
in_container systemctl start --no-block fpmd@edges.service
sleep 0.4
hang_up
assert_eq 'it starts' activating "$(unit_property fpmd@edges.service ActiveState)"
sleep 0.3
assert_eq 'it still does' activating "$(unit_property fpmd@edges.service ActiveState)"
failed() {
	[[ $(unit_property fpmd@edges.service ActiveState) == failed ]]
}
wait_for 5 failed

pool_with slow-start
in_container systemctl reset-failed fpmd@edges.service fpmd@edges.socket
in_container systemctl start fpmd@edges.socket
in_container systemctl start --no-block fpmd@edges.service
sleep 0.4
pool_with ''
hang_up
wait_for 5 generation_is 2

### a client that leaves
pool_with slow-start
hang_up
sleep 0.3
in_container timeout 0.3 fpmctl reload edges >/dev/null && fail 'the reload took no time'
wait_for 3 generation_is 3

### a stop
in_container systemctl reload --no-block fpmd@edges.service
sleep 0.4
in_container systemctl stop fpmd@edges.socket fpmd@edges.service
assert_eq 'result of the stop' success "$(unit_property fpmd@edges.service Result)"

### another limit
pool_with '' 'process_control_timeout = 20s'
in_container systemctl start fpmd@edges.socket fpmd@edges.service
fetch 'http://edges.test/nap.php?ms=4000' >"$CONTAINER_ROOT/srv/nap" &
nap=$!
sleep 0.2
pool_with '' 'process_control_timeout = 1s'
in_container systemctl reload fpmd@edges.service
in_container systemctl stop fpmd@edges.socket fpmd@edges.service
assert_eq 'result of the stop' success "$(unit_property fpmd@edges.service Result)"
wait "$nap"
assert_eq 'the request' slept "$(<"$CONTAINER_ROOT/srv/nap")"
