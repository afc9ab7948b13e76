#!/bin/bash
# A request that is slow is told of once, on time, and goes on undisturbed: the journal has one entry with fields and
# with the PHP stack as it was, the file `slowlog` one in php-fpm's format. Right for what sleeps and what
# computes, for deep recursion, closures, generators, includes, code that calls without end, and in a
# chroot; with one that is ended later by request_terminate_timeout both are told.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

jail=/srv/jail
event=cb04314e51044df39d6464b06320464f # request-slow
ended=ba8211834ab34805947355b11b3caf81 # request-timeout

# pages FOLDER
pages() {
	mkdir -p "$1"
	cat >"$1/sleep.php" <<'END'
<?php
namespace Shop;
class Order
{
	public function pay($card)
	{
		sleep(2);
	}
}
function checkout($card)
{
	(new Order)->pay($card);
}
checkout('4111111111111111');
echo 'done';
END
	cat >"$1/deep.php" <<'END'
<?php
function deep($n)
{
	return $n > 0 ? deep($n - 1) + 1 : sleep(2);
}
deep(20000);
echo 'done';
END
	cat >"$1/closure.php" <<'END'
<?php
$nap = function () {
	sleep(2);
};
array_map($nap, [1]);
echo 'done';
END
	cat >"$1/generator.php" <<'END'
<?php
function inner()
{
	sleep(2);
	yield 1;
}
function outer()
{
	yield from inner();
}
foreach (outer() as $x)
	echo 'done';
END
	cat >"$1/include.php" <<'END'
<?php
include_once __DIR__ . '/part.php';
echo 'done';
END
	cat >"$1/part.php" <<'END'
<?php

sleep(2);
END
	cat >"$1/loop.php" <<'END'
<?php
function spin($until)
{
	while (microtime(true) < $until)
		;
}
spin(microtime(true) + 2);
echo 'done';
END
	# Calls and returns all the time: what is read may be short, but never wrong.
	cat >"$1/moving.php" <<'END'
<?php
function a($n) { return $n > 0 ? b($n - 1) : 0; }
function b($n) { return $n > 0 ? a($n - 1) : strlen(str_repeat('x', 100)); }
$until = microtime(true) + 2;
while (microtime(true) < $until)
	a(mt_rand(1, 50));
echo 'done';
END
	cat >"$1/quick.php" <<'END'
<?php usleep(300000); echo 'done';
END
	cat >"$1/finish.php" <<'END'
<?php echo 'done'; fastcgi_finish_request(); sleep(2);
END
	touch -d '1 hour ago' "$1"/*.php
}

pages "$CONTAINER_ROOT/srv/www/slow"
pages "$CONTAINER_ROOT$jail/www"
mkdir "$CONTAINER_ROOT/srv/www/both"
sed 's/sleep(2)/sleep(5)/' "$CONTAINER_ROOT/srv/www/slow/sleep.php" >"$CONTAINER_ROOT/srv/www/both/sleep.php"
write_pool slow <<END
user = alice
pm = static
pm.max_children = 10
request_slowlog_timeout = 1s
request_slowlog_trace_depth = 10
slowlog = /srv/slow.log
END
write_pool slowjail <<END
user = alice
pm = static
pm.max_children = 2
request_slowlog_timeout = 1s
chroot = $jail
END
write_pool both <<END
user = alice
pm = static
pm.max_children = 2
request_slowlog_timeout = 1s
request_terminate_timeout = 3s
slowlog = /srv/link.log
END
site slow
site slowjail unix:/run/fpmd/slowjail.sock /www
site both
for name in slow slowjail both; do
	in_container systemctl start "fpmd@$name.socket" "fpmd@$name.service"
done

# there from the start, as with php-fpm
assert_eq 'the file before it is needed' '600 root 0' "$(in_container stat -c '%a %U %s' /srv/slow.log)"

# a link that comes later: at the start it would be refused
in_container sh -c 'echo secret >/srv/secret; ln -sf /srv/secret /srv/link.log'

begin=$EPOCHREALTIME
names=(sleep deep closure generator include loop moving quick finish)
for name in "${names[@]}"; do
	fetch "http://slow.test/$name.php?of=$name" >"$CONTAINER_ROOT/srv/$name.out" &
done
fetch http://slowjail.test/sleep.php >"$CONTAINER_ROOT/srv/jail.out" &
fetch_status http://both.test/sleep.php >"$CONTAINER_ROOT/srv/both.out" &
# While this one is timed for its end alone, another begins, which is due earlier.
sleep 1.3
fetch_status http://both.test/sleep.php?second >/dev/null &
wait
for name in "${names[@]}" jail; do
	assert_eq "the answer of $name" 'done' "$(<"$CONTAINER_ROOT/srv/$name.out")"
done
assert_eq 'the answer of the one that was ended' 502 "$(<"$CONTAINER_ROOT/srv/both.out")"

# entry POOL [FIELD=VALUE…]: the message
entry() {
	local pool=$1
	shift
	journal_of "fpmd@$pool.service" --since="@$begin" "$@"
}
# field NAME MATCH…: of the one entry
field() {
	local name=$1
	shift
	in_container journalctl --quiet --since="@$begin" --output=json --output-fields="$name" "$@" |
		in_container python3 -c '
import json, sys
lines = sys.stdin.read().splitlines()
assert len(lines) == 1, lines
print(json.loads(lines[0])[sys.argv[1]])' "$name"
}

in_container journalctl --sync
assert_eq 'slow requests' 7 "$(in_container journalctl --quiet --output=json --since="@$begin" "MESSAGE_ID=$event" FPMD_POOL=slow | wc -l)"
text=$(entry slow REQUEST_URI=/sleep.php?of=sleep)
assert_matches 'message' \
	"^Worker [0-9]+ \\(pid [0-9]+\\), script '/srv/www/slow/sleep.php' \\(request: \"GET /sleep.php\\?of=sleep\"\\) executing too slow \\(1\\.[0-4][0-9]+ sec\\)
sleep\\(\\) /srv/www/slow/sleep.php:7
Shop\\\\Order::pay\\(\\) /srv/www/slow/sleep.php:12
Shop\\\\checkout\\(\\) /srv/www/slow/sleep.php:14
\\{main\\}\\(\\) /srv/www/slow/sleep.php:14\$" "$text"
assert_lacks 'arguments' 4111 "$text"

# fields
of=(FPMD_EVENT=request-slow FPMD_POOL=slow "REQUEST_URI=/sleep.php?of=sleep")
assert_eq 'method' GET "$(field REQUEST_METHOD "${of[@]}")"
assert_eq 'script' /srv/www/slow/sleep.php "$(field SCRIPT_FILENAME "${of[@]}")"
assert_eq 'message id' $event "$(field MESSAGE_ID "${of[@]}")"
assert_matches 'seconds' '^1\.[0-4]' "$(field FPMD_SECONDS "${of[@]}")"
assert_matches 'slot' '^[0-9]$' "$(field FPMD_SLOT "${of[@]}")"
assert_matches 'stack' '^sleep\(\) .*:14$' "$(field FPMD_STACK "${of[@]}" | tr '\n' ' ' | sed 's/ $//')"
assert_eq 'priority' 4 "$(field PRIORITY "${of[@]}")"

# stacks
stack_of() {
	field FPMD_STACK FPMD_EVENT=request-slow FPMD_POOL=slow "REQUEST_URI=/$1.php?of=$1"
}
www=/srv/www/slow
assert_eq 'depth of the deep one' 10 "$(stack_of deep | wc -l)"
assert_matches 'deep' "^sleep\\(\\) $www/deep.php:4
(deep\\(\\) $www/deep.php:4
?){9}\$" "$(stack_of deep)"
assert_matches 'closure' "^sleep\\(\\) $www/closure.php:3
\\{closure(:$www/closure.php:2)?\\}\\(\\) $www/closure.php:5
array_map\\(\\) $www/closure.php:5
\\{main\\}" "$(stack_of closure)"
assert_matches 'generator' "^sleep\\(\\) $www/generator.php:4
inner\\(\\) $www/generator.php:9
outer\\(\\) $www/generator.php:11
\\{main\\}" "$(stack_of generator)"
assert_matches 'include' "^sleep\\(\\) $www/part.php:3
include_once\\(\\) $www/include.php:2
\\{main\\}" "$(stack_of include)"
# Where in spin() it is, not only where it was called; microtime() may be on top.
assert_matches 'loop' "(at|microtime\\(\\)) $www/loop.php:[45]
spin\\(\\) $www/loop.php:7
\\{main\\}\\(\\) $www/loop.php:7" "$(stack_of loop)"
moving=$(entry slow 'REQUEST_URI=/moving.php?of=moving' | tail -n +2)
echo "moving: $moving"
rubbish=$(grep -v -E "^((a|b|strlen|str_repeat|mt_rand|microtime|\\{main\\})\\(\\) |at )$www/moving.php:[2-7]\$" <<<"$moving" || true)
assert_eq 'what is no call of moving.php' '' "$rubbish"

# not slow: what was quick, and what happened after fastcgi_finish_request()
assert_eq 'quick' '' "$(entry slow 'REQUEST_URI=/quick.php?of=quick')"
assert_eq 'finished' '' "$(entry slow 'REQUEST_URI=/finish.php?of=finish')"

# in a chroot; nobody named a file there
assert_matches 'jail' 'Shop\\checkout\(\) /www/sleep.php:14' "$(entry slowjail "MESSAGE_ID=$event")"

# slow, then ended: two entries
both=$(entry both "MESSAGE_ID=$event")
assert_matches 'both: slow' '"GET /sleep.php"\) executing too slow \(1\.[0-4]' "$both"
assert_matches 'both: the second' '"GET /sleep.php\?second"\) executing too slow \(1\.[0-4]' "$both"
assert_matches 'both: ended' 'was ended .*ran for 3\.' "$(entry both "MESSAGE_ID=$ended")"
assert_matches 'both: stack' 'Order::pay' "$(entry both "MESSAGE_ID=$ended")"

# the file, as php-fpm's
log=$CONTAINER_ROOT/srv/slow.log
assert_eq 'its mode' '600 root' "$(in_container stat -c '%a %U' /srv/slow.log)"
assert_eq 'its entries' 7 "$(grep -c '^script_filename = ' "$log")"
assert_matches 'one of them' "
\\[[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8}\\]  \\[pool slow\\] pid [0-9]+
script_filename = /srv/www/slow/sleep.php
\\[0x[0-9a-f]{16}\\] sleep\\(\\) /srv/www/slow/sleep.php:7
\\[0x[0-9a-f]{16}\\] Shop\\\\Order::pay\\(\\) /srv/www/slow/sleep.php:12
\\[0x[0-9a-f]{16}\\] Shop\\\\checkout\\(\\) /srv/www/slow/sleep.php:14
" "$(<"$log")"$'\n'

# a link is not followed, and that is said
assert_eq 'what the link leads to' secret "$(<"$CONTAINER_ROOT/srv/secret")"
assert_contains 'journal' "Cannot write the slow log '/srv/link.log'" "$(entry both)"

# behind a front controller: what the client asked for
begin=$EPOCHREALTIME
in_container python3 "$TOOLS/fcgi.py" /run/fpmd/slow.sock /srv/www/slow/sleep.php \
	'REQUEST_URI=/shop/cart?id=5' SCRIPT_NAME=/sleep.php >/dev/null
assert_contains 'by its URI' '"GET /shop/cart?id=5"' "$(entry slow 'REQUEST_URI=/shop/cart?id=5')"

# moved away: the next entry makes a new one
in_container mv /srv/slow.log /srv/slow.log.1
begin=$EPOCHREALTIME
assert_eq 'slow again' 'done' "$(fetch http://slow.test/loop.php)"
wait_for 3 grep -q 'script_filename = /srv/www/slow/loop.php' "$log"
assert_eq 'entries' 1 "$(entry slow "MESSAGE_ID=$event" | grep -c 'too slow')"

# One that cannot be written is found before the start, as for access.log; without a timeout it is only told.
write_pool both <<END
user = alice
pm = static
pm.max_children = 2
request_slowlog_timeout = 1s
slowlog = /nosuch/a.log
END
assert_fails in_container fpmctl reload both 2>"$CONTAINER_ROOT/srv/said"
assert_matches 'refused' "both.conf:[0-9]+: slowlog: '/nosuch/a.log': No such file or directory; create its folder" \
	"$(<"$CONTAINER_ROOT/srv/said")"
in_container sed -i /request_slowlog_timeout/d /etc/fpmd/conf.d/both.conf
begin=$EPOCHREALTIME
in_container fpmctl reload both
wait_for 3 journal_has fpmd@both.service "slowlog: '/nosuch/a.log'" --since="@$begin"
