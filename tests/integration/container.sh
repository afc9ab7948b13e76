# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# container.sh: a throw-away machine. Boots a real systemd over the host's own files.
#
#     source container.sh
#     container_available || { echo "skipped: $CONTAINER_REASON"; exit 77; }
#     container_enter "$@"            # from here on: a private mount namespace, an own cgroup
#     container_boot --private-network    # or --host-network
#     container_install BUILD_DIR
#     container_run systemctl status
#     container_stop                  # also done by a trap when the script ends
#
# The root of the container is an overlay: lower layer the host's /, upper layer a tmpfs. So
# everything installed on the host is there, and nothing written inside reaches the host. All
# mounts are made in a mount namespace of this script: they are gone when it is, even after SIGKILL.
# What the host has enabled (databases, timers, cron …) does not start in the container.

# shellcheck disable=SC2034  # for the scripts that source this file
CONTAINER_REASON=     # why container_available or container_boot said no
CONTAINER_ROOT=       # the root directory of the container, as seen by this script
CONTAINER_INIT=       # its PID 1, in our PID namespace
CONTAINER_LOG=        # what it wrote to its console
CONTAINER_DIR=
CONTAINER_GUARD=      # the process around systemd-nspawn
CONTAINER_CGROUPS=()
CONTAINER_MADE=()     # directories of the host that were not there before

CONTAINER_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Units that every Debian starts in a container and no test needs.
CONTAINER_MASKED_UNITS=(
	getty.target console-getty.service systemd-firstboot.service ldconfig.service
	systemd-hwdb-update.service systemd-update-done.service systemd-machine-id-commit.service
	systemd-journal-catalog-update.service systemd-journald-audit.socket
	systemd-tmpfiles-clean.timer systemd-update-utmp.service systemd-update-utmp-runlevel.service
	systemd-initctl.socket systemd-ask-password-wall.path systemd-ask-password-console.path
	systemd-logind.service systemd-modules-load.service systemd-sysctl.service
	systemd-binfmt.service systemd-pcrphase.service systemd-pcrphase-sysinit.service
	systemd-repart.service systemd-random-seed.service systemd-networkd-wait-online.service
	proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount sys-kernel-config.mount
	sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount
)

# Says in CONTAINER_REASON why this machine cannot boot the container; 0 when it can, as far as
# one can tell without booting it.
container_available() {
	local tool why

	if [[ $(id -u) != 0 ]]; then
		CONTAINER_REASON="not root"
		return 1
	fi
	for tool in systemd-nspawn:systemd-container nsenter:util-linux unshare:util-linux setpriv:util-linux; do
		if ! command -v "${tool%%:*}" >/dev/null; then
			CONTAINER_REASON="${tool%%:*} is missing; Debian: apt install ${tool##*:}"
			return 1
		fi
	done
	if [[ ! -x /usr/lib/systemd/systemd && ! -x /lib/systemd/systemd ]]; then
		CONTAINER_REASON="no systemd to boot; Debian: apt install systemd-sysv"
		return 1
	fi
	# shellcheck disable=SC2016  # the inner shell expands it
	if ! why=$(unshare --mount --propagation private -- sh -ec '
			d=$(mktemp -d)
			trap "umount -R \"$d\"; rmdir \"$d\"" EXIT
			mount -t tmpfs tmpfs "$d"
			mkdir "$d/upper" "$d/work" "$d/root"
			mount -t overlay -o "lowerdir=/,upperdir=$d/upper,workdir=$d/work" overlay "$d/root"
			touch "$d/root/etc/fpmd-probe"
			umount "$d/root"' 2>&1); then
		CONTAINER_REASON="no overlay of / in a mount namespace: ${why//$'\n'/; }"
		return 1
	fi
	return 0
}

# Starts the calling script again, with its arguments, in a mount namespace and a cgroup of its own.
# Returns at once when that has been done. Two containers in one cgroup would take each other's
# services for their own.
container_enter() {
	local scope=()

	if [[ ${CONTAINER_ENTERED:-} == "$$" ]]; then
		trap container_stop EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM HUP
		container_cgroup_join
		return
	fi
	if [[ -d /run/systemd/system ]] && command -v systemd-run >/dev/null; then
		scope=(systemd-run --scope --quiet --collect --property=Delegate=yes --)
	fi
	# exec keeps the process id all the way, so the variable means nothing to a child.
	export CONTAINER_ENTERED=$$
	exec "${scope[@]}" unshare --mount --propagation private -- "$BASH" "$0" "$@"
}

# Where our own cgroup is, on each hierarchy that systemd uses.
container_cgroup_paths() {
	local id controllers path base

	while IFS=: read -r id controllers path; do
		base=
		if [[ $controllers == name=systemd ]]; then
			base=/sys/fs/cgroup/systemd
		elif [[ $id == 0 ]]; then
			base=/sys/fs/cgroup
			[[ -d $base/unified ]] && base+=/unified
		fi
		if [[ -n $base && -e $base$path/cgroup.procs ]]; then
			printf '%s\n' "${base}${path%/}"
		fi
	done </proc/self/cgroup
}

# The name of the container, which no other has at this time: a process id is that of another in another PID namespace.
container_name() {
	echo "fpmd-$$-$(stat -Lc %i /proc/self/ns/mnt)"
}

# Puts this script in the cgroup NAME/runner; the container gets NAME/machine beside it,
# since on cgroup2 a group with processes in it can hand no controllers down.
container_cgroup_join() {
	local path

	# systemd 258 and newer know nothing else. FPMD_TEST_CGROUP=2: as on most machines, where this one has both.
	if [[ $(stat --file-system --format=%T /sys/fs/cgroup) == tmpfs ]] && { [[ ${FPMD_TEST_CGROUP:-} == 2 ]] ||
			(($(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p') >= 258)); }; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup || return 0
	fi
	if ! mountpoint -q /sys/fs/cgroup; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup || return 0
	fi
	while read -r path; do
		path+=/$(container_name)
		if mkdir -p "$path/runner" "$path/machine" 2>/dev/null &&
				echo $$ >"$path/runner/cgroup.procs"; then
			CONTAINER_CGROUPS+=("$path")
		fi
	done < <(container_cgroup_paths)
}

# Our own cgroups are empty by now, but for this script.
container_cgroup_leave() {
	local path

	for path in "${CONTAINER_CGROUPS[@]}"; do
		echo $$ >"${path%/*}/cgroup.procs" || continue
		find "$path" -depth -type d -exec rmdir {} + || true
	done 2>/dev/null
	CONTAINER_CGROUPS=()
}

# The overlay, and one more for each part of the system that is a file system of its own.
container_mount() {
	local part layer

	CONTAINER_DIR=$(mktemp -d "${TMPDIR:-/tmp}/fpmd-container.XXXXXX")
	mount -t tmpfs -o mode=0755 tmpfs "$CONTAINER_DIR"
	CONTAINER_ROOT=$CONTAINER_DIR/root
	CONTAINER_LOG=$CONTAINER_DIR/console
	mkdir "$CONTAINER_ROOT"

	for part in / /usr /var /etc /opt; do
		if [[ $part != / ]] && ! mountpoint -q "$part"; then
			continue
		fi
		layer=$CONTAINER_DIR/layer${part//\//-}
		mkdir "$layer" "$layer/upper" "$layer/work"
		mount -t overlay -o "lowerdir=$part,upperdir=$layer/upper,workdir=$layer/work" \
			overlay "$CONTAINER_ROOT${part%/}"
	done
}

# Makes a machine of its own out of the host's files: nothing of what the host has enabled.
container_prepare() {
	local etc=$CONTAINER_ROOT/etc generator name unit

	rm -rf "$etc"/systemd/{system,user,system.conf.d,journald.conf.d,system-preset} \
		"$etc"/systemd/system-generators "$etc"/fpmd "$etc"/nginx/{sites-enabled,conf.d} \
		"$CONTAINER_ROOT"/var/log/{journal,nginx} "$CONTAINER_ROOT"/var/lib/systemd/linger \
		"$CONTAINER_ROOT"/run/* "$CONTAINER_ROOT"/srv/*
	mkdir -p "$etc"/systemd/{system,system-generators,system.conf.d,journald.conf.d} \
		"$CONTAINER_ROOT"/var/log/nginx
	tr -d - </proc/sys/kernel/random/uuid >"$etc/machine-id"
	echo "$1" >"$etc/hostname"
	printf '127.0.0.1 localhost %s\n::1 localhost\n' "$1" >"$etc/hosts"
	: >"$etc/fstab"

	for unit in "${CONTAINER_MASKED_UNITS[@]}"; do
		ln -s /dev/null "$etc/systemd/system/$unit"
	done
	ln -s /usr/lib/systemd/system/multi-user.target "$etc/systemd/system/default.target"
	for generator in "$CONTAINER_ROOT"/{usr,usr/local}/lib/systemd/system-generators/*; do
		name=${generator##*/}
		if [[ -e $generator && $name != fpmd-* ]]; then
			ln -sf /dev/null "$etc/systemd/system-generators/$name"
		fi
	done
	printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\nForwardToWall=no\n' \
		>"$etc/systemd/journald.conf.d/test.conf"
	printf '[Manager]\nDefaultTimeoutStopSec=20s\n' >"$etc/systemd/system.conf.d/test.conf"
}

# The PID 1 of the container: the child of nspawn, which is the child of unshare, that is 1 in its own
# PID namespace.
container_find_init() {
	local nspawn child

	for nspawn in $(container_children "$CONTAINER_GUARD"); do
		for child in $(container_children "$nspawn"); do
			if grep -qs '^NSpid:.*[[:space:]]1$' "/proc/$child/status"; then
				CONTAINER_INIT=$child
				return 0
			fi
		done
	done
	return 1
}

container_children() {
	cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

# container_boot [--private-network | --host-network]: mounts, boots, waits until it runs. Its
# network is one of its own, of which only the loopback device is up, or the host's.
container_boot() {
	local name network=("$1") state='' path i

	name=$(container_name)
	[[ $1 == --host-network ]] && network=()
	for path in /run/systemd /run/systemd/nspawn; do
		[[ -d $path ]] || CONTAINER_MADE+=("$path")
	done
	container_mount
	container_prepare "$name"

	# In a session of its own, a Ctrl-C is for this script only. nspawn is PID 1 of a namespace around
	# it: whoever kills the guard, or this script even by SIGKILL, ends every process of the container.
	(
		for path in "${CONTAINER_CGROUPS[@]}"; do
			echo "$BASHPID" >"$path/machine/cgroup.procs"
		done
		exec setpriv --pdeathsig KILL setsid \
			unshare --pid --fork --kill-child --mount-proc -- env -i PATH="$CONTAINER_PATH" LANG=C.UTF-8 \
			systemd-nspawn --quiet --directory="$CONTAINER_ROOT" --boot --register=no --keep-unit \
			--console=pipe --machine="$name" --link-journal=no --resolv-conf=off --timezone=off \
			"${network[@]}"
	) </dev/null >"$CONTAINER_LOG" 2>&1 &
	CONTAINER_GUARD=$!

	for ((i = 0; i < 600; i++)); do
		if ! kill -0 "$CONTAINER_GUARD" 2>/dev/null; then
			CONTAINER_REASON="systemd-nspawn ended: $(tail -n 3 "$CONTAINER_LOG" | tr '\r\n' '  ')"
			return 1
		fi
		if [[ -n $CONTAINER_INIT ]] || container_find_init; then
			state=$(container_run systemctl is-system-running 2>/dev/null || true)
			[[ $state == running || $state == degraded ]] && break
		fi
		sleep 0.1
	done
	if [[ $state != running && $state != degraded ]]; then
		CONTAINER_REASON="systemd did not come up in 60 s (${state:-no answer}): \
$(tail -n 3 "$CONTAINER_LOG" | tr '\r\n' '  ')"
		return 1
	fi
	if [[ $state == degraded ]]; then
		container_run systemctl --failed --no-legend --plain >&2
	fi
}

# container_run COMMAND [ARG…]: runs it inside as root, in /, with a clean environment. The root is
# named because in a chroot nspawn cannot pivot, and the namespace has another.
container_run() {
	nsenter --target "$CONTAINER_INIT" --all --root --wd -- \
		env -i PATH="$CONTAINER_PATH" HOME=/root LANG=C.UTF-8 TERM=dumb \
		SYSTEMD_COLORS=0 SYSTEMD_PAGER= SYSTEMD_URLIFY=0 FPMD_TEST_PHP="${FPMD_TEST_PHP:-}" "$@"
}

# container_copy_in SOURCE PATH: a file or a directory of the host to PATH inside. Not for /tmp,
# /run and the like, which are mounts of the running container.
container_copy_in() {
	mkdir -p "$CONTAINER_ROOT${2%/*}"
	cp -RL --preserve=mode "$1" "$CONTAINER_ROOT$2"
}

# container_php BUILD_DIR: sets FPMD_TEST_PHP, the version of PHP that everything is tested with, to the newest that
# the build is for, unless it is set.
container_php() {
	: "${FPMD_TEST_PHP:=$(sed -n 's/^PHP_SIDES = //p' "$1/Makefile" | tr ' ' '\n' | sed 's/:.*//' | sort -V | tail -n 1)}"
	export FPMD_TEST_PHP
}

# container_install BUILD_DIR: make install into the running container, and what a package would do behind it.
container_install() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$1" --no-print-directory install \
		DESTDIR="$CONTAINER_ROOT" || return 1
	container_php "$1"
	# So that pools that name no version have this one.
	find "$CONTAINER_ROOT/usr/libexec/fpmd" -mindepth 1 -maxdepth 1 -type d ! -name "$FPMD_TEST_PHP" -exec rm -r {} +
	container_run systemd-sysusers fpmd.conf || return 1
	container_run systemctl daemon-reload
}

# Ends the container and leaves nothing. Safe to call twice, at any time, and from a trap.
container_stop() {
	local i path child

	trap '' INT TERM HUP
	if [[ -n $CONTAINER_GUARD ]]; then
		# nspawn, by which its guard ends too.
		for child in $(container_children "$CONTAINER_GUARD"); do
			kill -KILL "$child" 2>/dev/null || true
		done
		for ((i = 0; i < 100; i++)); do
			kill -0 "$CONTAINER_GUARD" 2>/dev/null || break
			sleep 0.05
		done
		kill -KILL "$CONTAINER_GUARD" 2>/dev/null || true
		wait "$CONTAINER_GUARD" 2>/dev/null || true
		CONTAINER_GUARD=
		CONTAINER_INIT=
	fi
	if [[ -n $CONTAINER_DIR ]]; then
		umount --recursive "$CONTAINER_DIR" 2>/dev/null ||
			umount --recursive --lazy "$CONTAINER_DIR" || true
		rmdir "$CONTAINER_DIR" || true
		CONTAINER_DIR=
	fi
	for ((i = ${#CONTAINER_MADE[@]} - 1; i >= 0; i--)); do
		path=${CONTAINER_MADE[i]}
		rm -rf "$path/propagate" "$path/locks"
		rmdir --ignore-fail-on-non-empty "$path" 2>/dev/null || true
	done
	CONTAINER_MADE=()
	container_cgroup_leave
	trap - INT TERM HUP EXIT
}
