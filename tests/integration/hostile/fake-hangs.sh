#!/bin/bash
# Time limit: 120 s
# A pool program (fake_pool.py) that does not start, does not listen, does not answer, or dies: a start or a
# reload fails in time, the old generation goes on and can be reloaded again, what hangs is killed and nothing
# stays behind, and what dies is started again after pauses.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../fake_pool.sh"
needs_fpmd

# zygote LINE POOL: the pid of the pool program that was started as number LINE
zygote() {
	sed -n "$1s/^[^ ]* \([0-9]*\).*/\1/p" "$CONTAINER_ROOT/srv/fake/fake-$2"
}
has_left() {
	! in_container kill -0 "$1" 2>/dev/null
}
problems=()

fake slow TimeoutStartSec=2s TimeoutStopSec=3s Restart=no
sed -i '/process_control_timeout/d' "$CONTAINER_ROOT/etc/fpmd/conf.d/fake-slow.conf"
fake late TimeoutStartSec=2s TimeoutStopSec=5s
fake silent WatchdogSec=1s
fake hatching WatchdogSec=1s TimeoutStopSec=5s
fake deaf WatchdogSec=1s TimeoutStopSec=5s
fake crashing
fake dying
fake tardy
start_fakes late silent deaf dying tardy
in_container systemctl start --no-block fpmd@fake-slow fpmd@fake-crashing fpmd@fake-hatching
begin=$SECONDS

# --- a drain is published to a generation that waits: on its page, which nothing else changes
page_of_next() {
	# shellcheck disable=SC2016
	in_container bash -c 'n=3
		names=$(tr "\0" "\n" <"/proc/$1/environ" | sed -n "s/^LISTEN_FDNAMES=//p")
		for name in ${names//:/ }; do
			[[ $name != control-page ]] || sha1sum <"/proc/$1/fd/$n"
			n=$((n + 1))
		done' bash "$(zygote 2 late)"
}
in_container timeout 20 fpmctl reload fake-late 2>/dev/null &
reload=$!
next_is_there() {
	[[ -n $(zygote 2 late) && -n $(page_of_next) ]]
}
wait_for 5 next_is_there
pages=$(page_of_next)
in_container fpmctl drain fake-late >/dev/null
pages+=" $(page_of_next)"
in_container fpmctl undrain fake-late >/dev/null
pages+=" $(page_of_next)"
assert_matches 'its page before, during and after a drain' '^([0-9a-f]+)  - ([0-9a-f]+)  - \1  -$' "$pages"
[[ ${pages%% *} != "$(cut -d' ' -f4 <<<"$pages")" ]] || fail 'a drain is not on the page of a generation that waits'
in_container pkill -f 'fpmctl reload fake-late'
wait $reload || true
next_is_gone() {
	has_left "$(zygote 2 late)"
}
wait_for 5 next_is_gone
sed -i 2d "$CONTAINER_ROOT/srv/fake/fake-late"

# --- reload of one that serves, to one that does not start: bounded by TimeoutStartSec= of the unit
start=${EPOCHREALTIME/./}
status=0
in_container timeout 5 systemctl reload fpmd@fake-late 2>/dev/null || status=$?
echo "a reload that hangs ended with status $status after $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
((status != 0)) || fail 'a reload to a pool program that does not start succeeded'
((status != 124)) || problems+=('systemctl reload hangs with the new generation')
assert_contains 'the old generation' 'generation:           1' "$(in_container fpmctl status fake-late)"
assert_eq 'restarts of fake-late' 0 "$(unit_property fpmd@fake-late.service NRestarts)"
late=$(zygote 2 late)
rm "$CONTAINER_ROOT/srv/fake/fake-late" # the next one is obedient again
start=${EPOCHREALTIME/./}
in_container timeout 4 fpmctl reload fake-late || problems+=('a pool whose reload hung cannot be reloaded again')
echo "the next reload took $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
has_left "$late" || problems+=('the generation that did not start is left behind')

# --- orders that meet the one to leave on their way are no faults
stop_fakes tardy
assert_lacks 'a stop' 'Cannot fork worker' "$(journal_of fpmd@fake-tardy)"

((SECONDS - begin >= 8)) || sleep $((8 - SECONDS + begin))

# --- those that were left alone for some seconds
[[ $(unit_property fpmd@fake-slow.service ActiveState) == failed ]] ||
	problems+=('a start that hangs cannot be stopped')
if ! has_left "$(zygote 1 slow)"; then
	problems+=('a zygote that never said READY is left behind')
fi
# one a second at most
n=$(starts_of silent)
echo "fake-silent: $n starts"
((n >= 2 && n <= SECONDS - begin + 1)) || problems+=("a zygote that answers no PING was replaced $((n - 1)) times")
has_left "$(zygote 1 silent)" || problems+=('a silent zygote is left behind')
# A start takes longer than the watchdog waits for the answer of a zygote that has started.
n=$(starts_of hatching)
echo "fake-hatching: $n starts"
((n == 1)) || problems+=("a zygote that starts was replaced $((n - 1)) times")
is_in_order hatching
n=$(starts_of deaf)
echo "fake-deaf: $n starts"
((n >= 2 && n <= SECONDS - begin + 1)) || problems+=("a zygote that does not listen was replaced $((n - 1)) times")
has_left "$(zygote 1 deaf)" || problems+=('a deaf zygote is left behind')
n=$(starts_of dying)
echo "fake-dying: $n starts"
((n >= 3 && n <= 12)) || problems+=("fake-dying was started $n times in 8 s")
is_in_order dying
assert_at_most 'ms of CPU, manager of fake-dying' 300 "$(cpu_of "$(manager_of fake-dying)")"
while [[ $(unit_property fpmd@fake-crashing.service ActiveState) != failed ]] && ((SECONDS - begin < 60)); do
	sleep 0.5
done
n=$(starts_of crashing)
echo "fake-crashing: $n starts in $((SECONDS - begin)) s"
[[ $(unit_property fpmd@fake-crashing.service ActiveState) == failed ]] ||
	problems+=("fake-crashing is started for ever")
((n <= 30)) || problems+=("fake-crashing was started $n times")

in_container timeout 20 systemctl stop 'fpmd@fake-*.socket' 'fpmd@fake-*.service' 2>/dev/null || true
for name in slow late silent deaf hatching crashing dying; do
	[[ -z $(processes_of "fake-$name") ]] || problems+=("processes of fake-$name stay after a stop")
done
((${#problems[@]} == 0)) || fail "$(printf '%s; ' "${problems[@]}")"
