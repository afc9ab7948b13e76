#!/bin/bash
# Where all pools want the same group, /run/fpmd gives it to their sockets (set-group-ID), and systemd starts no process
# for each. That is made so, and undone, before each socket is opened, whatever has become of the folder; where one pool
# wants another group, or an administrator has a unit of their own, each socket gets its owner and group as ever.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

conf=$CONTAINER_ROOT/etc/fpmd/conf.d
own=$CONTAINER_ROOT/etc/systemd/system/fpmd@sf-b.socket.d
look() {
	in_container stat --format='%U %G %a' "$1"
}
# open_pools: reads the pool files, and opens both sockets anew
open_pools() {
	in_container systemctl daemon-reload
	in_container systemctl restart fpmd@sf-a.socket fpmd@sf-b.socket
}
# may_connect USER [--init-groups]: yes or no
may_connect() {
	in_container setpriv --reuid="$1" --regid="$1" "${2:---clear-groups}" python3 -c 'import socket, sys
try:
	socket.socket(socket.AF_UNIX).connect(sys.argv[1])
	print("yes")
except PermissionError:
	print("no")' "$socket"
}

write_page sf-a page.php <<'END'
<?php echo posix_geteuid();
END
write_pool sf-a <<'END'
user = alice
pm = static
pm.max_children = 1
END
write_pool sf-b <<'END'
user = bob
pm = static
pm.max_children = 1
listen = /run/fpmd/sf-b.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
END

# --- one group
open_pools
assert_eq 'the folder' 'root www-data 2755' "$(look /run/fpmd)"
for name in sf-a sf-b; do
	socket=/run/fpmd/$name.sock
	assert_eq "$name: socket" 'root www-data 660' "$(look $socket)"
	assert_eq "$name: no process" ' ' "$(unit_property fpmd@$name.socket SocketUser) $(unit_property fpmd@$name.socket SocketGroup)"
	assert_eq "$name: no file for systemd to read" '' "$(in_container find /run/systemd/generator -path "*fpmd@$name.socket*")"
	assert_eq "$name: the web server's user" yes "$(may_connect www-data)"
	assert_eq "$name: another customer" no "$(may_connect alice)"
	assert_eq "$name: with all its groups" no "$(may_connect alice --init-groups)"
done
site sf-a unix:/run/fpmd/sf-a.sock
assert_eq 'a page' 2001 "$(fetch http://sf-a.test/page.php)"
assert_eq 'the folder of the pool' 'root root 755' "$(look /run/fpmd/sf-a)"
assert_eq 'what is in it' 'root root' "$(in_container sh -c 'stat --format="%U %G" /run/fpmd/sf-a/* | sort -u')"

looks_are_over() {
	[[ -z $(in_container systemctl list-units --no-legend --state=active,deactivating 'fpmd-folder*') ]]
}
look_is_over() {
	[[ $(unit_property fpmd-folder-33.service ActiveState) == inactive ]]
}
wait_for 10 look_is_over
sleep 0.2 # the last line of it
begin=$EPOCHREALTIME
in_container systemctl restart fpmd@sf-a.service
assert_eq 'not looked at when a pool starts' '' "$(journal_of fpmd-folder-33.service --since="@$begin")"

# --- the folder is mended before a socket is opened, whatever an administrator does to services
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd-.service.d"
printf '[Service]\nReadOnlyPaths=/run\nUser=alice\n' >"$CONTAINER_ROOT/etc/systemd/system/fpmd-.service.d/50-all.conf"
in_container systemctl daemon-reload
in_container chmod g-s,g+w /run/fpmd
in_container chgrp web /run/fpmd
in_container systemctl restart fpmd@sf-a.socket
assert_eq 'folder mended' 'root www-data 2755' "$(look /run/fpmd)"
rm -r "$CONTAINER_ROOT/etc/systemd/system/fpmd-.service.d"
in_container systemctl daemon-reload
assert_eq 'socket in it' 'root www-data 660' "$(look /run/fpmd/sf-a.sock)"
assert_eq 'a page again' 2001 "$(fetch http://sf-a.test/page.php)"
in_container systemctl stop fpmd@sf-a.socket fpmd@sf-b.socket fpmd@sf-a.service fpmd@sf-b.service
wait_for 10 look_is_over
in_container mv /run/fpmd /run/fpmd-away
in_container systemctl start fpmd@sf-a.socket
assert_eq 'folder made' 'root www-data 2755' "$(look /run/fpmd)"
assert_eq 'socket in the new one' 'root www-data 660' "$(look /run/fpmd/sf-a.sock)"
in_container systemctl stop fpmd@sf-a.socket
wait_for 10 look_is_over
in_container rm -r /run/fpmd

# … and none is opened where it cannot be
in_container touch /run/fpmd
begin=$EPOCHREALTIME
assert_fails in_container systemctl start fpmd@sf-a.socket 2>/dev/null
assert_contains 'it is told' '/run/fpmd' "$(journal_of fpmd-folder-33.service --since="@$begin")"
in_container rm /run/fpmd
in_container mv /run/fpmd-away /run/fpmd
in_container systemctl reset-failed fpmd-folder-33.service
in_container systemctl start fpmd@sf-a.socket
assert_eq 'as before' 'root www-data 660' "$(look /run/fpmd/sf-a.sock)"

# --- another group
printf 'listen.owner = bob\nlisten.group = web\n' >>"$conf/sf-a.conf"
open_pools
assert_eq 'folder of two groups' 'root root 755' "$(look /run/fpmd)"
assert_eq 'socket of the one' 'bob web 660' "$(look /run/fpmd/sf-a.sock)"
assert_eq 'socket of the other' 'www-data www-data 660' "$(look /run/fpmd/sf-b.sock)"

# an owner who is not in the group, beside one that is given
sed -i '/^listen\.group/d' "$conf/sf-a.conf"
open_pools
assert_eq 'folder of one group' 'root www-data 2755' "$(look /run/fpmd)"
assert_eq 'socket of an owner' 'bob www-data 660' "$(look /run/fpmd/sf-a.sock)"
assert_eq 'socket that inherits' 'root www-data 660' "$(look /run/fpmd/sf-b.sock)"

# an owner elsewhere; without one it is the default
in_container mkdir -p /run/sf-elsewhere
printf 'listen = /run/sf-elsewhere/a.sock\n' >>"$conf/sf-a.conf"
open_pools
assert_eq 'socket elsewhere of an owner' 'bob www-data 660' "$(look /run/sf-elsewhere/a.sock)"
sed -i '/^listen\.owner/d' "$conf/sf-a.conf"
open_pools
assert_eq 'socket elsewhere' 'www-data www-data 660' "$(look /run/sf-elsewhere/a.sock)"

# --- an administrator's drop-in
mkdir -p "$own"
printf '[Socket]\nSocketGroup=web\n' >"$own/00-own.conf"
sed -i '/^listen\./d' "$conf/sf-b.conf"
open_pools
assert_eq 'folder beside a drop-in' 'root root 755' "$(look /run/fpmd)"
assert_eq 'socket with a drop-in' 'www-data web 660' "$(look /run/fpmd/sf-b.sock)"
assert_eq 'socket beside it' 'www-data www-data 660' "$(look /run/sf-elsewhere/a.sock)"
rm -r "$own"

# … a unit of one pool, which does not say whom it belongs to, or does
units=$CONTAINER_ROOT/etc/systemd/system
in_container cat /usr/lib/systemd/system/fpmd@.socket >"$units/fpmd@sf-b.socket"
open_pools
assert_eq 'a unit without an owner' 'www-data www-data 660' "$(look /run/fpmd/sf-b.sock)"
sed -i '/^\[Socket\]/a SocketUser=bob\nSocketGroup=web' "$units/fpmd@sf-b.socket"
open_pools
assert_eq 'a unit with an owner' 'bob web 660' "$(look /run/fpmd/sf-b.sock)"
in_container systemctl start fpmd@sf-new.socket
assert_eq 'a pool without a file beside it' 'www-data www-data 660' "$(look /run/fpmd/sf-new.sock)"
in_container systemctl stop fpmd@sf-new.socket
assert_eq 'the pool beside it' 'www-data www-data 660' "$(look /run/sf-elsewhere/a.sock)"

# … and of all
mv "$units/fpmd@sf-b.socket" "$units/fpmd@.socket"
open_pools
assert_eq 'a template with an owner' 'bob web 660, bob web 660' "$(look /run/fpmd/sf-b.sock), $(look /run/sf-elsewhere/a.sock)"
rm "$units/fpmd@.socket"

# --- what has been masked opens nothing
in_container ln -s /dev/null /etc/systemd/system/fpmd@sf-c.socket
open_pools
assert_eq 'beside a masked socket' 'root www-data 660' "$(look /run/fpmd/sf-b.sock)"
rm "$units/fpmd@sf-c.socket"

# --- within the second that the folder is not looked at: another group, and back
cp "$conf"/*.conf "$CONTAINER_ROOT/srv/"
for group in web www-data; do
	for file in "$conf"/*.conf; do
		sed -i "\$a listen.group = $group" "$file"
	done
	open_pools
	assert_eq "folder for $group at once" "root $group 2755" "$(look /run/fpmd)"
done
assert_eq 'socket of a group that came back' 'root www-data 660' "$(look /run/fpmd/sf-b.sock)"

# --- a pool whose file came after the last daemon-reload
in_container systemctl start fpmd@sf-new.socket
assert_eq 'socket without a file' 'root www-data 660' "$(look /run/fpmd/sf-new.sock)"
in_container systemctl stop fpmd@sf-new.socket
printf 'listen.group = web\n' >>"$conf/sf-b.conf"
in_container systemctl daemon-reload
in_container systemctl start fpmd@sf-new.socket
assert_eq 'socket without a file, two groups' 'www-data www-data 660' "$(look /run/fpmd/sf-new.sock)"
in_container systemctl stop fpmd@sf-new.socket

# --- a generator that fails
generator=$(in_container sh -c 'echo /usr/lib/systemd/system-generators/fpmd-generator')
in_container mv "$generator" /root/
in_container systemctl stop fpmd@sf-b.socket
wait_for 10 looks_are_over
in_container systemctl daemon-reload
in_container systemctl start fpmd@sf-b.socket
assert_eq 'without a generator' 'root www-data 660' "$(look /run/fpmd/sf-b.sock)"
in_container mv /root/fpmd-generator "$generator"
for file in "$conf"/*.conf; do
	mv "$CONTAINER_ROOT/srv/${file##*/}" "$conf/"
done
in_container systemctl daemon-reload
