#!/bin/bash
# pm.idle_exit_timeout: a pool that had no request for so long leaves, with success and without a process
# left, while its socket stays; the next request starts it. A request that comes just when it leaves is
# served by it or by the next one, not lost. A pool that works does not leave.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../fake_pool.sh"
needs_fpmd

# One that leaves while a web server connects, and keeps the connection: systemd starts it again. It is looked at below.
fake recalled
echo 'pm.idle_exit_timeout = 1s' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/fake-recalled.conf"
start_fakes recalled

names=(edge0 edge1 edge2 edge3 edge4 edge5)
for name in "${names[@]}"; do
	write_page "$name" pid.php <<'END'
<?php echo getmypid();
END
	write_page "$name" sleep.php <<'END'
<?php sleep(2); echo getmypid();
END
	write_page "$name" tmp.php <<'END'
<?php echo @file_get_contents('/tmp/kept') ?: 'nothing'; file_put_contents('/tmp/kept', 'kept');
END
	pm=static
	[[ $name != *[024] ]] || pm=ondemand
	write_pool "$name" <<-END
		user = alice
		pm = $pm
		pm.max_children = 1
		pm.idle_exit_timeout = 1s
	END
	in_container systemctl start "fpmd@$name.socket"
done

ask() {
	in_container python3 "$TOOLS/edge.py" "/run/fpmd/$1.sock" "/srv/www/$1/$2" "${@:3}"
}
is_inactive() {
	[[ $(unit_property fpmd@edge0.service ActiveState) == inactive ]]
}

assert_matches 'the first request' '^[0-9]+$' "$(ask edge0 pid.php 0)"
manager=$(manager_of edge0)
[[ $manager != 0 ]] || fail 'no manager after a request'
wait_for 3 is_inactive
assert_eq 'Result' success "$(unit_property fpmd@edge0.service Result)"
assert_eq 'processes left' '' "$(processes_of edge0)"
assert_eq 'the socket' active "$(unit_property fpmd@edge0.socket ActiveState)"
wait_for 2 journal_has fpmd@edge0.service 'Idle for pm.idle_exit_timeout'
assert_fails in_container kill -0 "$manager" 2>/dev/null

# /tmp is the pool's until its socket is closed, and costs a socket nothing that nobody has visited.
assert_eq 'keeper of a pool without a visitor' inactive "$(unit_property fpmd-tmp@edge5.service ActiveState)"
assert_eq '/tmp' nothing "$(ask edge0 tmp.php 0)"
wait_for 5 is_inactive
assert_eq '/tmp after an idle exit' kept "$(ask edge0 tmp.php 0)"
in_container systemctl stop fpmd@edge0.socket fpmd@edge0.service
assert_eq 'keeper of a closed socket' inactive "$(unit_property fpmd-tmp@edge0.service ActiveState)"
in_container systemctl start fpmd@edge0.socket
assert_eq '/tmp of a socket that was closed' nothing "$(ask edge0 tmp.php 0)"
wait_for 5 is_inactive

# Both units restarted at once, or the socket alone: the keeper does not come before the service, in folders of its own.
folders() {
	in_container sh -c 'ls /tmp | grep "^systemd-private-.*@edge0.service-" || :' | sed 's/.*-\(fpmd.*\)@.*/\1/' | xargs
}
keeps() {
	in_container systemctl is-active fpmd-tmp@edge0.service
}
in_container systemctl restart fpmd@edge0.socket
assert_eq 'folders of a socket that was restarted' '' "$(folders)"
in_container systemctl restart fpmd@edge0.socket fpmd@edge0.service
assert_eq '/tmp of both, restarted' nothing "$(ask edge0 tmp.php 0)"
wait_for 3 keeps
assert_eq 'folders of both, restarted' fpmd "$(folders)"
in_container systemctl daemon-reload
in_container systemctl restart fpmd@edge0.service
assert_eq '/tmp after one more restart' kept "$(ask edge0 tmp.php 0)"
wait_for 5 is_inactive
in_container systemctl stop fpmd@edge0.socket
assert_eq 'folders of a closed socket' '' "$(folders)"
in_container systemctl start fpmd@edge0.socket

# A web server that keeps a connection may send the next request on it at any time, so a pool with one stays.
cat >"$CONTAINER_ROOT/srv/kept.py" <<'END'
import sys, time
sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi
peer = fcgi.connect("/run/fpmd/edge3.sock")
for pause in 0, 3:
    time.sleep(pause)
    peer.sendall(fcgi.request("/srv/www/edge3/pid.php", flags=1))
    print(fcgi.Reply(peer).body.decode(), flush=True)
END
in_container python3 /srv/kept.py >"$CONTAINER_ROOT/srv/kept.out" &
kept=$!

# A request that lasts longer than the time, from nothing; and it counts from its end.
slept=$(ask edge0 sleep.php 0)
manager=$(manager_of edge0)
assert_eq 'the worker after a long request' "$slept" "$(ask edge0 pid.php 0.5)"
assert_eq 'the manager after a long request' "$manager" "$(manager_of edge0)"

wait "$kept"
assert_matches 'by a kept connection' '^([0-9]+) \1$' "$(tr '\n' ' ' <"$CONTAINER_ROOT/srv/kept.out" | sed 's/ $//')"
assert_eq 'starts with a kept connection' 1 "$(journal_of fpmd@edge3.service | grep -c 'Started')"
is_gone() {
	[[ $(unit_property fpmd@edge3.service ActiveState) == inactive ]]
}
wait_for 5 is_gone

# The edge: six pools at once, each asked around the moment in which it leaves, up to 0.1 s late.
for n in "${!names[@]}"; do
	pauses=()
	for i in 0 1 2 3; do
		pauses+=("1.$(printf '%03d' $((20 + n * 5 + i * 30)))")
	done
	ask "${names[n]}" pid.php 0 "${pauses[@]}" >"$CONTAINER_ROOT/srv/${names[n]}.out" &
done
wait
n_starts=0
for name in "${names[@]}"; do
	output=$(<"$CONTAINER_ROOT/srv/$name.out")
	echo "$name: ${output//$'\n'/ }"
	assert_eq "answers of $name" 5 "$(grep -cE '^[0-9]+$' <<<"$output" || true)"
	n_starts=$((n_starts + $(journal_of "fpmd@$name.service" | grep -c 'Started')))
	assert_eq "warnings of $name" '' "$(journal_of "fpmd@$name.service" --priority=warning)"
done
echo "$n_starts starts"
((n_starts > 12)) || fail 'hardly a pool left in time'

# The one of the beginning
has_left_again() {
	[[ $(starts_of recalled) == 2 && $(unit_property fpmd@fake-recalled.service ActiveState) == inactive ]]
}
wait_for 10 has_left_again
assert_eq 'why it was started again' 1 "$(journal_of fpmd@fake-recalled.service | grep -c 'keeps it: starting again')"
assert_eq 'its result' success "$(unit_property fpmd@fake-recalled.service Result)"
