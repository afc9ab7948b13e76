#!/bin/bash
# make install DESTDIR= puts everything in place, make uninstall takes all of it away again; a pool file
# that was changed stays.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

dest=$CONTAINER_ROOT/root/dest
build() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$FPMD_TEST_BUILD" --no-print-directory \
		"$@" DESTDIR="$dest" >/dev/null
}
left() {
	(cd "$dest" && find . ! -type d | sort)
}

# The catalog of the journal is brought up to date and the exporter's user made, and pools that run are stopped before
# their units are gone, but not for a package; that it cannot be does no harm.
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
for tool in journalctl systemd-sysusers systemctl; do
	printf '#!/bin/sh\necho %s "$@" >>%s/called\nexit 1\n' "$tool" "$fake" >"$fake/$tool"
	chmod +x "$fake/$tool"
done
# called HOOK COMMANDS
called() {
	PATH=$fake:$PATH build "$1"
	[[ ! -e $fake/called ]] || fail "$1 with DESTDIR changes this machine"
	dest='' PATH=$fake:$PATH build "$1" systemd_runs=true 2>"$fake/said"
	assert_eq "what $1 calls" "$2" "$(<"$fake/called")"
	rm "$fake/called"
}
called install-data-hook $'journalctl --update-catalog\nsystemd-sysusers fpmd.conf'
stopped=$'systemctl stop fpmd@*.socket\nsystemctl daemon-reload\njournalctl --update-catalog'
called uninstall-hook "$stopped"
assert_contains 'pools that could not be stopped' 'pools may still run' "$(<"$fake/said")"
sed -i 's/exit 1/exit 0/' "$fake/systemctl"
called uninstall-hook "${stopped/.socket/$'.socket\nsystemctl stop fpmd@*.service fpmd-exporter.* fpmd-agent.*'}"

mkdir "$dest"
PATH=$fake:$PATH build install
for file in usr/sbin/fpmd usr/libexec/fpmd/preload.so "usr/libexec/fpmd/$FPMD_TEST_PHP/engine.so" usr/lib/systemd/system/fpmd@.socket \
	usr/lib/systemd/system/fpmd@.service usr/lib/systemd/system/fpmd.target \
	usr/lib/systemd/system/fpmd-pools.target usr/lib/systemd/system/fpmd-sockets.target \
	usr/lib/systemd/system/fpmd-tmp@.service \
	usr/lib/systemd/system-generators/fpmd-generator etc/fpmd/conf.d/www.conf \
	usr/sbin/fpmd-exporter usr/sbin/fpmd-agent usr/lib/systemd/system/fpmd-exporter.socket usr/lib/systemd/system/fpmd-agent.socket \
	usr/lib/systemd/system/fpmd-exporter.service usr/lib/sysusers.d/fpmd.conf usr/share/man/man8/fpmd.8 usr/share/man/man5/fpmd.conf.5; do
	[[ -s $dest/$file ]] || fail "not installed: $file"
done
PATH=$fake:$PATH build uninstall
[[ ! -e $fake/called ]] || fail 'make install DESTDIR= changes this machine'
assert_eq 'left after uninstall' '' "$(left)"

build install
echo '; changed' >>"$dest/etc/fpmd/conf.d/www.conf"
build install
assert_contains 'a changed pool file after an upgrade' '; changed' "$(<"$dest/etc/fpmd/conf.d/www.conf")"
build uninstall
assert_eq 'left of a changed one' ./etc/fpmd/conf.d/www.conf "$(left)"
