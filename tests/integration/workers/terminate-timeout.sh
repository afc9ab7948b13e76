#!/bin/bash
# request_terminate_timeout: what sleeps, what computes and what waits for a child of its own is ended after 2 s
# and not much later. The client gets an error; the journal has the request, how long it ran and where in
# the script it was, also in a chroot, and by default (process.dumpable = no). Others are not disturbed. The
# time after fastcgi_finish_request() counts only with request_terminate_timeout_track_finished.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

jail=/srv/jail
# pages FOLDER
pages() {
	mkdir -p "$1"
	cat >"$1/sleep.php" <<'END'
<?php
class Order
{
	public function pay($card)
	{
		sleep(10);
	}
}
function checkout($card)
{
	(new Order)->pay($card);
}
checkout('4111111111111111');
END
	cat >"$1/loop.php" <<'END'
<?php
function spin()
{
	while (true)
		$x = ($x ?? 0) + 1;
}
set_time_limit(0);
spin();
END
	cat >"$1/child.php" <<'END'
<?php
wait_for_child();
function wait_for_child()
{
	$child = proc_open('exec sleep 4', [], $pipes);
	proc_close($child);
}
END
	cat >"$1/finish.php" <<'END'
<?php
echo 'answered';
fastcgi_finish_request();
sleep(3);
file_put_contents($_GET['file'], 'done');
END
	cat >"$1/short.php" <<'END'
<?php usleep(1500000); echo 'done';
END
	touch -d '1 hour ago' "$1"/*.php
}

pages "$CONTAINER_ROOT/srv/www/late"
pages "$CONTAINER_ROOT$jail/www"
cp -a "$CONTAINER_ROOT/srv/www/late" "$CONTAINER_ROOT/srv/www/tracked"
mkdir -m 1777 "$CONTAINER_ROOT/srv/tmp"

write_pool late <<END
user = alice
pm = static
pm.max_children = 6
request_terminate_timeout = 2s
END
write_pool edge <<END
user = alice
pm = static
pm.max_children = 1
request_terminate_timeout = 2s
END
write_pool latejail <<END
user = alice
pm = static
pm.max_children = 2
request_terminate_timeout = 2s
chroot = $jail
END
write_pool tracked <<END
user = alice
pm = dynamic
pm.max_children = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 1
request_terminate_timeout = 2s
request_terminate_timeout_track_finished = yes
END
site late
site edge
site latejail unix:/run/fpmd/latejail.sock /www
site tracked
for name in late latejail tracked edge; do
	in_container systemctl start "fpmd@$name.socket" "fpmd@$name.service"
done
write_page edge edge.php <<'END'
<?php usleep((int) $_GET['usec']); echo 'done';
END
mapfile -t before < <(workers_of late)
assert_eq 'workers' 6 "${#before[@]}"

# ask NAME URL: body, status and seconds into a file, in the background
ask() {
	fetch --write-out '|%{http_code} %{time_total}' "$2" >"$CONTAINER_ROOT/srv/$1.out" &
}
answer() {
	sed -z 's/\n/ /g' "$CONTAINER_ROOT/srv/$1.out"
}
begin=$EPOCHREALTIME
ask sleep 'http://late.test/sleep.php?card=1'
ask loop http://late.test/loop.php
ask child http://late.test/child.php
ask finish 'http://late.test/finish.php?file=/srv/tmp/late'
ask tracked 'http://tracked.test/finish.php?file=/srv/tmp/tracked'
ask jail http://latejail.test/sleep.php
ask jailloop http://latejail.test/loop.php
ask short http://late.test/short.php
# One that ends by itself just before the signal comes: the next one of its worker is not ended in its place.
in_container python3 "$TOOLS/late_signal.py" "$(zygote_of edge)" 0.7 >"$CONTAINER_ROOT/srv/watch.out" &
wait_for 5 grep -q ready "$CONTAINER_ROOT/srv/watch.out"
ask edge 'http://edge.test/edge.php?usec=2300000'
sleep 0.5
ask next 'http://edge.test/edge.php?usec=1000000'
wait

for which in sleep loop child jail jailloop; do
	assert_matches "status of $which" '\|502 [0-9.]+$' "$(answer $which)"
	seconds=$(answer $which | sed 's/.* //')
	echo "$which: $seconds s"
	awk -v s="$seconds" 'BEGIN { exit !(s >= 1.99 && s <= 2.2) }' || fail "$which took $seconds s"
done
assert_matches 'one that was quick enough' '^done\|200 1\.[5-9]' "$(answer short)"
assert_matches 'one that ended in the last moment' '^done\|200 2\.' "$(answer edge)"
assert_matches 'the one behind it' '^done\|200 ' "$(answer next)"
assert_matches 'one that was finished' '^answered\|200 0\.' "$(answer finish)"
assert_matches 'another that was finished' '^answered\|200 0\.' "$(answer tracked)"

# all that in the journal
entry() {
	journal_of "fpmd@$1.service" --since="@$begin" --priority=warning | grep -A4 "was ended.*$2"
}
check_sleep() {
	assert_matches "$1: sleep.php" \
		"^Worker [0-9]+ \\(pid [0-9]+\\) was ended during GET /sleep\\.php[^ ]* \\($2/sleep\\.php\\): the request ran for 2\\.[01][0-9] s, longer than request_terminate_timeout" \
		"$3"
	assert_matches "$1: its stack" \
		"sleep\\(\\) $2/sleep\\.php:6
Order::pay\\(\\) $2/sleep\\.php:11
checkout\\(\\) $2/sleep\\.php:13" "$3"
}
check_loop() {
	assert_matches "$1: its stack" "at $2/loop\\.php:[56]
spin\\(\\) $2/loop\\.php:8" "$3"
}
entry late sleep.php
check_sleep late /srv/www/late "$(entry late sleep.php)"
check_sleep latejail /www "$(entry latejail sleep.php)"
check_loop late /srv/www/late "$(entry late loop.php)"
check_loop latejail /www "$(entry latejail loop.php)"
assert_contains 'query of the request' 'GET /sleep.php?card=1 ' "$(entry late sleep.php)"
assert_lacks 'arguments in the stack' 4111 "$(entry late sleep.php)"
assert_matches 'proc_close' 'proc_close.* /srv/www/late/child\.php:6' "$(entry late child.php)"
assert_eq 'what was ended' 3 "$(journal_of fpmd@late.service --since="@$begin" | grep -c 'was ended')"

# after fastcgi_finish_request()
wait_for 3 test -e "$CONTAINER_ROOT/srv/tmp/late"
assert_contains 'the tracked one' 'was ended during GET /finish.php' "$(entry tracked finish.php)"
[[ ! -e $CONTAINER_ROOT/srv/tmp/tracked ]] || fail 'the tracked one went on'

# the pool is whole again
all_are_back() {
	[[ $(in_container fpmctl status late | grep -c -e '^workers: *6$' -e '^idle: *6$') == 2 ]]
}
wait_for 2 all_are_back
assert_eq 'a page afterwards' 200 "$(fetch_status http://late.test/short.php)"
assert_eq 'workers that were not concerned' 3 \
	"$(comm -12 <(printf '%s\n' "${before[@]}" | sort) <(workers_of late | sort) | wc -l)"
