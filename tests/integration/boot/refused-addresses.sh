#!/bin/bash
# An address that two pool files name is refused in both, by each check and at the start of both sockets, and both files
# are named. Who runs goes on. So it is with a path that leads through a folder of somebody else.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

conf=/etc/fpmd/conf.d
ask='give each pool an address of its own'

# twin NAME LISTEN…
twin() {
	local name=$1
	shift

	write_pool "$name" <<-END
		user = ${user:-alice}
		pm = static
		pm.max_children = 1
		$([[ $# == 0 ]] || printf 'listen = %s\n' "$@")
	END
}

# refused NAME LINE…: what --test, fpmctl check and a start say of it
refused() {
	local name=$1 unit=fpmd@$1.socket begin=$EPOCHREALTIME status=0 output expected
	shift

	expected=$(printf '%s\n' "$@")
	output=$(in_container fpmd --test "$name" 2>&1) || status=$?
	assert_eq "$name: exit status of --test" 78 "$status"
	assert_eq "$name: --test" "$expected" "${output//fpmd: $name: /}"
	status=0
	output=$(in_container fpmctl check "$name" 2>&1) || status=$?
	assert_eq "$name: exit status of fpmctl check" 78 "$status"
	assert_eq "$name: fpmctl check" "$expected" "$output"
	assert_contains "$name: fpmctl check of all" "$expected" "$(in_container fpmctl check 2>&1 || true)"
	assert_fails in_container systemctl start "$unit" 2>/dev/null
	assert_eq "$name: the socket" failed "$(unit_property "$unit" ActiveState)"
	assert_contains "$name: journal of the socket" "$expected" \
		"$(journal_of "$unit" --identifier=fpmd --since="@$begin")"
	assert_contains "$name: the generator" "fpmd-generator: $1" \
		"$(in_container /usr/lib/systemd/system-generators/fpmd-generator /run/fpmd-test /run /run 2>&1)"
}
in_container mkdir -p /run/fpmd-test

write_page one page.php <<'END'
<?php echo posix_geteuid(), ' ', __FILE__;
END

# neither has started
twin one /run/x.sock 127.0.0.1:9281
user=bob twin two /run/two.sock /var/run/./x.sock localhost:9281
one=("$conf/one.conf:5: listen: /run/x.sock is an address of pool two too ($conf/two.conf:6: /var/run/x.sock); $ask"
	"$conf/one.conf:6: listen: 127.0.0.1:9281 is an address of pool two too ($conf/two.conf:7: localhost:9281); $ask")
two=("$conf/two.conf:6: listen: /var/run/x.sock is an address of pool one too ($conf/one.conf:5: /run/x.sock); $ask"
	"$conf/two.conf:7: listen: localhost:9281 is an address of pool one too ($conf/one.conf:6: 127.0.0.1:9281); $ask")
refused one "${one[@]}"
refused two "${two[@]}"
assert_eq 'in JSON' 'one False 2, two False 2' "$(in_container sh -c 'fpmctl check --json || true' | python3 -c 'import json, sys
print(", ".join("%s %s %d" % (p["pool"], p["good"], len(p["messages"])) for p in json.load(sys.stdin) if p["pool"] != "www"))')"

# mended
user=bob twin two /run/two.sock
in_container systemctl start fpmd@one.socket fpmd@two.socket
site one unix:/run/x.sock
assert_eq 'a page' '2001 /srv/www/one/page.php' "$(fetch http://one.test/page.php)"
in_container systemctl stop fpmd@two.socket fpmd@two.service

# one runs: it goes on, over a daemon-reload, a restart and a crash, and two cannot take its path
user=bob twin two /run/x.sock
refused two "$conf/two.conf:5: listen: /run/x.sock is an address of pool one too ($conf/one.conf:5: /run/x.sock); $ask"
in_container systemctl restart fpmd@one.service
assert_eq 'after a restart' '2001 /srv/www/one/page.php' "$(fetch http://one.test/page.php)"
in_container systemctl kill --kill-whom=main --signal=KILL fpmd@one.service
assert_eq 'after a crash' '2001 /srv/www/one/page.php' "$(fetch http://one.test/page.php)"
in_container systemctl reload fpmd@one.service

# what systemd has not read yet does not help either
user=bob twin two /run/two.sock
printf '[two]\nuser = bob\npm = static\npm.max_children = 1\nlisten = /run/x.sock\n' >"$CONTAINER_ROOT$conf/two.conf"
in_container systemctl start fpmd@two.socket
begin=$EPOCHREALTIME
assert_fails in_container systemctl start fpmd@two.service 2>/dev/null
assert_eq 'the service' 78 "$(unit_property fpmd@two.service ExecMainStatus)"
assert_contains 'the service says' \
	"$conf/two.conf:5: listen: /run/x.sock is an address of pool one too ($conf/one.conf:5: /run/x.sock); $ask" \
	"$(journal_of fpmd@two.service --priority=err --since="@$begin")"
assert_eq 'nobody took it' '2001 /srv/www/one/page.php' "$(fetch http://one.test/page.php)"
in_container systemctl stop fpmd@two.socket
rm "$CONTAINER_ROOT$conf/two.conf"

# ways that lead elsewhere
twin three /tmp/three.sock
refused three "$conf/three.conf:5: listen: /tmp/three.sock: the folder /tmp can be changed by others than root \
(mode 1777), who could put something else in the socket's place; write a path in /run/fpmd, or chmod go-w the folder"
in_container install -d -o alice /run/of-alice /run/of-alice/sub
twin three /run/of-alice/sub/three.sock
refused three "$conf/three.conf:5: listen: /run/of-alice/sub/three.sock: the folder /run/of-alice belongs to uid 2001, \
who could lead systemd elsewhere; write a path in /run/fpmd, or chown root the folder"
twin three /etc/passwd
refused three "$conf/three.conf:5: listen: /etc/passwd: /etc/passwd is there and is no socket; name another path, or remove it"
for path in /tmp/../etc/passwd /run/three/; do
	twin three "$path"
	assert_contains "$path" "$conf/three.conf:5: listen: '$path'" "$(in_container fpmd --test three 2>&1 || true)"
	assert_eq "$path: the unit" '/run/fpmd/three.sock (Stream)' "$(unit_property fpmd@three.socket Listen)"
done
rm "$CONTAINER_ROOT$conf/three.conf"

# the folder of one pool where the other listens
twin pool
twin pool.sock
refused pool "$conf/pool.conf: listen: /run/fpmd/pool.sock lies in /run/fpmd/pool.sock, the folder of pool pool.sock \
($conf/pool.sock.conf), which systemd removes when that pool stops; name another path"
refused pool.sock "$conf/pool.conf: listen: /run/fpmd/pool.sock of pool pool is the folder of pool pool.sock, which \
systemd removes when that pool stops; rename one of the pools, or name another path"
in_container rm -r /run/fpmd-test /run/of-alice
