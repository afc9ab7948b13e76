#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 90 s
#
# worker_warmup: a request of our own before the first client's. What it sets is what all begin with, nobody is shown it, and
# an application that ends in it does not serve.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

script() {
	write_page app index.php <<-END
		<?php
		\$_ENV['BOOT'] = 'booted';
		ini_set('user_agent', 'of the boot');
		\$n = 0;
		\$seen = [];
		while (frankenphp_handle_request(function () use (&\$n, &\$seen) {
			if (\$n++ === 0) {
				$1
				date_default_timezone_set('Asia/Tokyo');
				ini_set('precision', '5');
				set_error_handler(fn () => true);
				register_shutdown_function(fn () => print('[never in an answer]'));
				\$seen = [\$_SERVER['REQUEST_URI'], \$_GET, \$_SERVER['SCRIPT_NAME'], \$_SERVER['HTTP_HOST']];
				http_response_code(404);
				echo str_repeat('x', 1 << 20);
				return;
			}
			echo json_encode([\$n, \$seen, date_default_timezone_get(), ini_get('precision'),
				is_object(set_error_handler(null)), \$_ENV['BOOT'] ?? null, connection_status(), ini_get('user_agent')]);
			eval('\$unused = \$_ENV["none"] ?? null;');
			date_default_timezone_set('Europe/Paris');
			ini_set('precision', '6');
		}));
	END
}

script ''
pool app <<-'END'
	pm.max_children = 1
	worker_script = /srv/www/app/index.php
	worker_warmup = /warm/up
	access.log = journal
	access.format = "line of %r"
END
script ''
expected='["\/warm\/up",[],"\/index.php","localhost"],"Asia\/Tokyo","5",true,"booted",0,"of the boot"]'
assert_eq "first client" "[2,$expected" "$(fetch http://app.test/)"
assert_eq "second client" "[3,$expected" "$(fetch http://app.test/)"
wait_for 5 journal_has fpmd@app.service "worker_warmup: /warm/up is answered by 404"
wait_for 5 journal_has fpmd@app.service "line of /"
if journal_has fpmd@app.service "line of /warm"; then fail "the warm-up is in the access log"; fi
assert_contains "requests counted" '"requests":2,' "$(in_container fpmctl status --json app | tr -d ' \n')"

script 'exit;'
assert_fails in_container systemctl reload fpmd@app.service
journal_has fpmd@app.service "has ended in the request of worker_warmup" || fail "the journal does not say why"
assert_contains "the old one serves" 'Tokyo' "$(fetch http://app.test/)"
script "ini_set('memory_limit', '3M'); str_repeat('x', 1 << 24);"
assert_fails in_container systemctl reload fpmd@app.service
assert_contains "the old one serves" 'Tokyo' "$(fetch http://app.test/)"

# What the script has set stays, where nothing is set back; so over each further request.
write_page app index.php <<-'END'
	<?php
	ini_set('precision', '11');
	while (frankenphp_handle_request(function () {
		echo ini_get('precision'), ini_get('user_agent');
		if (isset($_GET['set'])) ini_set('user_agent', ' of a request');
	}));
END
echo 'worker_restore = no' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
in_container systemctl reload fpmd@app.service
assert_eq "nothing set back: at first" 11 "$(fetch http://app.test/?set)"
for _ in 1 2 3; do assert_eq "nothing set back" '11 of a request' "$(fetch http://app.test/)"; done
