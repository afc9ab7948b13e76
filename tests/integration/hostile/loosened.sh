#!/bin/bash
# Each drop-in that fpmd.conf(5) names for the sandbox does what it says: without it a script is refused, with it the same
# script succeeds.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page loose do.php <<'END'
<?php passthru('{ ' . $_GET['do'] . '; } 2>&1');
END
pool loose
drop_in=$CONTAINER_ROOT/etc/systemd/system/fpmd@loose.service.d/loose.conf
mkdir -p "${drop_in%/*}"

# try COMMAND: what a script gets to see of it
try() {
	fetch --get --data-urlencode "do=$1" http://loose.test/do.php
}

# with LINE…: the pool starts anew with this in its drop-in
with() {
	printf '%s\n' '[Service]' "$@" >"$drop_in"
	in_container systemctl daemon-reload
	in_container systemctl restart fpmd@loose.service
}

# loosens WHAT COMMAND BEFORE AFTER LINE…: regular expressions of what it prints
loosens() {
	local what=$1 command=$2 before=$3 after=$4
	shift 4

	with
	assert_matches "$what: closed" "$before" "$(try "$command")"
	with "$@"
	assert_matches "$what: with $*" "$after" "$(try "$command")"
}

for folder in /usr/local/app /etc/app; do
	mkdir -p "$CONTAINER_ROOT$folder"
	in_container chown alice $folder
	loosens "a folder below" "touch $folder/x && echo done" 'Read-only file system' '^done$' "ReadWritePaths=$folder"
done
# the folders that ProtectSystem= names stay read-only whatever ReadWritePaths= says of them: where one path is in both, the
# stricter wins
loosens 'the whole of /etc' 'touch /etc/app/x && echo done' 'Read-only file system' '^done$' ProtectSystem=yes
loosens 'the whole of /usr' 'touch /usr/local/app/x && echo done' 'Read-only file system' '^done$' ProtectSystem=no

in_container touch /tmp/of-the-machine
loosens /tmp 'ls /tmp' '^$' 'of-the-machine' PrivateTmp=no
in_container touch /dev/of-the-machine
loosens /dev 'ls /dev/of-the-machine' 'No such file' '^/dev/of-the-machine$' PrivateDevices=no
loosens 'capabilities' 'python3 -c "print(int([l.split()[1] for l in open(\"/proc/self/status\") if l[:7] == \"CapBnd:\"][0], 16) >> 13 & 1)"' \
	'^0$' '^1$' CapabilityBoundingSet=CAP_NET_RAW
loosens 'address families' 'python3 -c "import socket; socket.socket(socket.AF_PACKET)"' \
	'Address family not supported' 'Operation not permitted' RestrictAddressFamilies=
loosens 'system calls' 'python3 -c "import ctypes; print(ctypes.CDLL(None).ptrace(0, 0, 0, 0))"' '^-1$' '^0$' SystemCallFilter=
if in_container setpriv --reuid=alice --regid=alice --clear-groups unshare --user true 2>/dev/null; then
	loosens 'namespaces' 'unshare --user true && echo done' 'Operation not permitted' '^done$' RestrictNamespaces=no
fi

# the kernel's files, which only root could write: by how the manager sees them mounted
seen() {
	in_container nsenter --mount --target "$(manager_of loose)" findmnt --noheadings --output OPTIONS --target /proc/sys |
		tail -n 1 | cut -d, -f1
}
if [[ $(in_container findmnt --noheadings --output OPTIONS --target /proc/sys | tail -n 1) == ro* ]]; then
	in_container mount -o remount,bind,rw /proc/sys
	trap 'in_container mount -o remount,bind,ro /proc/sys' EXIT
fi
with
assert_eq 'the kernel: closed' ro "$(seen)"
with ReadOnlyPaths=
assert_eq 'the kernel: with ReadOnlyPaths=' rw "$(seen)"
rm -r "$CONTAINER_ROOT/usr/local/app" "$CONTAINER_ROOT/etc/app"
