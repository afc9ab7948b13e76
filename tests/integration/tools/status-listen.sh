#!/bin/bash
# pm.status_listen: the status answers while every worker is busy, from a process that is none of the workers,
# that comes with the first question, starts the pool if need be, runs no script, and leaves again.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page aside nap.php <<'END'
<?php sleep(3); echo "ok";
END
pool aside <<'END'
pm.status_path = /status
pm.status_listen = /run/fpmd/aside-status.sock
END
site aside-status unix:/run/fpmd/aside-status.sock
status=http://aside-status.test/status

# the status alone starts the pool
assert_contains 'cold' 'pool:                 aside' "$(fetch $status)"

# all workers are busy and three requests wait
for _ in 1 2 3 4 5; do
	fetch http://aside.test/nap.php >/dev/null &
done
sleep 0.5
begin=$(date +%s%N)
json=$(fetch "$status?json")
took=$((($(date +%s%N) - begin) / 1000000))
assert_contains 'busy' '"active processes":2,"total processes":2,' "$json"
assert_contains 'queue' '"listen queue":3,' "$json"
assert_at_most 'milliseconds, all of curl' 300 "$took"
wait

# it is counted nowhere, and runs nothing
assert_contains 'not a worker' '"accepted conn":5,' "$(fetch "$status?json")"
assert_eq 'scripts' 404 "$(fetch_status http://aside-status.test/nap.php)"
assert_eq 'one process more' 3 "$(workers_of aside | wc -l)"
assert_eq 'its title' 1 "$(in_container ps -eo args= | grep -cx 'fpmd: aside: status')"

# killed: the next question finds another
pid=$(in_container sh -c "ls -t /proc | grep -c . >/dev/null; pgrep -n php-fpm")
in_container kill -KILL "$pid"
sleep 1.2
assert_contains 'after a kill' 'pool:                 aside' "$(fetch $status)"

# a reload and a stop are not held up by it
in_container systemctl reload fpmd@aside
assert_contains 'after a reload' 'pool:                 aside' "$(fetch $status)"
begin=$SECONDS
in_container systemctl stop fpmd@aside.service
((SECONDS - begin <= 2)) || fail 'the stop took long'

# an address of listen is refused
write_pool twice <<'END'
user = alice
pm = static
pm.max_children = 1
listen = /run/fpmd/twice.sock
pm.status_path = /status
pm.status_listen = /run/fpmd/twice.sock
END
refusal=$(in_container fpmd --test twice 2>&1 || true)
assert_contains 'refused' 'twice.conf:7: pm.status_listen: is an address of listen too' "$refusal"
