#!/bin/bash
# Peers that send rubbish, half a record, huge lengths or nothing, or close in the middle: every worker is
# free again within 15 s, or after request_body_timeout where it could be an upload over a bad line; clients
# that ask meanwhile notice nothing; no worker crashes. By a unix socket and by tcp. One kind by hand: run
# --shell, then python3 /usr/local/lib/fpmd-test/bad_peers.py

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

LIMIT=15
SLOW_LIMIT=30
script=/srv/www/peers/pid.php

write_page peers pid.php <<'END'
<?php usleep(1000 * (int) $_SERVER['QUERY_STRING']); echo getmypid();
END

# peers_pool NAME PORT KINDS: a pool with a worker for each kind and three more
peers_pool() {
	workers=$(($(in_container python3 "$TOOLS/bad_peers.py" --list "$3" | wc -l) + 3))
	write_pool "$1" <<-END
		user = alice
		pm = static
		pm.max_children = $workers
		listen = /run/fpmd/$1.sock
		listen = 127.0.0.1:$2
		request_body_timeout = 20s
	END
	in_container systemctl start "fpmd@$1.service"
}

peers_pool slow 9271 slow
in_container python3 "$TOOLS/bad_peers.py" /run/fpmd/slow.sock "$script" "$workers" "$SLOW_LIMIT" slow &
slow_peers=$!

peers_pool peers 9270 quick
manager=$(manager_of peers)
for address in /run/fpmd/peers.sock 127.0.0.1:9270; do
	echo "$address"
	in_container python3 "$TOOLS/bad_peers.py" "$address" "$script" "$workers" "$LIMIT" quick
done
assert_eq 'the manager is the same' "$manager" "$(manager_of peers)"

wait "$slow_peers" || fail 'a slow peer holds its worker for ever'
log=$(journal_of fpmd@peers.service; journal_of fpmd@slow.service)
for word in SIGSEGV SIGABRT SIGBUS 'dumped core' 'signal 11' 'signal 6' AddressSanitizer 'runtime error'; do
	assert_lacks 'the journal' "$word" "$log"
done
