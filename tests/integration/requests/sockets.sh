#!/bin/bash
# Several sockets, unix and tcp together, serve one pool: as several `listen` in the pool file, and as a
# ListenStream= that the administrator adds in a drop-in of the socket unit. An address of the pool file that is
# not served, and a path that leads elsewhere, are told at start and reload.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# shellcheck disable=SC2016  # PHP
page='<?php echo posix_geteuid(), " ", $_SERVER["SERVER_NAME"];'
for name in two two-tcp added added-tcp; do
	write_page "$name" page.php <<<"$page"
done

pool two <<'END'
listen = /run/fpmd/two.sock
listen = 127.0.0.1:9201
END
site two-tcp 127.0.0.1:9201
for _ in 1 2 3; do
	assert_eq 'by the unix socket' '2001 two.test' "$(fetch http://two.test/page.php)"
	assert_eq 'by tcp' '2001 two-tcp.test' "$(fetch http://two-tcp.test/page.php)"
done
assert_eq 'by tcp, at the pool' 0 "$(in_container python3 "$TOOLS/fcgi.py" 127.0.0.1:9201 \
	/srv/www/two/page.php SERVER_NAME=direct | grep -c 404 || true)"

# cold, by tcp
in_container systemctl stop fpmd@two.service
assert_eq 'tcp starts the pool' '2001 two-tcp.test' "$(fetch http://two-tcp.test/page.php)"

# a drop-in adds one
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@added.socket.d"
printf '[Socket]\nListenStream=127.0.0.1:9202\n' \
	>"$CONTAINER_ROOT/etc/systemd/system/fpmd@added.socket.d/tcp.conf"
pool added </dev/null
site added-tcp 127.0.0.1:9202
assert_eq 'by the unix socket' '2001 added.test' "$(fetch http://added.test/page.php)"
assert_eq 'by tcp' '2001 added-tcp.test' "$(fetch http://added-tcp.test/page.php)"

# both under load at once
load_begin http://two.test/page.php 4 2
assert_all_answered 'tcp under load' "$(load http://two-tcp.test/page.php 4 2)"
load_end 'unix under load'

# no word of addresses that are served, nor of those that the pool file does not name
for name in two added; do
	in_container systemctl reload "fpmd@$name"
	assert_lacks "warnings of $name" 'systemctl restart' "$(journal_of "fpmd@$name" --priority=warning)"
done

# nor of an address in /var/run, which is a link to /run: systemd listens in /run
pool legacy <<'END'
listen = /var/run/fpmd/legacy-run.sock
pm.status_listen = /var/run/fpmd/legacy-status.sock
pm.status_path = /status
END
site legacy unix:/run/fpmd/legacy-run.sock
write_page legacy page.php <<<'<?php echo "ok";'
assert_eq 'a socket in /var/run' ok "$(fetch http://legacy.test/page.php)"
in_container systemctl reload fpmd@legacy
assert_eq 'warnings of an address in /var/run' '' "$(journal_of fpmd@legacy --priority=warning)"

# a listen that systemd has not read yet; warnings SINCE: what was said of pool two
warnings() {
	journal_of fpmd@two --priority=warning --since="@$1" | grep 'systemctl restart' || true
}
file=$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf
sed -i 's/127.0.0.1:9201/127.0.0.1:9203/' "$file"
line=$(grep -n 9203 "$file" | cut -d: -f1)
told="/etc/fpmd/conf.d/two.conf:$line: listen: 127.0.0.1:9203 is not served yet: systemctl daemon-reload &&\
 systemctl restart fpmd@two.socket fpmd@two.service"
for verb in reload restart; do
	begin=$EPOCHREALTIME
	in_container systemctl "$verb" fpmd@two 2>/dev/null
	assert_eq "told at $verb" "$told" "$(warnings "$begin")"
done
in_container systemctl daemon-reload
begin=$EPOCHREALTIME
in_container systemctl restart fpmd@two.socket fpmd@two.service
assert_eq 'after the advice' '' "$(warnings "$begin")"
site two-tcp 127.0.0.1:9203
assert_eq 'the new address' '2001 two-tcp.test' "$(fetch http://two-tcp.test/page.php)"

# another server takes the path, then it is gone
bind_path='import os, socket
os.unlink("/run/fpmd/two.sock")
socket.socket(socket.AF_UNIX).bind("/run/fpmd/two.sock")'
in_container python3 -c "$bind_path"
advice='the pool cannot be reached by it; systemctl restart fpmd@two.socket fpmd@two.service'
for verb in reload restart; do
	begin=$EPOCHREALTIME
	in_container systemctl "$verb" fpmd@two
	assert_eq "taken, at $verb" "The path /run/fpmd/two.sock leads to another socket now: $advice" \
		"$(warnings "$begin")"
done
in_container rm /run/fpmd/two.sock
begin=$EPOCHREALTIME
in_container systemctl reload fpmd@two
assert_eq 'gone' "The path /run/fpmd/two.sock is gone: $advice" "$(warnings "$begin")"
begin=$EPOCHREALTIME
in_container systemctl restart fpmd@two.socket fpmd@two.service
assert_eq 'after the advice' '' "$(warnings "$begin")"
assert_eq 'the path is back' '2001 two.test' "$(fetch http://two.test/page.php)"

# sixty-four are the most, and one more is told as what it is
many() {
	local n

	for ((n = 1; n <= $1; n++)); do
		echo "listen = 127.0.0.1:$((9300 + n))"
	done
}
write_page many page.php <<<"$page"
pool many < <(many 64)
for port in 9301 9364; do
	site many "127.0.0.1:$port"
	assert_eq "of 64, by port $port" '2001 many.test' "$(fetch http://many.test/page.php)"
done
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@many.socket.d"
printf '[Socket]\nListenStream=127.0.0.1:9400\n' \
	>"$CONTAINER_ROOT/etc/systemd/system/fpmd@many.socket.d/more.conf"
in_container systemctl daemon-reload
in_container systemctl stop fpmd@many.socket fpmd@many.service
assert_fails in_container systemctl restart fpmd@many.socket fpmd@many.service
assert_contains 'of 65' 'passes more than 64 sockets, a pool listens on 64 at most' \
	"$(journal_of fpmd@many --priority=err)"
write_pool many < <(echo 'user = alice' && many 65)
said=$(in_container fpmctl check many 2>&1) && fail '65 addresses pass the check'
assert_contains 'check of 65' 'a pool has at most 64 addresses' "$said"
