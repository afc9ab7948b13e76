#!/bin/bash
# pm.queue_timeout: requests that waited too long for a worker get 503 with Retry-After, at once when it
# is their turn, and cost no PHP; those that came in time are answered; when the queue is empty again
# nobody is refused. On a unix and on a tcp socket, and on connections that the web server keeps.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page queuetime nap.php <<'END'
<?php usleep((int) ($_SERVER["QUERY_STRING"] ?: 500000)); echo "slept";
END
write_pool queuetime <<END
user = alice
pm = static
pm.max_children = 2
pm.queue_timeout = 1s
listen = /run/fpmd/queuetime.sock
listen = 127.0.0.1:9243
END
in_container systemctl start fpmd@queuetime.socket

for pass in unix:/run/fpmd/queuetime.sock 127.0.0.1:9243; do
	site queuetime "$pass"
	in_container bash -c '
		for i in {1..16}; do
			curl --silent --max-time 20 --write-out "%{http_code}\n" --output /dev/null http://queuetime.test/nap.php &
		done
		wait' >"$CONTAINER_ROOT/tmp/queuetime"
	good=$(grep -c 200 "$CONTAINER_ROOT/tmp/queuetime" || true)
	late=$(grep -c 503 "$CONTAINER_ROOT/tmp/queuetime" || true)
	assert_eq "$pass: all were answered" 16 $((good + late))
	# Two at a time, half a second each, for a second or a little more: 4 to 8.
	((good >= 4 && good <= 8)) || fail "$pass: $good of 16 were worked for"

	# One that comes when all workers have been busy for a while, and nobody is there to tell of it.
	for _ in 1 2; do
		fetch http://queuetime.test/nap.php?2500000 >/dev/null &
	done
	sleep 0.8
	assert_eq "$pass: a late one" 503 "$(fetch_status http://queuetime.test/nap.php)"
	wait
	assert_eq "$pass: afterwards" slept "$(fetch http://queuetime.test/nap.php)"
done

peak=$(pool_status queuetime 'max queue')
((peak >= 8)) || fail "the peak of the queue: $peak, there were 14 at least"
assert_contains 'the journal' 'had waited longer than pm.queue_timeout' "$(journal_of fpmd@queuetime.service)"

# A late connection that ends without a request leaves nothing behind: the next request, on a connection that was
# kept and did not wait, is answered.
write_pool queuetime <<END_OF_POOL
user = alice
pm = static
pm.max_children = 1
pm.queue_timeout = 1s
END_OF_POOL
in_container systemctl daemon-reload
in_container systemctl restart fpmd@queuetime.socket fpmd@queuetime.service
in_container python3 - <<'END_OF_PYTHON'
import sys
import time

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi


def send(peer, usec):
    params = {**fcgi.params_of("/srv/www/queuetime/nap.php"), "QUERY_STRING": str(usec)}
    peer.sendall(fcgi.begin(flags=1) + fcgi.record(fcgi.PARAMS, fcgi.pairs(params))
                 + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))


def receive(peer):
    data = b""
    while b"\x01\x03\x00\x01\x00\x08" not in data:
        piece = peer.recv(65536)
        assert piece, "the connection has ended"
        data += piece
    return data


kept, busy = (fcgi.connect("/run/fpmd/queuetime.sock") for _ in range(2))
for peer in (kept, busy):
    send(peer, 1)
    assert b"slept" in receive(peer)
send(busy, 2500000)
time.sleep(0.2)
fcgi.connect("/run/fpmd/queuetime.sock").close()
receive(busy)
time.sleep(0.1)
send(kept, 1)
answer = receive(kept)
assert b"slept" in answer, answer

# Both wait for the one worker, one on a connection that was kept.
send(busy, 2500000)
time.sleep(0.2)
send(kept, 1)
new = fcgi.connect("/run/fpmd/queuetime.sock")
send(new, 1)
assert b"slept" in receive(busy)
for peer in (kept, new):
    answer = receive(peer)
    assert b"Status: 503" in answer and b"Retry-After" in answer, answer

# Whoever has waited for less is answered, also on the same connection.
send(busy, 600000)
time.sleep(0.1)
send(kept, 1)
assert b"slept" in receive(busy)
answer = receive(kept)
assert b"slept" in answer, answer
END_OF_PYTHON
