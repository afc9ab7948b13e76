#!/bin/bash
# fpmctl trace shows where in PHP each busy worker is, in a sleep, in a loop, in a chroot and after a reload, and
# disturbs none; a zygote that hangs costs a second and nothing else; slow shows what the slow log has. What a
# client sends harms no terminal.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page trace stack.php <<'END'
<?php
namespace Shop;
class Order
{
	public static function pay()
	{
		while (!file_exists("/srv/{$_GET['file']}"))
			usleep(10000);
	}
}
function checkout()
{
	Order::pay();
}
checkout();
echo 'paid';
END
write_page trace spin.php <<'END'
<?php
function spin()
{
	while (!file_exists('/srv/spun'))
		clearstatcache();
}
spin();
echo 'spun';
END
write_page trace fast.php <<'END'
<?php echo 'fast';
END
pool trace <<'END'
pm.max_children = 4
request_slowlog_timeout = 1s
END

assert_eq 'the pool' fast "$(fetch http://trace.test/fast.php)"
assert_eq 'a trace of nobody' '' "$(in_container fpmctl trace trace)"
fetch "http://trace.test/stack.php?file=paid" >"$CONTAINER_ROOT/srv/answer1" &
fetch "http://trace.test/spin.php" >"$CONTAINER_ROOT/srv/answer2" &
n_busy() {
	[[ $(pool_status trace busy) == "$1" ]]
}
wait_for 5 n_busy 2
sleep 0.1

# --- all, one, none
output=$(in_container fpmctl trace trace)
echo "$output"
assert_matches 'head of a stack' 'slot [0-3], pid [0-9]+, running for [0-9.]+s: GET /stack.php\?file=paid' "$output"
assert_matches 'a stack' 'Shop\\Order::pay\(\).*stack.php:13.*Shop\\checkout\(\).*stack.php:15' "${output//$'\n'/ }"
assert_matches 'a stack of a loop' 'spin\(\).*spin.php:7' "${output//$'\n'/ }"
slot=$(in_container fpmctl requests trace | sed -n 's/^ *\([0-9]\) .*stack.php.*/\1/p')
one=$(in_container fpmctl trace trace "$slot")
assert_contains 'one slot' 'Shop\Order::pay' "$one"
assert_lacks 'one slot' spin.php "$one"
assert_eq 'frames in JSON' True "$(in_container fpmctl trace trace "$slot" --json |
	in_container python3 -c 'import json, sys
print(any("Shop\\Order::pay" in f for f in json.load(sys.stdin)["workers"][0]["frames"]))')"
assert_eq 'a slot that has nobody' '' "$(in_container fpmctl trace trace 4000)"
for bad in -1 x 4096 99999999999; do
	status=0
	in_container fpmctl trace trace -- "$bad" >/dev/null 2>&1 || status=$?
	((status == 64 || status == 1)) || fail "slot $bad: status $status"
done

# --- of the old generation, while the new one serves; and many at once
in_container fpmctl reload trace >/dev/null
output=$(in_container fpmctl trace trace)
assert_contains 'a stack that drains' 'Shop\Order::pay' "$output"
assert_eq 'the new generation' fast "$(fetch http://trace.test/fast.php)"
for _ in 1 2 3 4 5 6 7 8; do
	in_container fpmctl trace trace >"$CONTAINER_ROOT/srv/out.$_.$RANDOM" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid"
done
for file in "$CONTAINER_ROOT"/srv/out.*; do
	assert_contains 'one of eight at once' 'Shop\Order::pay' "$(<"$file")"
done

# --- slow, of the journal
is_slow() {
	[[ $(in_container fpmctl slow trace) == *"$1"* ]]
}
wait_for 5 is_slow /stack.php
# A script says that another page is slow: it runs in the same unit.
write_page trace forge.php <<'END'
<?php
$journal = stream_socket_client('udg:///run/systemd/journal/socket');
$id = 'MESSAGE_ID=cb04314e51044df39d6464b06320464f';
fwrite($journal, "MESSAGE=forged\n$id\nREQUEST_METHOD=GET\nREQUEST_URI=/forged.php\nFPMD_SECONDS=9\n");
echo 'forged';
END
assert_eq 'a forger' forged "$(fetch http://trace.test/forge.php)"
wait_for 5 journal_has fpmd@trace.service forged
assert_lacks 'slow requests' forged "$(in_container fpmctl slow trace)"
slow=$(in_container fpmctl slow trace)
assert_matches 'a slow request' '20[0-9-]+ [0-9:]+ [0-9.]+s GET /stack.php' "$slow"
assert_contains 'its stack' 'checkout()' "$slow"
assert_eq 'the last one' 1 "$(in_container fpmctl slow -n 1 trace | grep -c ' GET ')"
assert_eq 'slow in JSON' trace "$(in_container fpmctl slow --json trace |
	in_container python3 -c 'import json, sys
print("trace" if all(e["frames"] and type(e["slot"]) is int and e["seconds"] >= 1 for e in json.load(sys.stdin)) else "")')"
assert_contains 'metrics' 'fpmd_slow_requests_total{pool="trace"} 2' "$(in_container fpmctl metrics)"

# --- a request that is not text
touch "$CONTAINER_ROOT/srv/paid" "$CONTAINER_ROOT/srv/spun"
wait
assert_eq 'the traced request' paid "$(<"$CONTAINER_ROOT/srv/answer1")"
assert_eq 'the traced loop' spun "$(<"$CONTAINER_ROOT/srv/answer2")"
rm "$CONTAINER_ROOT/srv/paid"
in_container python3 - <<'END' &
import struct, sys
sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi
params = {b"REQUEST_METHOD": b"GET\x1b[2J", b"REQUEST_URI": b"/a\x1b]0;owned\x07\nb\xff\xc2\x9b2J",
          b"SCRIPT_NAME": b"/a\x1b]0;owned\x07\nb\xff\xc2\x9b2J",
          b"SCRIPT_FILENAME": b"/srv/www/trace/stack.php", b"QUERY_STRING": b"file=paid&\x1b[41m",
          b"REMOTE_ADDR": b"1\r\n2\x1b[1m"}
pairs = b"".join(struct.pack(">BB", len(n), len(v)) + n + v for n, v in params.items())
peer = fcgi.connect("/run/fpmd/trace.sock")
peer.sendall(fcgi.begin() + fcgi.record(fcgi.PARAMS, pairs) + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
while peer.recv(65536):
    pass
END
wait_for 5 n_busy 1
sleep 0.1
for command in requests trace "requests --json" "trace --json" "top"; do
	# shellcheck disable=SC2086
	output=$(in_container env TERM=dumb fpmctl ${command%% *} trace ${command#"${command%% *}"})
	[[ $output != *[$'\e\a\r\x9b\x7f']* ]] || fail "control bytes in fpmctl $command: $(od -c <<<"$output" | head -n 40)"
	assert_contains "the address in fpmctl $command" /a "$output"
done
assert_eq 'lines of requests' 2 "$(in_container fpmctl requests trace | wc -l)"

# --- the zygote hangs
zygote=$(zygote_of trace)
in_container kill -STOP "$zygote"
begin=${EPOCHREALTIME/./}
output=$(in_container fpmctl trace trace)
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
in_container kill -CONT "$zygote"
assert_contains 'a zygote that hangs' 'no stack: it was not read in time' "$output"
assert_at_most 'trace while the zygote hangs, ms' 2000 "$took"
assert_contains 'the next trace' 'Shop\Order::pay' "$(in_container fpmctl trace trace)"
touch "$CONTAINER_ROOT/srv/paid"
wait

# --- the stack of the next request is not shown in the place of the one that has ended
pool one <<'END'
pm.max_children = 1
END
write_page one first.php <<'END'
<?php function in_first() { usleep(600000); } in_first();
END
write_page one second.php <<'END'
<?php function in_second() { usleep(1500000); } in_second();
END
in_container systemctl start fpmd@one.service
zygote=$(zygote_of one)
fetch http://one.test/first.php &
sleep 0.2
in_container kill -STOP "$zygote"
in_container fpmctl trace one >"$CONTAINER_ROOT/srv/trace" 2>&1 &
fetch http://one.test/second.php &
sleep 0.7
in_container kill -CONT "$zygote"
wait
cat "$CONTAINER_ROOT/srv/trace"
assert_lacks 'a stack of the next request' 'in_second' "$(<"$CONTAINER_ROOT/srv/trace")"
