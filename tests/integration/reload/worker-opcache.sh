#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 90 s
#
# worker_script and opcache_reset() from a handler under load: no worker is killed, no request is lost, and a new generation
# with fresh memory follows, whose workers are cached again.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

pool app <<-'END'
	worker_script = /srv/www/app/index.php
	php_admin_value[opcache.force_restart_timeout] = 2
END
write_page app index.php <<-'END'
	<?php
	while (frankenphp_handle_request(function () {
		if (isset($_GET['reset'])) {
			echo (int) opcache_reset();
			return;
		}
		usleep(1000);
		if (isset($_GET['status'])) {
			$s = opcache_get_status(false);
			echo ini_get('opcache.force_restart_timeout'), (int) $s['restart_pending'], (int) $s['cache_full'],
				' ', $s['opcache_statistics']['num_cached_scripts'];
		}
	}));
END

assert_matches "cached" '^000 [1-9]' "$(fetch http://app.test/?status)"
first=$(zygote_of app)
load_begin http://app.test/ 4 8
sleep 0.5
assert_eq "reset" 1 "$(fetch 'http://app.test/?reset')"
wait_for 6 another_zygote app "$first"
sleep 3 # opcache would have killed by now
second=$(zygote_of app)
load_end "under opcache_reset()" 100
assert_matches "cached again" '^000 [1-9]' "$(fetch http://app.test/?status)"
assert_eq "one new generation" "$second" "$(zygote_of app)"
journal_has fpmd@app.service "opcache has to restart" || fail "the journal says nothing"
if journal_has fpmd@app.service "died"; then fail "a worker died"; fi
