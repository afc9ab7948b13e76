#!/bin/bash
# fpmctl drain: load balancers are told by the ping page that nothing more is wanted, and whoever sends something is
# served as before; also across a reload. It ends by undrain, or after its time. fpmctl ping says how it is by its exit
# status.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool drained <<'END'
ping.path = /ping
END
write_page drained hello.php <<'END'
<?php echo "hello";
END

# fpmctl_says STATUS TEXT COMMAND…
fpmctl_says() {
	local status=0 text

	text=$(in_container fpmctl "${@:3}" 2>&1) || status=$?
	assert_eq "fpmctl ${*:3}: status" "$1" "$status"
	assert_contains "fpmctl ${*:3}" "$2" "$text"
}
ping_is() {
	[[ $(fetch_status http://drained.test/ping) == "$1" ]]
}

fpmctl_says 69 '' ping drained
in_container systemctl start fpmd@drained.service
fpmctl_says 0 pong ping drained
ping_is 200

fpmctl_says 0 drained drain drained
ping_is 503
fpmctl_says 1 'is drained' ping drained
assert_contains 'status' 'the ping page answers 503' "$(in_container fpmctl status drained)"
assert_eq 'served' hello "$(fetch http://drained.test/hello.php)"
in_container fpmctl reload drained
ping_is 503
assert_eq 'served after a reload' hello "$(fetch http://drained.test/hello.php)"
fpmctl_says 0 'not drained' undrain drained
ping_is 200
fpmctl_says 0 pong ping drained

fpmctl_says 0 drained drain drained --for=1s
ping_is 503
wait_for 5 ping_is 200
journal_has fpmd@drained.service 'No longer drained'

fpmctl_says 64 '--for is a time' drain drained --for=0
fpmctl_says 64 '--for is a time' drain drained --for=nothing
for verb in drain undrain; do
	status=0
	in_container runuser -u bob -- fpmctl "$verb" drained || status=$?
	assert_eq "$verb of bob" 77 "$status"
done
ping_is 200
