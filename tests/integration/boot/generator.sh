#!/bin/bash
# listen and listen.* of the pool file are the socket unit's after a daemon-reload: address, owner, group,
# mode, backlog; also when they change or go away. A file that is wrong disturbs no other pool. Owners that only a
# service knows, and addresses that come late, are waited for.

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
assert_eq 'by default' 'root www-data 660' "$(look /run/fpmd/listen.sock)"
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

# an address of no interface yet
write_pool listen <<'END'
user = alice
pm = static
pm.max_children = 1
listen = 192.0.2.77:9280
END
in_container systemctl start fpmd@listen.socket
assert_eq 'an address that comes late' active "$(unit_property fpmd@listen.socket ActiveState)"
in_container ip address add 192.0.2.77/32 dev lo
site listen 192.0.2.77:9280
assert_eq 'a page by it' 2001 "$(fetch http://listen.test/page.php)"
in_container ip address del 192.0.2.77/32 dev lo
in_container systemctl stop fpmd@listen.socket fpmd@listen.service

# an owner whom a service knows that starts as late as sssd: both in one transaction, as at boot
cat >"$CONTAINER_ROOT/etc/systemd/system/fpmd-test-sssd.service" <<'END'
[Unit]
Before=nss-user-lookup.target
Wants=nss-user-lookup.target
After=basic.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=sh -c 'sleep 1; echo late:x:2077:2077::/:/bin/false >>/etc/passwd; echo late:x:2077: >>/etc/group'
END
write_pool late <<'END'
user = alice
pm = static
pm.max_children = 1
listen.owner = late
listen.group = late
END
write_pool early <<'END'
user = alice
pm = static
pm.max_children = 1
listen.owner = bob
END
in_container systemctl start fpmd-test-sssd.service fpmd@late.socket fpmd@early.socket
assert_eq 'the late owner' 'late late 660' "$(look /run/fpmd/late.sock)"
order() {
	unit_property "fpmd@$1.socket" "$2"
}
assert_lacks 'no circle with services' sockets.target "$(order late Before)"
assert_contains 'ended at shutdown' shutdown.target "$(order late Conflicts)"
assert_contains 'others before services' sockets.target "$(order early Before)"
in_container systemctl stop fpmd@late.socket fpmd@early.socket
rm "$CONTAINER_ROOT/etc/systemd/system/fpmd-test-sssd.service"
sed -i '/^late:/d' "$CONTAINER_ROOT/etc/passwd" "$CONTAINER_ROOT/etc/group"

# with many pools each is in one of several slices, by one drop-in of its socket; systemd.Slice comes first
for i in $(seq 65); do
	printf '[many%d]\nuser = alice\npm = static\npm.max_children = 1\nlisten.owner = bob\n' "$i"
done >"$CONTAINER_ROOT/etc/fpmd/conf.d/many.conf"
echo 'systemd.Slice = own.slice' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/many.conf"
in_container systemctl daemon-reload
assert_matches 'slice of a socket' '^system-fpmd-[0-3][0-9]\.slice$' "$(unit_property fpmd@many1.socket Slice)"
assert_eq 'slice of its service' "$(unit_property fpmd@many1.socket Slice)" "$(unit_property fpmd@many1.service Slice)"
assert_eq 'slice that a pool file names' own.slice "$(unit_property fpmd@many65.service Slice)"
assert_eq 'drop-ins of a socket' 50-pool-file.conf "$(in_container ls /run/systemd/generator/fpmd@many1.socket.d)"
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/many.conf"
in_container systemctl daemon-reload
# … and with few they are not among the units that systemd looks at when a service starts
assert_eq 'slices of one of few' 'system-fpmd_sockets.slice system-fpmd.slice system-fpmd_tmp.slice' \
	"$(unit_property fpmd@early.socket Slice) $(unit_property fpmd@early.service Slice) $(unit_property fpmd-tmp@early.service Slice)"

# a file of the generator is whole or not there
assert_eq 'nothing half written' '' "$(in_container find /run/systemd/generator -name '*.new' -o -name '*+')"
