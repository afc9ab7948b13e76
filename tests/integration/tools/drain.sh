#!/bin/bash
# fpmctl drain: load balancers are told by the ping page that nothing more is wanted, and whoever sends something is
# served as before; also across a reload, a restart and a killed manager, and of a pool that does not run yet. It ends by
# undrain, or after its time; until then the pool stays, whatever pm.idle_exit_timeout says. fpmctl ping says how it is by its exit status. --all is for all pools that are started.
# fpmctl reload of a pool that only listens checks its file, and wakes nobody.

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
	assert_eq "fpmctl ${*:3}: status, beside '$text'" "$1" "$status"
	assert_contains "fpmctl ${*:3}" "$2" "$text"
}
ping_is() {
	[[ $(fetch_status http://drained.test/ping) == "$1" ]]
}

# It would leave after a second without a request; and it is drained for some seconds across a restart. Looked at below.
pool leaves <<'END'
ping.path = /ping
pm.idle_exit_timeout = 1s
END
in_container systemctl start fpmd@leaves.service
fpmctl_says 0 drained drain leaves --for=6s
drained_sec=$SECONDS
in_container systemctl restart fpmd@leaves.service

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
in_container systemctl restart fpmd@drained.service
ping_is 503
assert_eq 'served after a restart' hello "$(fetch http://drained.test/hello.php)"
killed=$(manager_of drained)
in_container kill -KILL "$killed"
wait_for 10 another_manager drained "$killed"
wait_for 5 ping_is 503
fpmctl_says 0 'not drained' undrain drained
ping_is 200
fpmctl_says 0 pong ping drained
in_container systemctl restart fpmd@drained.service
ping_is 200

fpmctl_says 0 drained drain drained --for=1s
ping_is 503
wait_for 5 ping_is 200
journal_has fpmd@drained.service 'No longer drained'

# one that is drained does not leave, and is not drained for longer than was said
if ((SECONDS < drained_sec + 5)); then
	assert_eq 'a drained pool without requests' active "$(unit_property fpmd@leaves.service ActiveState)"
	fpmctl_says 1 'is drained' ping leaves
fi
has_left() {
	[[ $(unit_property fpmd@leaves.service ActiveState) == inactive ]]
}
wait_for 15 has_left
((SECONDS >= drained_sec + 5)) || fail 'a drained pool has left'
assert_eq 'after its time' 200 "$(fetch_status http://leaves.test/ping)"
in_container systemctl stop fpmd@leaves.socket fpmd@leaves.service

fpmctl_says 64 '--for is a time' drain drained --for=0
fpmctl_says 64 '--for is a time' drain drained --for=nothing
for verb in drain undrain; do
	status=0
	in_container runuser -u bob -- fpmctl "$verb" drained || status=$?
	assert_eq "$verb of bob" 77 "$status"
done
ping_is 200

# a pool at rest
at_rest() {
	assert_eq "$1: nobody is woken" inactive "$(unit_property fpmd@drained.service ActiveState)"
}
in_container systemctl stop fpmd@drained.service
fpmctl_says 0 drained drain drained --for=1h
at_rest drain
ping_is 503
in_container systemctl stop fpmd@drained.service
fpmctl_says 0 'not drained' undrain drained
at_rest undrain
fpmctl_says 0 'the file is right' reload drained
at_rest reload
fpmctl_says 69 'it listens, and the next connection starts it' status drained
at_rest status
echo 'pm.max_children = many' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/drained.conf"
fpmctl_says 78 'pm.max_children' reload drained
sed -i '$d' "$CONTAINER_ROOT/etc/fpmd/conf.d/drained.conf"
at_rest 'reload of a wrong file'
in_container systemctl stop fpmd@drained.socket
fpmctl_says 69 'does not run' reload drained

# all of them: one runs, one listens, one was never started
pool second
write_pool third <<<'pm = static'
in_container systemctl start fpmd@drained.socket fpmd@second.service
fpmctl_says 0 'second: pong' ping --all
fpmctl_says 0 'drained: listening' ping --all
fpmctl_says 0 'drained: listening' status --all
fpmctl_says 0 'state:' status --all
fpmctl_says 0 'second: drained' drain --all
assert_matches 'list' 'second +(serving|idle|listening), drained ' "$(in_container fpmctl list)"
fpmctl_says 1 'pool drained is drained' ping --all
fpmctl_says 1 'pool second is drained' ping --all
fpmctl_says 0 'drained: not drained' undrain --all
output=$(in_container fpmctl reload --all)
assert_contains 'reload --all' 'drained: not running' "$output"
assert_contains 'reload --all' 'second: ' "$output"
assert_lacks 'reload --all' third "$output"
at_rest 'reload --all'
assert_eq 'generation' 2 "$(pool_status second generation)"
echo 'nonsense = 1' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/second.conf"
fpmctl_says 78 'nonsense' reload --all
sed -i '$d' "$CONTAINER_ROOT/etc/fpmd/conf.d/second.conf"
printf '[fourth]\nuser = alice\npm = static\npm.max_children = 1\n' >"$CONTAINER_ROOT/etc/fpmd/conf.d/fourth.conf"
in_container systemctl start fpmd@fourth.socket
echo 'pm.max_children = many' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/drained.conf"
fpmctl_says 78 'drained.conf:' reload --all
output=$(in_container fpmctl reload --all 2>&1) && fail 'a wrong file of a pool at rest is right'
assert_contains 'reload --all beside it' 'fourth: not running: the file is right' "$output"
assert_contains 'reload --all beside it' 'second: ' "$output"
assert_lacks 'reload --all beside it' 'drained: not running' "$output"
sed -i '$d' "$CONTAINER_ROOT/etc/fpmd/conf.d/drained.conf"
in_container systemctl stop fpmd@fourth.socket
fpmctl_says 64 'Usage' reload --all second
fpmctl_says 64 'Usage' list --all
