#!/bin/bash
# make install DESTDIR= puts everything in place, make uninstall takes all of it away again; a pool file
# that was changed stays.

source "${BASH_SOURCE[0]%/*}/lib.sh"
needs_fpmd

dest=$CONTAINER_ROOT/root/dest
build() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$FPMD_TEST_BUILD" --no-print-directory \
		"$@" DESTDIR="$dest" >/dev/null
}
left() {
	(cd "$dest" && find . ! -type d | sort)
}

# The catalog of the journal is brought up to date, but not for a package; that it cannot be does no harm.
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
printf '#!/bin/sh\necho "$@" >>%s/called\nexit 1\n' "$fake" >"$fake/journalctl"
chmod +x "$fake/journalctl"
for hook in install-data-hook uninstall-hook; do
	PATH=$fake:$PATH build "$hook"
	[[ ! -e $fake/called ]] || fail "$hook with DESTDIR updates the catalog of this machine"
	dest='' PATH=$fake:$PATH build "$hook"
	assert_eq "the catalog after $hook" '--update-catalog' "$(<"$fake/called")"
	rm "$fake/called"
done

mkdir "$dest"
PATH=$fake:$PATH build install
for file in usr/sbin/fpmd usr/libexec/fpmd/fpmd-php usr/lib/systemd/system/fpmd@.socket \
	usr/lib/systemd/system/fpmd@.service usr/lib/systemd/system/fpmd.target \
	usr/lib/systemd/system-generators/fpmd-generator etc/fpmd/conf.d/www.conf \
	usr/sbin/fpmd-exporter usr/lib/systemd/system/fpmd-exporter.socket \
	usr/lib/systemd/system/fpmd-exporter.service usr/share/man/man8/fpmd.8 usr/share/man/man5/fpmd.conf.5; do
	[[ -s $dest/$file ]] || fail "not installed: $file"
done
PATH=$fake:$PATH build uninstall
[[ ! -e $fake/called ]] || fail 'make install DESTDIR= updates the catalog of this machine'
assert_eq 'left after uninstall' '' "$(left)"

build install
echo '; changed' >>"$dest/etc/fpmd/conf.d/www.conf"
build install
assert_contains 'a changed pool file after an upgrade' '; changed' "$(<"$dest/etc/fpmd/conf.d/www.conf")"
build uninstall
assert_eq 'left of a changed one' ./etc/fpmd/conf.d/www.conf "$(left)"
