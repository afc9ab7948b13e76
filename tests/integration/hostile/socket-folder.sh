#!/bin/bash
# In a folder of the pool's user, as Debian's /run/php is www-data's, the socket gets its owner or ACL, and a customer who
# puts a link, a file or another socket in its place meanwhile gets nothing of root's.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page mine page.php <<'END'
<?php echo posix_geteuid();
END
in_container install -d -o alice -g alice /run/of-alice
in_container sh -c 'echo secret >/run/secret; chmod 600 /run/secret'
look() {
	in_container stat --format='%U %G %a' "$1"
}
socket=/run/of-alice/mine.sock

# acl_of PATH: "user:2002 rw", one name a line; nothing where there is no ACL
acl_of() {
	in_container python3 -c 'import os, struct, sys
try:
	value = os.getxattr(sys.argv[1], "system.posix_acl_access")
except OSError:
	sys.exit()
names = {1: "user", 2: "user", 4: "group", 8: "group", 16: "mask", 32: "other"}
for tag, perm, id in struct.iter_unpack("<HHI", value[4:]):
	print(names[tag] + ("" if id == 2**32 - 1 else ":%d" % id), perm)' "$1"
}

pool mine <<END
listen = $socket
listen.owner = bob
listen.group = web
END
assert_eq 'owner and group' 'bob web 660' "$(look $socket)"
write_pool mine <<END
user = alice
pm = static
pm.max_children = 1
listen = $socket
listen.acl_users = bob, alice
listen.acl_groups = web
END
in_container systemctl restart fpmd@mine.socket
assert_eq 'owner beside an ACL' 'www-data www-data 660' "$(look $socket)"
assert_eq 'the ACL' $'user 6\nuser:2001 6\nuser:2002 6\ngroup 6\ngroup:2100 6\nmask 6\nother 0' "$(acl_of $socket)"
site mine unix:$socket
assert_eq 'a page' 2001 "$(fetch http://mine.test/page.php)"

# pm.status_listen beside TCP, on which the directives for unix sockets have no effect
write_pool mine <<END
user = alice
pm = static
pm.max_children = 1
pm.status_path = /status
listen = 127.0.0.1:9091
pm.status_listen = /run/of-alice/status.sock
listen.acl_users = bob
END
in_container systemctl restart fpmd@mine.socket
assert_eq 'status beside TCP' 'www-data www-data 660' "$(look /run/of-alice/status.sock)"
assert_eq 'its ACL' '' "$(acl_of /run/of-alice/status.sock)"
assert_eq 'not by its path' ' ' "$(unit_property fpmd@mine.socket SocketUser) $(unit_property fpmd@mine.socket SocketGroup)"

# A folder that is missing when the unit is made: of a mount, or made by tmpfiles. It may be anybody's later.
write_pool later <<END
user = alice
pm = static
pm.max_children = 1
listen = /srv/later/later.sock
listen.owner = bob
listen.group = web
END
in_container rm -rf /srv/later
in_container systemctl daemon-reload
assert_eq 'a missing folder: not by its path' ' ' "$(unit_property fpmd@later.socket SocketUser) $(unit_property fpmd@later.socket SocketGroup)"
in_container systemctl start fpmd@later.socket
assert_eq 'a folder that systemd has made' 'bob web 660' "$(look /srv/later/later.sock)"
in_container systemctl stop fpmd@later.socket
in_container install -d -o alice /srv/later
in_container systemctl start fpmd@later.socket
assert_eq 'a folder that became of alice' 'bob web 660' "$(look /srv/later/later.sock)"
in_container systemctl stop fpmd@later.socket
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/later.conf"

# An ACL in a folder of root's
write_pool safe <<END
user = alice
pm = static
pm.max_children = 1
listen.acl_users = bob
END
in_container systemctl start fpmd@safe.socket
assert_eq 'the ACL in /run/fpmd' $'user 6\nuser:2002 6\ngroup 6\nmask 6\nother 0' "$(acl_of /run/fpmd/safe.sock)"

# Alice replaces the socket, between bind and what gives it away, by what she would like to have.
in_container systemctl stop fpmd@mine.socket fpmd@mine.service
# bound by root under another name, such as another customer's
in_container systemd-run --quiet --unit=fpmd-test-other --property=Type=exec python3 -c "import socket, time
s = socket.socket(socket.AF_UNIX); s.bind('/run/of-alice/other.sock'); s.listen(1); time.sleep(60)"
wait_for 5 in_container test -S /run/of-alice/other.sock
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@mine.socket.d"
for directive in 'listen.owner = alice' 'listen.acl_users = alice'; do
	write_pool mine <<-END
		user = alice
		pm = static
		pm.max_children = 1
		listen = $socket
		$directive
	END
	for swap in 'ln -s /run/secret mine.sock' 'ln other.sock mine.sock' 'mv other.sock mine.sock' 'touch mine.sock' true; do
		# Between the two: fpmd's own line is put behind the swap.
		printf '[Socket]\nExecStartPost=\nExecStartPost=/usr/bin/setpriv --reuid=alice --regid=alice --clear-groups sh -c "cd /run/of-alice && mv mine.sock taken.sock && %s"\nExecStartPost=/usr/sbin/fpmd --socket-access mine\n' \
			"$swap" >"$CONTAINER_ROOT/etc/systemd/system/fpmd@mine.socket.d/swap.conf"
		in_container systemctl daemon-reload
		assert_fails in_container systemctl restart fpmd@mine.socket 2>/dev/null
		assert_eq "$directive, $swap: the secret" 'root root 600' "$(look /run/secret)"
		assert_eq "$directive, $swap: its ACL" '' "$(acl_of /run/secret)"
		other=/run/of-alice/other.sock
		in_container test -e $other || other=$socket
		assert_matches "$directive, $swap: the socket of another" '^root root ' "$(look $other)"
		[[ $other != "$socket" ]] || in_container mv $socket /run/of-alice/other.sock
		in_container sh -c 'cd /run/of-alice && rm -f mine.sock taken.sock'
		rm "$CONTAINER_ROOT/etc/systemd/system/fpmd@mine.socket.d/swap.conf"
	done
done
in_container systemctl stop fpmd-test-other.service
in_container rm -r /run/of-alice /run/secret
