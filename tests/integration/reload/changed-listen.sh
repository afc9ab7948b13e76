#!/bin/bash
# A listen that has changed, and a daemon-reload: systemd closes the socket that its unit no longer has. The next restart
# or crash of the pool opens the sockets anew, at the new address. A pool whose file was removed says what to do.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page moves page.php <<'END'
<?php echo posix_geteuid();
END
# moves_to ADDRESS
moves_to() {
	write_pool moves <<-END
		user = alice
		pm = static
		pm.max_children = 1
		listen = $1
	END
}
is_served() {
	[[ $(fetch http://moves.test/page.php) == 2001 ]]
}

moves_to /run/fpmd/a.sock
in_container systemctl start fpmd@moves.socket fpmd@moves.service
site moves unix:/run/fpmd/a.sock
assert_eq 'before' 2001 "$(fetch http://moves.test/page.php)"

# a restart
moves_to /run/fpmd/b.sock
assert_eq 'the manager that runs goes on' 2001 "$(fetch http://moves.test/page.php)"
in_container systemctl restart fpmd@moves.service
site moves unix:/run/fpmd/b.sock
wait_for 10 is_served
assert_contains 'told' 'systemd has closed the sockets of this pool' "$(journal_of fpmd@moves.service --priority=warning)"
assert_eq 'the socket' '/run/fpmd/b.sock (Stream)' "$(unit_property fpmd@moves.socket Listen)"
wait_for 5 in_container systemctl is-active fpmd@moves.service

# a crash
moves_to 127.0.0.1:9290
manager=$(manager_of moves)
in_container systemctl kill --kill-whom=main --signal=KILL fpmd@moves.service
site moves 127.0.0.1:9290
wait_for 10 is_served
wait_for 5 another_manager moves "$manager"
assert_eq 'the socket after a crash' active "$(unit_property fpmd@moves.socket ActiveState)"

# two addresses of which one goes: nothing is lost
moves_to $'127.0.0.1:9290\nlisten = 127.0.0.1:9291'
in_container systemctl restart fpmd@moves.socket
wait_for 10 is_served
moves_to $'127.0.0.1:9290\nlisten = 127.0.0.1:9292'
in_container systemctl restart fpmd@moves.service
assert_eq 'the address that stayed' 2001 "$(fetch http://moves.test/page.php)"

# removed
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/moves.conf"
in_container systemctl daemon-reload
assert_eq 'the manager that runs' 2001 "$(fetch http://moves.test/page.php)"
begin=$EPOCHREALTIME
assert_fails in_container systemctl restart fpmd@moves.service 2>/dev/null
assert_contains 'removed' '/etc/fpmd/conf.d/moves.conf: there is no such file; if the pool was removed: systemctl disable --now fpmd@moves.socket fpmd@moves.service' \
	"$(journal_of fpmd@moves.service --priority=err --since="@$begin")"
