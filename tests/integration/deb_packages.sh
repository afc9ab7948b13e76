# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# deb_packages.sh: Debian packages of the build, in a container in which nothing of it was installed. Behind lib.sh:
#
#     source "${BASH_SOURCE[0]%/*}/../deb_packages.sh"
#
# DEBS has the packages in the versions 0.1.0+1 and 0.1.0+2, two builds of one tree, which are made behind other tests that
# run. FPMD_TEST_DEBS names a folder that has them already. What the runner had installed is there again when the test
# ends.

needs_fpmd
needs_no_sanitizer
for tool in dh lintian dpkg-buildpackage; do
	command -v $tool >/dev/null || skip "$tool is missing; Debian: apt install debhelper lintian"
done

DEBS=${FPMD_TEST_DEBS:-$FPMD_TEST_BUILD/build-deb/test}
build_make() {
	nice -n 19 env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$FPMD_TEST_BUILD" --no-print-directory "$@"
}

# Built once in each run of the tests.
build_debs() {
	[[ -z ${FPMD_TEST_DEBS:-} ]] || return 0
	[[ $(cat "$DEBS/of" 2>/dev/null) != "$CONTAINER_INIT" ]] || return 0
	build_make deb DEB_VERSION=0.1.0+1 >"$FPMD_TEST_BUILD/build-deb.log" 2>&1 || fail "$(tail -n 40 "$FPMD_TEST_BUILD/build-deb.log")"
	mkdir -p "$DEBS"
	mv "$FPMD_TEST_BUILD"/build-deb/*_0.1.0+1_* "$DEBS"
	DEBFULLNAME='Ann & Bob' DEBEMAIL=packages@example.org \
		build_make deb DEB_VERSION=0.1.0+2 DEB_QUICK=1 >"$FPMD_TEST_BUILD/build-deb.log" 2>&1 ||
		fail "$(tail -n 40 "$FPMD_TEST_BUILD/build-deb.log")"
	mv "$FPMD_TEST_BUILD"/build-deb/*_0.1.0+2_* "$DEBS"
	echo "$CONTAINER_INIT" >"$DEBS/of"
	rm "$FPMD_TEST_BUILD/build-deb.log"
}

# install_debs VERSION PACKAGE…: asks nothing, and keeps what the administrator has changed.
install_debs() {
	local version=$1 files=()
	shift

	for package; do
		files+=("/srv/debs/${package}_${version}_"*.deb)
	done
	in_container sh -c 'exec dpkg --install --force-confdef --force-confold $*' sh "${files[@]}"
}

put_back() {
	in_container dpkg --purge fpmd-php-fpm-compat fpmd-exporter "fpmd-php$FPMD_TEST_PHP" fpmd || true
	container_install "$FPMD_TEST_BUILD"
} >/dev/null 2>&1

# A package of another name like that which is installed: its files and scripts, a higher version.
# repack PACKAGE VERSION
repack() {
	local folder=/srv/debs/$1.new

	# shellcheck disable=SC2016
	in_container sh -ec '
		mkdir -p "$3/DEBIAN"
		dpkg-query --listfiles "$1" | grep "^/" | while read -r file; do
			real=$(dpkg-divert --truename "$file")
			[ ! -f "$real" ] || [ -L "$real" ] || install -D --preserve-timestamps --mode=$(stat -c %a "$real") "$real" "$3$file"
		done
		for script in preinst postinst prerm postrm triggers conffiles; do
			[ ! -e "/var/lib/dpkg/info/$1.$script" ] || cp -p "/var/lib/dpkg/info/$1.$script" "$3/DEBIAN/$script"
		done
		dpkg-query --status "$1" | sed "/^Status:/d; /^Conffiles:/,/^[^ ]/{/^Conffiles:/d; /^ /d}; s/^Version:.*/Version: $2/" >"$3/DEBIAN/control"
		dpkg-deb --build "$3" "$3.deb"' sh "$1" "$2" "$folder" >/dev/null
	echo "$folder.deb"
}

build_debs
trap put_back EXIT
build_make uninstall DESTDIR="$CONTAINER_ROOT" >/dev/null
# Indexing all man pages takes longer than the tests.
rm -f "$CONTAINER_ROOT/usr/sbin/policy-rc.d" "$CONTAINER_ROOT/var/lib/man-db/auto-update"
in_container systemctl daemon-reload
mkdir -p "$CONTAINER_ROOT/srv/debs"
cp "$DEBS"/*.deb "$CONTAINER_ROOT/srv/debs"
