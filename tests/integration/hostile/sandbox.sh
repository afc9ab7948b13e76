#!/bin/bash
# The shipped units are correct and closed: systemd-analyze verify has nothing to say, and its exposure
# level of the service stays at 3.6 (php-fpm's upstream unit has 6.7, Debian's 9.6). Neither a worker nor
# the manager can write to the kernel's files or the system's, nor call what changes the machine.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool sandbox
units=/usr/lib/systemd/system
complaints=$(in_container systemd-analyze verify --man=no fpmd@sandbox.service fpmd@sandbox.socket \
	fpmd.target 2>&1 | grep fpmd || true)
assert_eq 'systemd-analyze verify' '' "$complaints"

in_container systemd-analyze security --no-pager --threshold=36 fpmd@sandbox.service |
	grep -E '✗|→|Overall' || true
in_container systemd-analyze security --no-pager --threshold=36 fpmd@sandbox.service >/dev/null ||
	fail 'the exposure level is above 3.6'

for unit in fpmd@.service fpmd@.socket fpmd.target; do
	assert_lacks "$unit" '@sbindir@' "$(in_container cat "$units/$unit")"
done

### Who has broken into a process of the pool: nothing of the machine can be written, no device opened, no
### module loaded, nothing mounted. Tried by a child of a worker, and by a program in the place of the
### manager, as root with the manager's capabilities.

# The container itself has some of these read-only. What is shown is to be the unit's doing.
# shellcheck disable=SC2016
closed=$(in_container sh -c 'for path in /proc/sys /proc/acpi /proc/bus /proc/fs /proc/irq /sys; do
	! mountpoint -q $path || ! findmnt -n -o OPTIONS --target $path | grep -qw ro || echo $path
done' | sort -u)
remount_closed() {
	local path

	for path in $closed; do
		in_container mount -o "remount,bind,$1" "$path"
	done
}
trap 'remount_closed ro' EXIT
remount_closed rw

write_page sandbox intrude.php <<-END
	<?php passthru("python3 $TOOLS/intrude.py 2>&1");
END
assert_eq 'a worker' tried "$(fetch http://sandbox.test/intrude.php)"

in_container systemctl stop fpmd@sandbox.service
drop_in=$CONTAINER_ROOT/etc/systemd/system/fpmd@sandbox.service.d
mkdir -p "$drop_in"
cat >"$drop_in/intrude.conf" <<-END
	[Service]
	Type=oneshot
	Restart=no
	RestartForceExitStatus=
	ExecStart=
	ExecStart=python3 $TOOLS/intrude.py
	StandardOutput=file:/run/intruded
END
in_container systemctl daemon-reload
in_container systemctl start fpmd@sandbox.service
assert_eq 'the manager' tried "$(in_container cat /run/intruded)"

# The same with drop-ins that harden: with these systemd mounts /proc and /sys in other ways. What it writes for
# SELinuxContext= and AppArmorProfile= arrives in the folder of the main process, what others write about themselves does
# not.
cat >"$CONTAINER_ROOT/srv/intrude.sh" <<-END
	printf main >/proc/self/comm
	cat /proc/\$\$/comm
	(printf child >/proc/self/comm) 2>/dev/null || echo refused
	exec python3 $TOOLS/intrude.py
END
for line in '' ProtectProc=invisible ProtectKernelTunables=yes ProtectControlGroups=yes PrivateNetwork=yes ProcSubset=pid; do
	printf '[Service]\nExecStart=\nExecStart=sh /srv/intrude.sh\nStandardOutput=truncate:/run/intruded\n%s\n' "$line" \
		>"$drop_in/intrude2.conf"
	in_container systemctl daemon-reload
	in_container systemctl start fpmd@sandbox.service
	assert_eq "the manager, with $line" $'main\nrefused\ntried' "$(in_container cat /run/intruded)"
done

# The kernel's log: that it is refused without CAP_SYSLOG shows only where the container does not hide it.
capabilities=$(unit_property fpmd@sandbox.service CapabilityBoundingSet)
assert_lacks 'capabilities' cap_syslog "$capabilities"
assert_lacks 'capabilities' cap_sys_admin "$capabilities"
assert_lacks 'capabilities' cap_sys_chroot "$capabilities"
assert_fails in_container unshare --mount sh -c "umount /proc/kmsg
	setpriv --bounding-set=-all,+$(sed 's/cap_//g; s/ /,+/g' <<<"$capabilities") --inh-caps=-all \
		python3 -c 'open(\"/proc/kmsg\")'" 2>/dev/null
