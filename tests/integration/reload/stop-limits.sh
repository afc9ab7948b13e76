#!/bin/bash
# process_control_timeout bounds a stop: requests that still run after 2 s are ended, and the journal says so.
# SIGINT stops at once.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

for name in bounded fast; do
	write_page "$name" sleep.php <<'END'
<?php sleep(30); echo 'slept';
END
	write_pool "$name" <<-END
		process_control_timeout = 2s
		[$name]
		user = alice
		pm = static
		pm.max_children = 3
	END
	site "$name"
	in_container systemctl start "fpmd@$name.socket" "fpmd@$name.service"
	fetch_status "http://$name.test/sleep.php" >"$CONTAINER_ROOT/srv/$name.out" &
done
both_work() {
	[[ $(in_container fpmctl status bounded) == *'busy:                 1'* &&
		$(in_container fpmctl status fast) == *'busy:                 1'* ]]
}
wait_for 2 both_work

# msec_to_inactive UNIT
msec_to_inactive() {
	local start=${EPOCHREALTIME/./}

	while [[ $(unit_property "$1" ActiveState) != inactive ]]; do
		((${EPOCHREALTIME/./} - start < 10000000)) || break
	done
	echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

in_container systemctl stop --no-block fpmd@bounded.service
in_container systemctl kill --kill-whom=main --signal=INT fpmd@fast.service
assert_at_most 'ms to stop by SIGINT' 500 "$(msec_to_inactive fpmd@fast.service)"
assert_eq 'the other meanwhile' deactivating "$(unit_property fpmd@bounded.service ActiveState)"
assert_eq 'processes left by SIGINT' '' "$(processes_of fast)"
assert_eq 'Result of SIGINT' success "$(unit_property fpmd@fast.service Result)"
assert_contains 'journal of SIGINT' 'Stopping at once' "$(journal_of fpmd@fast.service)"
assert_eq 'the socket after SIGINT' active "$(unit_property fpmd@fast.socket ActiveState)"

msec_to_inactive fpmd@bounded.service >/dev/null
wait
for name in bounded fast; do
	assert_eq "answer of $name" 502 "$(<"$CONTAINER_ROOT/srv/$name.out")"
done
assert_eq 'processes left' '' "$(processes_of bounded)"
journal=$(journal_of fpmd@bounded.service --output=short-unix)
echo "$journal" | tail -n 5
# seconds between two lines of the journal
seconds_between() {
	awk -v a="$1" -v b="$2" 'index($0, a) { from = $1 } index($0, b) { print $1 - from; exit }' <<<"$journal"
}
took=$(seconds_between 'Stopping fpmd@bounded' 'Stopped fpmd@bounded')
echo "stopped after $took s"
awk -v s="$took" 'BEGIN { exit !(s >= 1.95 && s <= 2.5) }' || fail "stopped after $took s"
assert_contains 'journal' 'process_control_timeout' "$journal"
assert_eq 'Result' success "$(unit_property fpmd@bounded.service Result)"
