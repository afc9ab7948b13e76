#!/bin/bash
# What else a local user may try: entries of the journal that name a pool are not among those that README's and the
# manual's commands show; a pool file, or what it includes, that is not root's alone is not quoted to root; a signal of
# logrotate in the moment of a start kills no manager.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

as_alice() {
	in_container setpriv --reuid=2001 --regid=2001 --clear-groups "$@"
}

# --- the journal
write_page local page.php <<'END'
<?php error_log("the true one"); echo "ok";
END
pool local
fetch --output /dev/null http://local.test/page.php
as_alice logger --journald <<'END'
MESSAGE=a forged one
FPMD_POOL=local
SYSLOG_IDENTIFIER=fpmd
REQUEST_URI=/page.php
PRIORITY=3
UNIT=fpmd@local.service
_SYSTEMD_UNIT=fpmd@local.service
END
in_container journalctl --sync
assert_contains 'the forged entry' 'a forged one' "$(in_container journalctl --quiet --output=cat FPMD_POOL=local)"
for file in README.md src/manager/fpmd.8 src/manager/fpmd.catalog; do
	assert_eq "commands of $file that trust the field" '' \
		"$(grep -E 'journalctl.*FPMD_POOL=' "$TEST_DIR/../../$file" || true)"
done
shown=$(journal_of fpmd@local REQUEST_URI=/page.php)
assert_contains "by the unit" 'the true one' "$shown"
assert_lacks "by the unit" 'a forged one' "$shown"

# --- quotes: alice's folder has a pool file that leads to what only root may read
in_container install -d -o alice -g alice /srv/home /srv/home/own
printf 'very:secret:line\n[x]\nuser = 1 secret\n' >"$CONTAINER_ROOT/etc/hidden"
in_container chmod 600 /etc/hidden
printf '[linked]\ninclude = /etc/hidden\nnosuch = quoted-word\npm = unwise\n' >"$CONTAINER_ROOT/srv/home/linked.conf"
in_container chown alice:alice /srv/home/linked.conf
in_container ln -s /etc/hidden /srv/home/own/direct.conf
in_container ln -s /srv/home/own/direct.conf /etc/fpmd/conf.d/behind.conf
printf '[outer]\nnosuch = outer-word\ninclude = /srv/home/linked.*\n' >"$CONTAINER_ROOT/etc/fpmd/conf.d/outer.conf"
for file in /srv/home/linked.conf /srv/home/own/direct.conf /etc/fpmd/conf.d/behind.conf behind outer; do
	status=0
	said=$(in_container fpmctl check "$file" 2>&1) || status=$?
	assert_eq "status of $file" 78 "$status"
	assert_lacks "$file" secret: "$said"
	assert_lacks "$file" ':secret' "$said"
	assert_lacks "$file" '1 secret' "$said"
	assert_lacks "$file" quoted-word "$said"
	assert_lacks "$file" unwise "$said"
	assert_lacks "$file" 'very' "$said"
	assert_contains "$file" 'is not right; fpmctl check says why to the owner' "$said"
done
assert_contains "root's own lines" 'outer.conf:2: nosuch: there is no such directive' "$said"
said=$(in_container fpmctl check /srv/home/linked.conf 2>&1) || true
assert_contains 'what is known of the line' '/srv/home/linked.conf:4: pm: is not right' "$said"
assert_lacks 'an unknown directive' nosuch "$said"
said=$(as_alice fpmctl check /srv/home/linked.conf 2>&1) || true
assert_contains 'to the owner' '/etc/hidden: cannot read it: Permission denied' "$said"
assert_contains 'to the owner' "linked.conf:4: pm: 'unwise' is not a process manager" "$said"
in_container rm -r /srv/home /etc/fpmd/conf.d/behind.conf /etc/fpmd/conf.d/outer.conf

# --- signals: while a manager reads a pool file that takes it a while
# shellcheck disable=SC2016
in_container sh -c 'for i in $(seq 30); do yes "; a comment" | head -c 1000000 >/srv/long.$i; done'
printf '[long]\ninclude = /srv/long.*\nuser = alice\npm = static\npm.max_children = 1\n' \
	>"$CONTAINER_ROOT/etc/fpmd/conf.d/long.conf"
in_container python3 - <<'END'
import os, signal, subprocess, time
begin = time.monotonic()
subprocess.run(["fpmd", "--test", "long"], check=True)
took = time.monotonic() - begin
print("a start of %.2f s" % took)
def started(part):
    # at another time of a busy machine a start may take half as long
    for _ in range(6):
        manager = subprocess.Popen(["fpmd", "--test", "long"])
        time.sleep(took * part)
        if manager.poll() is None:
            return manager
        part /= 2
    raise AssertionError("no start took long enough")
for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGQUIT):
    for part in (0.2, 0.5):
        manager = started(part)
        manager.send_signal(number)
        assert manager.wait() == 0, (number, part, manager.returncode)
manager = started(0.3)
manager.send_signal(signal.SIGTERM)
assert manager.wait() == -signal.SIGTERM
END
