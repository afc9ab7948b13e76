#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 120 s
#
# worker_script over reloads: no request is lost, a script that does not boot refuses the reload at once, and at run time it
# is tried again while requests are answered by 503.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

script() {
	write_page app index.php <<-END
		<?php
		\$version = '$1';
		${2:-}
		while (frankenphp_handle_request(function () use (\$version) { echo \$version; })) {
			usleep(2000);
		}
	END
}

is_version() {
	[[ $(fetch http://app.test/) == "$1" ]]
}

script 1
pool app <<-'END'
	worker_script = /srv/www/app/index.php
	php_admin_value[opcache.revalidate_freq] = 0
END
script 1
assert_eq "first" 1 "$(fetch http://app.test/)"

### under load

load_begin http://app.test/ 4 6
for version in 2 3 4 5; do
	sleep 0.7
	script "$version"
	in_container systemctl reload fpmd@app.service
	wait_for 5 is_version "$version"
done
load_end "under reloads" 100

### refused

script 6 'throw new Exception("no boot");'
start=$EPOCHREALTIME
assert_fails in_container systemctl reload fpmd@app.service
took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
assert_at_most "milliseconds until the reload was refused" 3000 "$took"
assert_eq "the old one serves" 5 "$(fetch http://app.test/)"
wait_for 5 journal_has fpmd@app.service "does not boot"
journal_has fpmd@app.service "no boot" || fail "the journal does not say why"

script 6 'return;'
assert_fails in_container systemctl reload fpmd@app.service
assert_eq "the old one serves" 5 "$(fetch http://app.test/)"
script 6 'this is no PHP'
assert_fails in_container systemctl reload fpmd@app.service
assert_eq "the old one serves" 5 "$(fetch http://app.test/)"

echo 'worker_boot_timeout = 1s' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
script 6 'sleep(60);'
start=$EPOCHREALTIME
assert_fails in_container systemctl reload fpmd@app.service
took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
assert_at_most "milliseconds until the boot that hangs was refused" 5000 "$took"
assert_eq "the old one serves" 5 "$(fetch http://app.test/)"
script 6 'return;'

### a start, and later

in_container systemctl stop fpmd@app.service
answers_503() {
	[[ $(fetch_status http://app.test/) == 503 ]]
}
wait_for 15 answers_503
assert_eq "the words of it" 'The application does not start.' "$(fetch http://app.test/)"
# In another second than the version before, for opcache tells them apart by that.
sleep 1.1
script 7
wait_for 25 is_version 7
