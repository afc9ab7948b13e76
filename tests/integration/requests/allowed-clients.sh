#!/bin/bash
# Who is not in listen.allowed_clients, or in FCGI_WEB_SERVER_ADDRS without the directive, is not served by
# tcp: the worker closes the connection, the journal says so once and not for each, others notice nothing.
# All 16 bytes of an IPv6 address count (CVE-2026-91768). A unix socket is not affected.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

www=/srv/www/clients
write_page clients page.php <<<'<?php echo "served";'
ask() {
	in_container python3 "$TOOLS/allowed.py" "$@"
}
in_container ip address add 2001:db8::1/128 dev lo 2>/dev/null || true
in_container ip address add 2001:db8::101/128 dev lo 2>/dev/null || true

# by the environment: the socket's firewall knows nothing of it
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@clients.service.d"
printf '[Service]\nEnvironment="FCGI_WEB_SERVER_ADDRS=127.0.0.2, 2001:db8::1,not-an-address"\n' \
	>"$CONTAINER_ROOT/etc/systemd/system/fpmd@clients.service.d/env.conf"
pool clients <<'END'
listen = /run/fpmd/clients.sock
listen = 127.0.0.1:9241
listen = [::]:9242
END
assert_eq 'IPv4' $'127.0.0.2 served\n127.0.0.1 closed\n127.0.0.3 closed\n127.0.0.2 served' \
	"$(ask 127.0.0.1:9241 $www/page.php 127.0.0.2 127.0.0.1 127.0.0.3 127.0.0.2)"
assert_eq 'by the unix socket' served "$(fetch http://clients.test/page.php)"
if in_container ip -6 address show dev lo | grep -q 2001:db8::101; then
	assert_eq 'IPv6' $'2001:db8::1 served\n2001:db8::101 closed' \
		"$(ask '[2001:db8::1]:9242' $www/page.php 2001:db8::1 2001:db8::101)"
	assert_eq 'IPv4 by an IPv6 socket' $'127.0.0.2 served\n127.0.0.1 closed' \
		"$(ask 127.0.0.1:9242 $www/page.php 127.0.0.2 127.0.0.1)"
else
	echo 'no IPv6 here'
fi

# many at once: a line for each worker, and the pool goes on
for _ in 1 2 3; do
	# shellcheck disable=SC2046  # words
	ask 127.0.0.1:9241 $www/page.php $(printf '127.0.0.1 %.0s' {1..60}) | grep -vqx '127.0.0.1 closed' &&
		fail 'served in the crowd'
done
assert_eq 'after many' '127.0.0.2 served' "$(ask 127.0.0.1:9241 $www/page.php 127.0.0.2)"
lines=$(journal_of fpmd@clients.service --priority=warning | grep -c 'is not in listen.allowed_clients, closed')
((lines >= 1 && lines <= 4)) || fail "$lines lines of the refused"

# A connection that was kept over a restart is looked at as a new one is.
in_container python3 - <<'END'
import socket
import subprocess
import sys

sys.path.insert(0, "/usr/local/lib/fpmd-test")
import fcgi

UNIT = "fpmd@clients.service"
peer = socket.create_connection(("127.0.0.1", 9241), 5, ("127.0.0.2", 0))


def ask():
    try:
        peer.sendall(fcgi.begin(flags=1)
                     + fcgi.record(fcgi.PARAMS, fcgi.pairs(fcgi.params_of("/srv/www/clients/page.php")))
                     + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
        return "served" if b"served" in peer.recv(65536) else "closed"
    except ConnectionError:
        return "closed"


assert ask() == "served"
subprocess.run(["systemctl", "restart", UNIT], check=True)
assert ask() == "served", "it is kept over a restart"
with open(f"/etc/systemd/system/{UNIT}.d/env.conf", "w", encoding="ascii") as file:
    file.write("[Service]\nEnvironment=FCGI_WEB_SERVER_ADDRS=127.0.0.3\n")
subprocess.run(["systemctl", "daemon-reload"], check=True)
subprocess.run(["systemctl", "restart", UNIT], check=True)
assert ask() == "closed", "but not when its address is allowed no more"
END

# by the directive: the firewall of the socket or the worker, whichever is there
in_container systemctl stop fpmd@clients.socket fpmd@clients.service
pool clients <<'END'
listen = 127.0.0.1:9241
listen.allowed_clients = 127.0.0.1
END
assert_eq 'the directive, and not the environment' '127.0.0.1 served' "$(ask 127.0.0.1:9241 $www/page.php 127.0.0.1)"
assert_lacks 'the others' served "$(ask 127.0.0.1:9241 $www/page.php 127.0.0.2 2>&1 || true)"
