#!/bin/bash
# A pool program that tells the manager what cannot be true (fake_pool.py) ends its own generation, and the
# next one is started after a pause that grows. The manager lives on and uses little CPU. A process that is
# named as a worker, but is somebody else's, is never signalled.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../fake_pool.sh"
needs_fpmd

# One that obeys: it starts, reloads and stops as fpmd-php does.
fake obedient
start_fakes obedient
all_are_there() {
	[[ $(pool_status fake-obedient workers) == 3 ]]
}
wait_for 2 all_are_there
in_container systemctl reload fpmd@fake-obedient
assert_contains 'generation of the obedient' 'generation:           2' \
	"$(in_container fpmctl status fake-obedient)"
assert_eq 'starts of the obedient' 2 "$(starts_of obedient)"
stop_fakes obedient

in_container systemd-run --quiet --unit=innocent --uid=alice sleep 300
unit_property innocent.service MainPID >"$CONTAINER_ROOT/srv/fake/innocent"

# Who is no child of the manager, or is another one's zygote, is none of the workers that a dead zygote leaves.
for name in usurper heir; do
	fake "$name"
	echo 'request_terminate_timeout = 1s' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/fake-$name.conf"
done
start_fakes usurper heir
in_container systemctl reload fpmd@fake-heir
heir=$(sed -n '2s/^[^ ]* \([0-9]*\).*/\1/p' "$CONTAINER_ROOT/srv/fake/fake-heir")
sleep 1.5
for name in usurper heir; do
	is_in_order "$name"
	assert_eq "starts of fake-$name" 2 "$(starts_of "$name")"
	assert_matches "journal of fake-$name" 'the zygote was killed by SIGKILL.*process [0-9]+ is not taken for worker' \
		"$(journal_of "fpmd@fake-$name.service" --priority=warning)"
done
assert_eq 'the heir' fake_pool.py "$(in_container ps -o comm= -p "$heir")"
assert_eq 'the innocent, with the usurper' active "$(unit_property innocent.service ActiveState)"
stop_fakes usurper heir

# The one that serves dies while another one is on its way: that one is waited for, unless it fails, or takes long.
fake dusk
fake gloom
fake night
start_fakes dusk gloom night
sleep 0.5
for name in dusk gloom night; do
	in_container systemctl --no-block reload "fpmd@fake-$name"
done
all_serve() {
	local name
	for name in dusk gloom night; do
		[[ $(pool_status "fake-$name" workers) == 3 ]] || return 1
	done
}
sleep 2
assert_eq 'workers of fake-dusk' 3 "$(pool_status fake-dusk workers)"
assert_eq 'workers of fake-gloom' 3 "$(pool_status fake-gloom workers)"
assert_eq 'starts of fake-night meanwhile' 2 "$(starts_of night)"
wait_for 6 all_serve
assert_eq 'starts' '2 3 3' "$(starts_of dusk) $(starts_of gloom) $(starts_of night)"
stop_fakes dusk gloom night

lies=(slot unasked ghost twice huge short word)
for lie in "${lies[@]}" pid; do
	fake "$lie"
done
start_fakes "${lies[@]}" pid
sleep 3.5
for lie in "${lies[@]}"; do
	is_in_order "$lie"
	n=$(starts_of "$lie")
	echo "fake-$lie: $n starts"
	((n >= 2 && n <= 7)) || fail "fake-$lie was started $n times in 3.5 s"
	assert_at_most "ms of CPU, manager of fake-$lie" 300 "$(cpu_of "$(manager_of "fake-$lie")")"
	assert_contains "journal of fake-$lie" ', killing it' \
		"$(journal_of "fpmd@fake-$lie.service" --priority=err)"
done
stop_fakes "${lies[@]}"

# What is not false in itself stays; whatever is done then, the innocent is not concerned.
is_in_order pid
assert_eq 'starts of fake-pid' 1 "$(starts_of pid)"
assert_contains 'workers of fake-pid' 'workers:              3' "$(in_container fpmctl status fake-pid)"
in_container systemctl reload fpmd@fake-pid
stop_fakes pid
start_fakes pid
in_container systemctl kill --kill-whom=main --signal=INT fpmd@fake-pid
stop_fakes pid
assert_eq 'the innocent' active "$(unit_property innocent.service ActiveState)"
in_container systemctl stop innocent.service
