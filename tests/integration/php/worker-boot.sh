#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 120 s
#
# worker_boot: the application boots once, in the zygote, and workers are forked out of it; not where the boot opens what they
# must not share, and then each boots for itself, or the pool does not start.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

# script PHP: what it does while it boots.
script() {
	write_page app index.php <<-END
		<?php
		$1
		\$boot = getmypid();
		\$n = 0;
		while (frankenphp_handle_request(function () use (\$boot, &\$n) {
			\$n++;
			switch (\$_GET['do'] ?? '') {
			case 'exit': echo 'bye'; exit;
			case 'oom': ini_set('memory_limit', '4M'); str_repeat('x', 1 << 25);
			case 'time': set_time_limit(1); for (;;);
			case 'slow': usleep(50000);
			}
			echo json_encode([\$boot === getmypid(), \$n, mt_rand(), getmypid(), \$boot]);
		}));
	END
}

boots_in_worker() {
	fetch http://app.test/ | sed 's/^\[\([a-z]*\).*/\1/'
}

### in the zygote

script ''
pool app <<-'END'
	worker_script = /srv/www/app/index.php
	worker_boot = auto
	worker_warmup = /warm
	pm.status_path = /status
	pm.status_listen = /run/fpmd/app-status.sock
	php_admin_value[opcache.revalidate_freq] = 0
END
script ''
assert_eq "boots in the zygote" false "$(boots_in_worker)"
assert_eq "of which it is" "$(fetch http://app.test/ | grep -o '[0-9]*\]' | tr -d ']')" \
	"$(in_container sh -c "awk '/^NSpid/ {print \$NF}' /proc/$(zygote_of app)/status")"
random=$(for _ in 1 2 3 4 5 6; do fetch http://app.test/ | cut -d, -f3; done | sort -u | wc -l)
assert_eq "random numbers" 6 "$random"
assert_eq "exit" bye "$(fetch 'http://app.test/?do=exit')"
assert_eq "memory" 500 "$(fetch_status 'http://app.test/?do=oom')"
assert_eq "time" 500 "$(fetch_status 'http://app.test/?do=time')"
wait_for 5 test "$(boots_in_worker)" = false
assert_contains "status page" 'accepted conn' "$(fetch http://app.test/status)"

load_begin 'http://app.test/?do=slow' 4 5
for _ in 1 2 3; do
	sleep 0.8
	in_container systemctl reload fpmd@app.service
	fetch 'http://app.test/?do=exit' >/dev/null
done
load_end "reloads and exits" 50
assert_eq "boots in the zygote" false "$(boots_in_worker)"

### what must not be shared

for opened in "\$c = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);" \
	"\$c = fopen('/tmp/database', 'c+');" "\$c = stream_socket_server('tcp://127.0.0.1:0');"; do
	script "$opened"
	in_container systemctl reload fpmd@app.service
	assert_eq "boots in each worker: $opened" true "$(boots_in_worker)"
done
journal_has fpmd@app.service "does not boot in the zygote, because it has opened" || fail "the journal does not say why"

sed -i 's/^worker_boot.*/worker_boot = zygote/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
assert_fails in_container systemctl reload fpmd@app.service
assert_eq "the old one serves" true "$(boots_in_worker)"
script 'throw new Exception("no boot");'
assert_fails in_container systemctl reload fpmd@app.service
script ''
in_container systemctl reload fpmd@app.service
assert_eq "boots in the zygote" false "$(boots_in_worker)"
