#!/bin/bash
# A log below a folder of the pool's user: root opens nothing there with rights of its own. He puts a link, or a folder
# of root's, in the place of his log folder, also while files are opened, and no line of his pool comes to stand in
# another pool's log, and no file is made in a folder of root's. A log in folders that are root's alone may have links on
# its way.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

root=$CONTAINER_ROOT
write_page folders page.php <<'END'
<?php usleep(1000 * (int) ($_GET['ms'] ?? 0)); echo posix_geteuid();
END

# What is not alice's: a log of bob's pool, and a folder of root's.
in_container install -d -m 0700 /srv/secret
in_container install -d -m 0755 -o alice -g alice /srv/alice /srv/alice/logs
in_container install -m 0600 /dev/null /srv/secret/access
echo 'of another pool' >"$root/srv/secret/access"
# So that root's own mistake would not be EACCES only: root owns it all.
untouched() {
	assert_eq "$1: the other pool's log" 'of another pool' "$(<"$root/srv/secret/access")"
	assert_eq "$1: the folder of root's" access "$(in_container ls /srv/secret)"
}
pool folders <<'END'
access.log = /srv/alice/logs/access
access.format = "line of alice"
slowlog = /srv/alice/logs/slow
request_slowlog_timeout = 1s
END
log=$root/srv/alice/logs
has_line() {
	grep -q "$1" "$2"
}

### his own folder: made and written as him
assert_eq 'a page' 2001 "$(fetch 'http://folders.test/page.php?ms=1500')"
wait_for 2 has_line 'line of alice' "$log/access"
wait_for 2 has_line 'page.php' "$log/slow"
assert_eq 'owner and mode' '2001 600 2001 600' \
	"$(in_container stat -c '%u %a' /srv/alice/logs/access /srv/alice/logs/slow | tr '\n' ' ' | sed 's/ $//')"

### a link in its place
in_container mv /srv/alice/logs /srv/alice/true
in_container ln -s /srv/secret /srv/alice/logs
in_container systemctl kill --kill-whom=main -s USR1 fpmd@folders
assert_eq 'a page' 2001 "$(fetch 'http://folders.test/page.php?ms=1500')"
cannot_reopen() {
	journal_has fpmd@folders.service "Cannot reopen the access log '/srv/alice/logs/access'"
}
wait_for 3 cannot_reopen
untouched 'reopen and slow log'
said=$(in_container systemctl reload fpmd@folders 2>&1) && fail 'a reload takes the link'
untouched 'reload'
said=$(in_container fpmctl check folders 2>&1) && fail 'the check takes the link'
assert_contains 'check' 'access.log' "$said"

### back and forth while it is opened, 200 times
cat >"$root/srv/alice/flip.sh" <<'END'
end=$(($(date +%s) + 6))
while [ "$(date +%s)" -lt "$end" ]; do
	for i in 1 2 3 4 5 6 7 8 9 10; do
		mv -T /srv/alice/logs /srv/alice/link && mv -T /srv/alice/true /srv/alice/logs
		mv -T /srv/alice/logs /srv/alice/true && mv -T /srv/alice/link /srv/alice/logs
	done
done
END
in_container setpriv --reuid alice --regid alice --clear-groups sh /srv/alice/flip.sh &
flip=$!
for _ in {1..100}; do
	in_container systemctl kill --kill-whom=main -s USR1 fpmd@folders
	fetch 'http://folders.test/page.php' >/dev/null
done
fetch 'http://folders.test/page.php?ms=1500' >/dev/null
wait "$flip"
untouched 'race'
assert_eq 'the pool' active "$(unit_property fpmd@folders.service ActiveState)"

### folders that are root's alone: a link is fine
in_container install -d /srv/disk/fpmd
in_container ln -s disk /srv/logs
pool linked <<'END'
access.log = /srv/logs/fpmd/access
END
write_page linked page.php <<<'<?php echo 1;'
assert_eq 'a page' 1 "$(fetch http://linked.test/page.php)"
wait_for 2 test -s "$root/srv/disk/fpmd/access"
assert_eq 'owner and mode' '0 600' "$(in_container stat -c '%u %a' /srv/disk/fpmd/access)"

### a file that php-fpm has left there: told what to do
in_container rm /srv/alice/logs
in_container mv /srv/alice/true /srv/alice/logs
in_container chown root: /srv/alice/logs/access
said=$(in_container fpmctl check folders 2>&1) && fail 'root opens its file in a folder of alice'
assert_contains 'check' 'folders that others can write in' "$said"
