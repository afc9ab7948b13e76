#!/bin/bash
# listen and listen.* of the pool file are the socket unit's after a daemon-reload: address, owner, group,
# mode, backlog; also when they change or go away. A file that is wrong disturbs no other pool.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page listen page.php <<'END'
<?php echo posix_geteuid();
END
look() {
	in_container stat --format='%U %G %a' "$1"
}

# none given
pool listen </dev/null
assert_eq 'by default' 'www-data www-data 660' "$(look /run/fpmd/listen.sock)"
in_container systemctl stop fpmd@listen.socket fpmd@listen.service

# all given
write_pool listen <<'END'
user = alice
pm = static
pm.max_children = 1
listen = /run/fpmd/other-name.sock
listen.owner = bob
listen.group = web
listen.mode = 0666
listen.backlog = 77
END
in_container systemctl start fpmd@listen.socket
assert_eq 'as given' 'bob web 666' "$(look /run/fpmd/other-name.sock)"
assert_eq 'Backlog=' 77 "$(unit_property fpmd@listen.socket Backlog)"
assert_eq 'one address only' '/run/fpmd/other-name.sock (Stream)' \
	"$(unit_property fpmd@listen.socket Listen)"
site listen unix:/run/fpmd/other-name.sock
assert_eq 'a page' 2001 "$(fetch http://listen.test/page.php)"
in_container systemctl stop fpmd@listen.socket fpmd@listen.service

# tcp
write_pool listen <<'END'
user = alice
pm = static
pm.max_children = 1
listen = 127.0.0.1:9280
END
in_container systemctl start fpmd@listen.socket
assert_eq 'tcp only' '127.0.0.1:9280 (Stream)' "$(unit_property fpmd@listen.socket Listen)"
site listen 127.0.0.1:9280
assert_eq 'a page by tcp' 2001 "$(fetch http://listen.test/page.php)"
in_container systemctl stop fpmd@listen.socket fpmd@listen.service

# a broken neighbour, and hostile names
write_pool broken <<'END'
listen = nonsense:99999999
listen.mode = 9
what is this
END
mkdir -p "$CONTAINER_ROOT/etc/fpmd/conf.d"
echo 'listen = /run/x.sock' >"$CONTAINER_ROOT/etc/fpmd/conf.d/..conf"
printf 'listen = /run/x.sock\n' >"$CONTAINER_ROOT/etc/fpmd/conf.d/a b%n.conf"
printf '[lines]\nuser = alice\nlisten = "/run/x.sock\\nExecStartPre=/bin/touch /root/pwned"\n' \
	>"$CONTAINER_ROOT/etc/fpmd/conf.d/lines.conf"
in_container systemctl daemon-reload
in_container systemctl start fpmd@listen.socket
assert_eq 'beside a broken file' '127.0.0.1:9280 (Stream)' "$(unit_property fpmd@listen.socket Listen)"
assert_lacks 'injected lines' touch "$(unit_property fpmd@lines.socket ExecStartPre)"

# gone: the default again
in_container systemctl stop fpmd@listen.socket
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/listen.conf"
in_container systemctl daemon-reload
assert_eq 'the default again' '/run/fpmd/listen.sock (Stream)' "$(unit_property fpmd@listen.socket Listen)"

# one address in two files: the generator gives it to both, fpmctl check tells
mkdir "$CONTAINER_ROOT/srv/twins"
twin() {
	printf '[%s]\nuser = alice\npm = static\npm.max_children = 1\n' "$1"
	printf 'listen = %s\n' "${@:2}"
} >"$CONTAINER_ROOT/srv/twins/$1.conf"
check_twins() {
	local status=0

	in_container fpmctl --conf-dir=/srv/twins check "$@" 2>/dev/stdout >/dev/null || status=$?
	echo "$status"
}
twin one /run/x.sock 127.0.0.1:9281
twin two /run/y.sock 127.0.0.1:9282
assert_eq 'addresses of their own' 0 "$(check_twins)"
twin two localhost:9281 /run/fpmd/three.sock /run/x.sock
printf '[three]\nuser = alice\npm = static\npm.max_children = 1\n' >"$CONTAINER_ROOT/srv/twins/three.conf"
d=/srv/twins o='too, only one of them can be started'
assert_eq 'twins' "\
$d/two.conf:5: listen: localhost:9281 is an address of $d/one.conf:6 $o
$d/two.conf:6: listen: /run/fpmd/three.sock is an address of $d/three.conf $o
$d/two.conf:7: listen: /run/x.sock is an address of $d/one.conf:5 $o
78" "$(check_twins)"
assert_eq 'one file alone' 0 "$(check_twins two)"
assert_eq 'in JSON' 'one True 1, three True 1, two False 4' "$(in_container sh -c \
	'fpmctl --conf-dir=/srv/twins check --json || true' | python3 -c 'import json, sys
print(", ".join("%s %s %d" % (p["pool"], p["good"], len(p["messages"])) for p in json.load(sys.stdin)))')"
