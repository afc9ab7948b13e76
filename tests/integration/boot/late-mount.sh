#!/bin/bash
# A folder that comes late: a mount is waited for, also one that takes longer than twenty starts of the pool, one that
# fails at first, and one that nobody but the administrator knows of. No limit of systemd takes the pool down meanwhile.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

units=$CONTAINER_ROOT/etc/systemd/system
starts_of() {
	in_container journalctl --quiet --output=cat --since="@$2" -u "fpmd@$1.service" | grep -c '^Starting ' || true
}
# page_of NAME FOLDER: in a folder of its own, which is mounted late
page_of() {
	mkdir -p "$CONTAINER_ROOT/srv/pages"
	echo '<?php echo getcwd();' >"$CONTAINER_ROOT/srv/pages/page.php"
	touch -d '1 hour ago' "$CONTAINER_ROOT/srv/pages/page.php"
	mkdir -p "$CONTAINER_ROOT$2"
	site "$1" "unix:/run/fpmd/$1.sock" "$2"
}

# mount_unit NAME FOLDER: a mount of /srv/pages, after what the service fpmd-test-NAME does
mount_unit() {
	cat >"$units/srv-$1.mount" <<-END
		[Unit]
		Requires=fpmd-test-$1.service
		After=fpmd-test-$1.service
		StartLimitIntervalSec=0
		[Mount]
		What=/srv/pages
		Where=$2
		Options=bind
	END
	printf '[Service]\nType=oneshot\nExecStart=%s\n' "$3" >"$units/fpmd-test-$1.service"
}

# slow: three seconds
mount_unit slow /srv/slow 'sleep 3'
pool slow <<'END'
chdir = /srv/slow
END
page_of slow /srv/slow
assert_contains 'what the target needs' srv-slow.mount "$(unit_property fpmd-mounts@slow.target Requires)"
begin=$EPOCHREALTIME
assert_eq 'a slow mount' /srv/slow "$(fetch http://slow.test/page.php)"
assert_eq 'starts meanwhile' 1 "$(starts_of slow "$begin")"
in_container systemctl stop fpmd@slow.socket fpmd@slow.service srv-slow.mount

# fails at once, until the administrator has mended it; its empty folder is no place to start in
mount_unit broken /srv/broken 'test -e /run/fpmd-test-mended'
pool broken <<'END'
chdir = /srv/broken
END
page_of broken /srv/broken
begin=$EPOCHREALTIME
fetch http://broken.test/page.php >"$CONTAINER_ROOT/srv/answer" &
client=$!
wait_for 5 journal_has fpmd@broken.service \
	"broken.conf:6: chdir: '/srv/broken' needs a mount that is not there: systemctl start 'srv-broken.mount'"
sleep 2
in_container touch /run/fpmd-test-mended
in_container systemctl start srv-broken.mount
wait "$client"
assert_eq 'a mount that was mended' /srv/broken "$(<"$CONTAINER_ROOT/srv/answer")"
assert_eq 'the socket' active "$(unit_property fpmd@broken.socket ActiveState)"
assert_at_most 'starts meanwhile' 2 "$(starts_of broken "$begin")"
in_container systemctl stop fpmd@broken.socket fpmd@broken.service
in_container systemctl stop srv-broken.mount

# a folder without a unit, after longer than the manager waits at once
pool sudden <<'END'
chroot = /srv/late
END
page_of sudden /srv/pages
begin=$EPOCHREALTIME
fetch http://sudden.test/page.php >/dev/null &
client=$!
sleep 12
assert_eq 'the socket' active "$(unit_property fpmd@sudden.socket ActiveState)"
assert_at_most 'starts in 12 s' 2 "$(starts_of sudden "$begin")"
assert_eq 'lines that say so' "$(starts_of sudden "$begin")" \
	"$(journal_of fpmd@sudden.service --priority=err --since="@$begin" | grep -c "sudden.conf:6: chroot: '/srv/late'")"
in_container mkdir -p /srv/late/srv/pages
in_container cp /srv/pages/page.php /srv/late/srv/pages
wait "$client"
assert_eq 'a folder that came' 200 "$(fetch_status http://sudden.test/page.php)"
in_container systemctl stop fpmd@sudden.socket fpmd@sudden.service

# nobody waits: a start by hand fails at once
rm -r "${CONTAINER_ROOT:?}/srv/late"
SECONDS=0
assert_fails in_container systemctl start fpmd@sudden.service 2>/dev/null
assert_at_most 'seconds of a start by hand' 3 "$SECONDS"
# and a stop is not held up by who waits
in_container systemctl start fpmd@sudden.socket
fetch http://sudden.test/page.php >/dev/null &
client=$!
wait_for 5 journal_has fpmd@sudden.service 'A connection waits'
SECONDS=0
in_container systemctl stop fpmd@sudden.socket fpmd@sudden.service
assert_at_most 'seconds of a stop' 3 "$SECONDS"
wait "$client"
rm "$units"/srv-{slow,broken}.mount "$units"/fpmd-test-{slow,broken}.service
in_container rm /run/fpmd-test-mended
