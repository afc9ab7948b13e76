#!/bin/bash
# Time limit: 120 s
# The user database does not answer, and the disk of the logs is frozen: the manager goes on. Requests are ended at their
# time, systemd's watchdog hears from it, fpmctl is answered, a dead zygote is replaced, and a stop is quick. Once both
# answer again the reload comes to its end, and each slow request stands in the file.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # which wants to be preloaded first
command -v cc >/dev/null || skip 'no compiler'

root=$CONTAINER_ROOT
cc -shared -fPIC -O1 -o "$root/usr/local/lib/hang.so" "$TEST_DIR/hang.c"
mkdir -p "$root/etc/systemd/system/fpmd@hang.service.d"
printf '[Service]\nEnvironment=LD_PRELOAD=/usr/local/lib/hang.so\nWatchdogSec=6s\n' \
	>"$root/etc/systemd/system/fpmd@hang.service.d/hang.conf"
in_container install -d -m 0755 /srv/frozen
write_page hang nap.php <<'END'
<?php $t = microtime(true); usleep(1000 * (int) ($_GET['ms'] ?? 0)); printf('%.1f', microtime(true) - $t);
END
pool hang <<'END'
pm.max_children = 8
access.log = /srv/frozen/access
slowlog = /srv/frozen/slow
request_slowlog_timeout = 1s
request_terminate_timeout = 3s
END
nap() {
	fetch "http://hang.test/nap.php?ms=$1"
}
hang() {
	in_container touch /run/hang-nss /run/hang-disk
}
thaw() {
	in_container rm -f /run/hang-nss /run/hang-disk
}
ms() {
	echo "${EPOCHREALTIME/./}" | cut -c 1-13
}
# quick WHAT MS COMMAND…: it succeeds within that time.
quick() {
	local what=$1 limit=$2 begin
	shift 2

	begin=$(ms)
	"$@" >/dev/null || fail "$what failed"
	assert_at_most "$what, ms" "$limit" "$(($(ms) - begin))"
}
assert_matches 'a page' '^0\.[0-4]$' "$(nap 0)"
manager=$(manager_of hang)

### everything hangs
hang
in_container mv /srv/frozen/access /srv/frozen/access.1
in_container systemctl reload fpmd@hang &
reload=$!
in_container systemctl kill --kill-whom=main -s USR1 fpmd@hang
for _ in 1 2 3; do
	assert_matches 'slow requests' '^1\.[5-9]$' "$(nap 1500)"
	quick 'fpmctl status' 1000 in_container fpmctl status hang
done
for _ in 1 2; do
	begin=$(ms)
	assert_eq 'one over its limit' 502 "$(fetch_status 'http://hang.test/nap.php?ms=9000')"
	took=$(($(ms) - begin))
	((took > 2800)) || fail "ended after $took ms"
	assert_at_most 'ended at its limit, ms' 4500 "$took"
done
zygote=$(zygote_of hang)
in_container kill -KILL "$zygote"
wait_for 3 another_zygote hang "$zygote"
quick 'a page after the zygote' 2000 nap 0
assert_eq 'nothing is in the file' 0 "$(in_container sh -c 'cat /srv/frozen/slow 2>/dev/null | wc -l')"
assert_eq 'the manager' "$manager" "$(manager_of hang)"
kill -0 "$reload" || fail 'the reload does not wait'

### and answers again
thaw
wait "$reload"
slow_entries() {
	[[ $(grep -c 'executing too slow\|script_filename' "$root/srv/frozen/slow") == "$1" ]]
}
wait_for 3 slow_entries 5
reopened() {
	nap 0 >/dev/null
	[[ -s $root/srv/frozen/access ]]
}
wait_for 3 reopened
assert_eq 'errors' '' "$(journal_of fpmd@hang --priority=err | grep -v 'request_terminate_timeout\|zygote' || true)"

### a reload that nobody waits for any more, then one that works
hang
assert_fails in_container timeout 1 fpmctl reload hang 2>/dev/null
thaw
quick 'a reload' 3000 in_container systemctl reload fpmd@hang

### a stop
hang
in_container systemctl reload --no-block fpmd@hang
nap 1500 >/dev/null
quick 'a stop' 3000 in_container systemctl stop fpmd@hang.socket fpmd@hang.service
thaw
