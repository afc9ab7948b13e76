#!/bin/bash
# Managers that take a question and never answer, as those of hardened pools can, keep the other pools of fpmctl reload
# --all waiting for seconds in the place of minutes, also where they are more than are asked at a time; they are named.
# ^C ends it, with all said by then. The other questions take their second and a half for all of them together.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# More than may start PHP at a time, and first by name.
places=$(getconf _NPROCESSORS_ONLN)
((places >= 4)) || places=4
silent=()
for ((i = 0; i <= places; i++)); do
	silent+=("asilent$(printf %03d "$i")")
done
good=(good1 good2 good3 good4 good5 good6)

for name in "${silent[@]}" "${good[@]}"; do
	printf '[%s]\nuser = alice\nlisten = /run/fpmd/%s.sock\npm = static\npm.max_children = 1\n' "$name" "$name" \
		>"$CONTAINER_ROOT/etc/fpmd/conf.d/$name.conf"
done
in_container systemctl daemon-reload
in_container systemctl start "${good[@]/#/fpmd@}"
in_container install -d -o alice "${silent[@]/#//run/fpmd/}"
cat >"$CONTAINER_ROOT/srv/silent.py" <<'END_OF_SCRIPT'
import select, socket, sys
listeners, peers = [], []
for pool in sys.argv[1:]:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind("/run/fpmd/%s/control" % pool)
    listener.listen(64)
    listeners.append(listener)
while True:
    for listener in select.select(listeners, [], [])[0]:
        peers.append(listener.accept()[0])
END_OF_SCRIPT
in_container setpriv --reuid=2001 --regid=2001 --clear-groups python3 /srv/silent.py "${silent[@]}" &
end() {
	in_container pkill -f /srv/silent.py || true
	for name in "${silent[@]}" "${good[@]}"; do
		rm -f "$CONTAINER_ROOT/etc/fpmd/conf.d/$name.conf"
	done
	in_container rm -rf "${silent[@]/#//run/fpmd/}"
	in_container systemctl stop 'fpmd@good*.socket' 'fpmd@good*.service' || true
}
trap end EXIT
wait_for 10 in_container test -S "/run/fpmd/${silent[-1]}/control"

# --- reload
said=$CONTAINER_ROOT/srv/said
begin=${EPOCHREALTIME/./}
in_container sh -c 'echo $$ >/srv/pid; exec fpmctl reload --all >/srv/said 2>&1' &
is_reloaded() {
	[[ $(grep -c '^good.: reloaded$' "$said") == 6 ]]
}
wait_for 30 is_reloaded
echo "all others are reloaded after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
assert_eq 'those that answer, in their order' "$(printf '%s: reloaded\n' "${good[@]}")" "$(grep '^good' "$said")"
for name in "${good[@]}"; do
	assert_eq "generation of $name" 2 "$(pool_status "$name" generation)"
done
all_are_named() {
	[[ $(grep -c '^fpmctl: pool asilent' "$said") == $((places + 1)) ]]
}
wait_for 15 all_are_named
assert_eq 'a silent one' \
	"fpmctl: pool ${silent[0]}: no answer within 10 seconds: the others go on, and this one is waited for up to 10 minutes" \
	"$(grep "${silent[0]}" "$said")"
pid=$(<"$CONTAINER_ROOT/srv/pid")
assert_eq 'its sockets' $((places + 1)) "$(in_container find "/proc/$pid/fd" -lname 'socket:*' | wc -l)"
begin=${EPOCHREALTIME/./}
in_container kill -INT "$pid"
status=0
wait %2 || status=$?
assert_eq 'status after ^C' 130 "$status"
assert_at_most 'milliseconds to its end' 2000 $(((${EPOCHREALTIME/./} - begin) / 1000))

# --- the others
for command in ping status drain undrain; do
	begin=${EPOCHREALTIME/./} status=0
	output=$(in_container fpmctl "$command" --all 2>&1) || status=$?
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	if [[ $command == *drain ]]; then
		pattern='^good.: (not )?drained$'
	else
		pattern='^(good.: pong|pool: +good.)$'
	fi
	assert_eq "status of fpmctl $command --all" 75 "$status"
	assert_eq "good ones in fpmctl $command --all" 6 "$(grep -cE "$pattern" <<<"$output")"
	assert_eq "silent ones in fpmctl $command --all" $((places + 1)) "$(grep -c 'did not answer in time' <<<"$output")"
	assert_at_most "milliseconds of fpmctl $command --all" 4000 "$took"
done
