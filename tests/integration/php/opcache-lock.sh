#!/bin/bash
# opcache starts afresh when no worker is in the middle of a script, and not before: fpmd's lock in the place of fcntl's
# is held by as long as that, ends with a worker that is killed, is not that of a child of the script, and names who has
# it, so that opcache.force_restart_timeout ends the right process. Under load, with resets all the time, every request
# is answered.
# Time limit: 90 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
php_with_pcntl

url=http://lock.test
pool lock <<'END'
php = 7.9
pm = static
pm.max_children = 24
END
for i in $(seq 20); do
	write_page lock "part$i.php" <<<"<?php function part$i(\$x) { return \"$i:\$x\"; } return $i;"
done
write_page lock page.php <<'END'
<?php
$n = random_int(1, 20);
if ((include __DIR__ . "/part$n.php") !== $n || ("part$n")('x') !== "$n:x") http_response_code(500);
echo 'right';
END
write_page lock hold.php <<'END'
<?php
if (isset($_GET['fork']) && pcntl_fork() === 0) exit(0);
file_put_contents(__DIR__ . '/holder', getmypid());
usleep(1000 * (int) $_GET['ms']);
echo 'held';
END
write_page lock reset.php <<<'<?php echo (int) opcache_reset();'
write_page lock status.php <<'END'
<?php
$s = opcache_get_status(false);
echo (int) $s['restart_pending'], ' ', $s['opcache_statistics']['manual_restarts'];
END
chmod 0777 "$CONTAINER_ROOT/srv/www/lock"

for page in page hold status; do
	fetch --output /dev/null "$url/$page.php?ms=0"
done

n_restarts() {
	local n

	read -r _ n < <(fetch "$url/status.php" && echo)
	echo "$n"
}
restarted() {
	(($(n_restarts) > $1))
}
# pending N: asks for a restart, which a script that runs puts off
pending() {
	assert_eq 'opcache_reset()' 1 "$(fetch "$url/reset.php")"
	for _ in 1 2 3 4 5 6; do
		assert_eq 'a restart waits' "1 $1" "$(fetch "$url/status.php")"
	done
}
hold() {
	rm -f "$CONTAINER_ROOT/srv/www/lock/holder"
	fetch "$url/hold.php?$1" >"$CONTAINER_ROOT/srv/answer" || : &
	client=$!
	wait_for 5 test -s "$CONTAINER_ROOT/srv/www/lock/holder"
}

assert_eq 'restarts' 0 "$(n_restarts)"
hold ms=1500
pending 0
wait "$client"
assert_eq 'the script' held "$(<"$CONTAINER_ROOT/srv/answer")"
wait_for 5 restarted 0

# a child of the script, which has ended
fetch --output /dev/null "$url/hold.php?ms=0"
hold 'ms=1500&fork=1'
sleep 0.3
pending 1
wait "$client"
assert_eq 'the script that has forked' held "$(<"$CONTAINER_ROOT/srv/answer")"
wait_for 5 restarted 1

# a worker that is killed
fetch --output /dev/null "$url/hold.php?ms=0"
hold ms=20000
pending 2
in_container kill -KILL "$(<"$CONTAINER_ROOT/srv/www/lock/holder")"
wait "$client"
wait_for 5 restarted 2

# restarts under load
load_begin "$url/page.php" 16 5
before=$(n_restarts)
end=$((SECONDS + 4))
while ((SECONDS < end)); do
	fetch --output /dev/null "$url/reset.php"
done
load_end 'with resets all the time' 100
after=$(n_restarts)
echo "restarts under load: $((after - before))"
((after - before >= 3)) || fail 'opcache has hardly started afresh'
assert_lacks 'the journal' 'does not call fcntl' "$(journal_of fpmd@lock)"
assert_lacks 'the journal' 'was killed by signal 11' "$(journal_of fpmd@lock)"

# who does not leave in time is killed, and nobody else
pool lock <<'END'
php = 7.9
pm = static
pm.max_children = 6
php_admin_value[opcache.force_restart_timeout] = 1
END
in_container systemctl restart fpmd@lock
for page in page hold status; do
	fetch --output /dev/null "$url/$page.php?ms=0"
done
workers=$(workers_of lock)
hold ms=20000
assert_eq 'opcache_reset()' 1 "$(fetch "$url/reset.php")"
forced() {
	fetch --output /dev/null "$url/page.php"
	restarted 0
}
wait_for 10 forced
wait "$client"
assert_lacks 'the script that was in the way' held "$(<"$CONTAINER_ROOT/srv/answer")"
gone=$(comm -23 <(sort <<<"$workers") <(workers_of lock | sort))
assert_eq 'who was killed' "$(<"$CONTAINER_ROOT/srv/www/lock/holder")" "$gone"
