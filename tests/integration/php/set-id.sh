#!/bin/bash
# Set-id programs that a script starts work as on the machine: one that is set-user-ID root becomes somebody else; where
# the machine's sendmail is of that kind (as Debian's exim, to which mail() hands a message) it also leaves that user a
# file where only he may write; a folder can be set-group-ID (2775, as applications make them). The manager has four
# capabilities all the same. One that is not in the unit's bounding set comes with a drop-in. no_new_privileges ends all
# that.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

SPAWNING=00000000100001c0 # lease (the shield of a starting zygote), setuid, setgid, setpcap

# set_of NAME FILE: the capabilities of a /proc/PID/status.
set_of() {
	sed -n "s/^$1:[[:space:]]*//p" <<<"$2"
}

bin=$CONTAINER_ROOT/srv/set-id
mkdir -p "$bin"
for program in setpriv install head; do
	cp "$(command -v "$program")" "$bin"
done
chmod u+s "$bin/setpriv" "$bin/install"
in_container setcap cap_net_raw+ep /srv/set-id/head
in_container install -d -o bob -g bob -m 700 /srv/set-id/bobs

for name in setid closed; do
	write_page "$name" run.php <<-'END'
		<?php
		passthru("cd /srv/set-id; {$_GET['c']} 2>&1");
	END
	write_page "$name" folder.php <<-'END'
		<?php
		mkdir('/tmp/shared');
		chmod('/tmp/shared', 02775);
		printf('%o', fileperms('/tmp/shared'));
	END
done
# run NAME COMMAND: what it says, as a script of the pool starts it.
run() {
	fetch --get --data-urlencode "c=$2" "http://$1.test/run.php"
}

# as on a machine without exim
sendmail=$CONTAINER_ROOT/usr/sbin/sendmail
had_sendmail=$(readlink -e "$sendmail" || true)
rm -f "$sendmail"
bring_sendmail_back() {
	rm -f "$sendmail"
	[[ -z $had_sendmail ]] || ln -s "${had_sendmail#"$CONTAINER_ROOT"}" "$sendmail"
	in_container systemctl daemon-reload
}
trap bring_sendmail_back EXIT
in_container systemctl daemon-reload

pool setid
assert_eq 'somebody else' 2002 "$(run setid './setpriv --reuid=bob --regid=bob --init-groups id -u')"
assert_contains 'no file for bob' 'denied' "$(run setid './install -o bob -g bob -m 600 /etc/hostname bobs')"
cp "$bin/install" "$sendmail"
chmod u+s "$sendmail"
in_container systemctl daemon-reload
in_container systemctl restart fpmd@setid.service
assert_eq 'a file for bob' '' "$(run setid './install -o bob -g bob -m 600 /etc/hostname bobs')"
assert_eq 'of bob' '600 bob' "$(in_container stat -c '%a %U' /srv/set-id/bobs/hostname)"
assert_eq 'a folder' 42775 "$(fetch http://setid.test/folder.php)"
assert_eq 'a worker has none' 0000000000000000 "$(set_of CapEff "$(run setid 'cat /proc/self/status')")"
manager=$(in_container cat "/proc/$(manager_of setid)/status")
assert_eq 'the manager has' "$SPAWNING" "$(set_of CapEff "$manager")"
assert_eq 'the manager may have' "$SPAWNING" "$(set_of CapPrm "$manager")"
assert_contains 'beyond the bounding set' 'not permitted' "$(run setid './head -c 4 /etc/hostname')"

drop_in=$CONTAINER_ROOT/etc/systemd/system/fpmd@setid.service.d
mkdir -p "$drop_in"
printf '[Service]\nCapabilityBoundingSet=CAP_NET_RAW\n' >"$drop_in/raw.conf"
in_container systemctl daemon-reload
in_container systemctl restart fpmd@setid.service
assert_eq 'with a drop-in' '2000' \
	"$(run setid './head -n 100 /proc/self/status' | sed -n 's/^CapEff:\t0*//p')"
assert_eq 'the manager still has' "$SPAWNING" \
	"$(set_of CapEff "$(in_container cat "/proc/$(manager_of setid)/status")")"

pool closed <<<'no_new_privileges = yes'
status=$(run closed 'cat /proc/self/status')
assert_eq 'nothing to gain' 0000000000000000 "$(set_of CapBnd "$status")"
assert_eq 'no new privileges' 1 "$(set_of NoNewPrivs "$status")"
assert_contains 'nobody else' 'not permitted' "$(run closed './setpriv --reuid=bob --clear-groups id -u')"
