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

mkdir "$dest"
build install
for file in usr/sbin/fpmd usr/libexec/fpmd/fpmd-php usr/lib/systemd/system/fpmd@.socket \
	usr/lib/systemd/system/fpmd@.service usr/lib/systemd/system/fpmd.target \
	usr/lib/systemd/system-generators/fpmd-generator etc/fpmd/conf.d/www.conf \
	usr/sbin/fpmd-exporter usr/lib/systemd/system/fpmd-exporter.socket \
	usr/lib/systemd/system/fpmd-exporter.service usr/share/man/man8/fpmd.8 usr/share/man/man5/fpmd.conf.5; do
	[[ -s $dest/$file ]] || fail "not installed: $file"
done
build uninstall
assert_eq 'left after uninstall' '' "$(left)"

build install
echo '; changed' >>"$dest/etc/fpmd/conf.d/www.conf"
build install
assert_contains 'a changed pool file after an upgrade' '; changed' "$(<"$dest/etc/fpmd/conf.d/www.conf")"
build uninstall
assert_eq 'left of a changed one' ./etc/fpmd/conf.d/www.conf "$(left)"
