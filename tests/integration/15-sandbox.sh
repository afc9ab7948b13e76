#!/bin/bash
# The shipped units are correct and closed: systemd-analyze verify has nothing to say, and its exposure
# level of the service stays under 4.0 (php-fpm's upstream unit has 6.7, Debian's 9.6).

source "${BASH_SOURCE[0]%/*}/lib.sh"
needs_fpmd

pool sandbox
units=/usr/lib/systemd/system
complaints=$(in_container systemd-analyze verify --man=no fpmd@sandbox.service fpmd@sandbox.socket \
	fpmd.target 2>&1 | grep fpmd || true)
assert_eq 'systemd-analyze verify' '' "$complaints"

in_container systemd-analyze security --no-pager --threshold=40 fpmd@sandbox.service |
	grep -E '✗|→|Overall' || true
in_container systemd-analyze security --no-pager --threshold=40 fpmd@sandbox.service >/dev/null ||
	fail 'the exposure level is above 4.0'

for unit in fpmd@.service fpmd@.socket fpmd.target; do
	assert_lacks "$unit" '@sbindir@' "$(in_container cat "$units/$unit")"
done
