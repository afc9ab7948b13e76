#!/bin/bash
# SIGUSR1 reopens the access log and does nothing else. Under load, while the log is moved away again and
# again: each request has exactly one line in one of the files, and an old file does not grow once the new one
# is in use. No worker leaves, also not one that is busy for all the time, and a sleep() lasts as long as it
# should. Workers that are idle let go of the old file at once; those that are forked later, those of a later
# generation, and those that finish a request of the one before write to the new one.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

log=$CONTAINER_ROOT/srv/log
unit=fpmd@rotate.service
mkdir "$log"
write_pool rotate <<'END'
user = alice
pm = static
pm.max_children = 4
access.log = /srv/log/access
access.format = "%m %r %s %p."
END
site rotate
write_page rotate quick.php <<'END'
<?php echo getmypid();
END
write_page rotate nap.php <<'END'
<?php
$t = microtime(true);
$left = sleep(5);
printf('%d %.1f', $left, microtime(true) - $t);
END
in_container systemctl start fpmd@rotate.socket "$unit"
fetch http://rotate.test/quick.php >"$log/none"
mapfile -t before < <(workers_of rotate | sort)
assert_eq 'workers' 4 "${#before[@]}"

fetch http://rotate.test/nap.php >"$CONTAINER_ROOT/srv/nap.out" &
load http://rotate.test/quick.php 3 5 >"$CONTAINER_ROOT/srv/load.out" &
sleep 0.3

# rotate NAME: the log has that name behind its own, and a new one is there.
rotate() {
	mv "$log/access" "$log/access.$1"
	in_container systemctl kill --kill-whom=main --signal=USR1 "$unit"
	wait_for 2 test -e "$log/access"
}
declare -a sizes
for i in {1..8}; do
	rotate "$i"
	sleep 0.1
	sizes[i]=$(stat --format=%s "$log/access.$i")
	sleep 0.1
done
wait
assert_eq 'sleep()' '0 5.0' "$(<"$CONTAINER_ROOT/srv/nap.out")"
mapfile -t after < <(workers_of rotate | sort)
assert_eq 'the same workers' "${before[*]}" "${after[*]}"

for i in {1..8}; do
	assert_eq "access.$i stays as it was" "${sizes[i]}" "$(stat --format=%s "$log/access.$i")"
	((sizes[i] > 0)) || fail "access.$i is empty"
done
[[ $(<"$CONTAINER_ROOT/srv/load.out") =~ \"200\":\ ([0-9]+) ]] || fail "$(<"$CONTAINER_ROOT/srv/load.out")"
n=${BASH_REMATCH[1]}
assert_contains 'errors' '"errors": {}' "$(<"$CONTAINER_ROOT/srv/load.out")"
assert_eq 'lines' $((n + 2)) "$(cat "$log"/access* | grep -cE '^GET /(quick|nap).php 200 [0-9]+\.$')"
assert_eq 'lines of any form' $((n + 2)) "$(cat "$log"/access* | wc -l)"
assert_eq 'files with the line of the one that slept' "$log/access" "$(grep -l nap.php "$log"/access*)"
echo "$n requests, 8 times reopened"

# who is idle holds the new file only
rotate idle
holds_new() {
	# shellcheck disable=SC2016
	in_container sh -c 'for pid; do
		readlink /proc/$pid/fd/* | grep -qx /srv/log/access || exit 1
		! readlink /proc/$pid/fd/* | grep -q /srv/log/access. || exit 1
	done' sh "$(zygote_of rotate)" "${after[@]}"
}
wait_for 1 holds_new

# who comes later
in_container kill -KILL "${after[@]}"
all_new() {
	[[ $(workers_of rotate | grep -cvxF "$(printf '%s\n' "${after[@]}")") == 4 ]]
}
wait_for 3 all_new
pid=$(fetch http://rotate.test/quick.php)
assert_eq 'a line of a later worker' "GET /quick.php 200 $pid." "$(<"$log/access")"
in_container systemctl reload "$unit"
rotate reload
pid=$(fetch http://rotate.test/quick.php)
assert_eq 'a line of a later generation' "GET /quick.php 200 $pid." "$(<"$log/access")"

# who still finishes a request of the generation before
fetch http://rotate.test/nap.php >/dev/null &
nap=$!
sleep 0.2
in_container systemctl reload "$unit"
rotate drain
wait "$nap"
assert_matches 'a line of the generation before' '^GET /nap.php 200 [0-9]+\.$' "$(<"$log/access")"

# what cannot be opened leaves the old file in use, and says so
mv "$log/access" "$log/access.kept"
ln -s access.kept "$log/access"
in_container systemctl kill --kill-whom=main --signal=USR1 "$unit"
wait_for 2 journal_has "$unit" "Cannot reopen the access log '/srv/log/access', going on with the old file"
pid=$(fetch http://rotate.test/quick.php)
assert_eq 'a line all the same' "GET /quick.php 200 $pid." "$(tail -n 1 "$log/access.kept")"
