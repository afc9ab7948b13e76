#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# What any pool has, a pool with worker_script has, too: slow log, fpmctl trace, request_terminate_timeout, memory_limit,
# pm.max_requests, pm.max_worker_memory, a drain, kept connections, pm.queue_timeout, access log, status and ping; also booted in
# the zygote, in a chroot, with opcache.preload and the JIT.

# shellcheck disable=SC2016  # PHP
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

jail=/srv/jail
slow=cb04314e51044df39d6464b06320464f    # request-slow
timeout=ba8211834ab34805947355b11b3caf81 # request-timeout

# application FOLDER
application() {
	mkdir -p "$CONTAINER_ROOT$1"
	cat >"$CONTAINER_ROOT$1/app.php" <<-'END'
		<?php
		class Order {
			public function pay($card) { usleep(1000 * (int) ($_GET['ms'] ?? 2000)); }
		}
		function checkout($card) { (new Order)->pay($card); }
		$n = 0;
		$keep = [];
		while (frankenphp_handle_request(function () use (&$n, &$keep) {
			$n++;
			switch ($_GET['do'] ?? '') {
			case 'sleep': checkout('4111111111111111'); break;
			case 'spin': for ($end = hrtime(true) + 3e10; hrtime(true) < $end;); break;
			case 'oom': ini_set('memory_limit', '5M'); str_repeat('x', 1 << 25); break;
			case 'grow': ini_set('memory_limit', -1); for ($i = 0; $i < 12; $i++) $keep[] = str_repeat(chr($i), 1 << 20); break;
			case 'pid': echo getmypid(); return;
			case 'what': echo (int) class_exists('Preloaded', false), ' ', (int) (opcache_get_status(false)['jit']['on'] ?? 0), ' ',
				(int) is_dir('/proc/self'), ' ', (int) ($GLOBALS['boot'] === getmypid()); return;
			}
			echo "n=$n";
		}));
	END
	sed -i 's/^\$n = 0;/$n = 0; $boot = getmypid();/' "$CONTAINER_ROOT$1/app.php"
	echo '<?php class Preloaded {}' >"$CONTAINER_ROOT/srv/preload.php"
	cp "$CONTAINER_ROOT/srv/preload.php" "$CONTAINER_ROOT$1/preload.php"
	find "$CONTAINER_ROOT$1" -exec touch -d '1 hour ago' {} +
}

# start NAME LINES SCRIPT
start() {
	write_pool "$1" <<-END
		user = alice
		group = alice
		pm = static
		pm.max_children = 2
		pm.status_path = /status
		ping.path = /ping
		access.log = /var/log/$1.access
		access.format = "%m %r%Q%q %s %{X-N}o %P"
		worker_script = $3
		worker_paths = *
		request_slowlog_timeout = 1s
		request_terminate_timeout = 3s
		$2
	END
	site "$1"
	sed -i "s,fastcgi_pass ,fastcgi_param SCRIPT_FILENAME $3; fastcgi_pass ," "$CONTAINER_ROOT/etc/nginx/sites-enabled/$1.conf"
	start_nginx
	in_container systemctl start "fpmd@$1.socket"
}
page() {
	fetch "http://$pool.test/page${1:+?$1}"
}
entry() {
	in_container journalctl --sync
	in_container journalctl --quiet --unit="fpmd@$pool.service" --output=json --no-pager "FPMD_POOL=$pool" "MESSAGE_ID=$1"
}

check() {
	local pid answer

	assert_eq "$pool: first" "n=$1" "$(page)"
	assert_eq "$pool: ping" pong "$(fetch "http://$pool.test/ping")"
	assert_contains "$pool: status" "pool:                 $pool" "$(fetch "http://$pool.test/status")"

	# slow, and where
	page 'do=sleep' >"$CONTAINER_ROOT/srv/answer" &
	sleep 0.5
	assert_contains "$pool: trace" 'Order::pay' "$(in_container fpmctl trace "$pool")"
	assert_contains "$pool: requests" '/page?do=sleep' "$(in_container fpmctl requests "$pool")"
	wait
	assert_matches "$pool: answered" '^n=' "$(<"$CONTAINER_ROOT/srv/answer")"
	assert_contains "$pool: slow" 'Order::pay' "$(entry $slow)"
	assert_contains "$pool: slow, the loop" 'frankenphp_handle_request' "$(entry $slow)"

	# too long
	for how in sleep spin; do
		assert_matches "$pool: $how is ended" '^50[24]$' "$(fetch_status "http://$pool.test/page?do=$how&ms=20000")"
		assert_matches "$pool: behind it" '^n=' "$(page)"
	done
	assert_contains "$pool: ended" 'Order::pay' "$(entry $timeout)"

	# memory
	assert_eq "$pool: memory_limit" 500 "$(fetch_status "http://$pool.test/page?do=oom")"
	for _ in 1 2 3; do assert_matches "$pool: behind it" '^n=' "$(page)"; done
	for _ in 1 2 3 4; do page do=grow >/dev/null; done
	wait_for 5 journal_has "fpmd@$pool.service" 'beyond pm.max_worker_memory'
	for _ in 1 2 3; do assert_matches "$pool: behind it" '^n=' "$(page)"; done

	# the access log
	fetch "http://$pool.test/logged?a=b" >/dev/null
	fetch --head "http://$pool.test/logged" >/dev/null
	wait_for 5 grep -q '^GET .*?a=b 200 - ' "$CONTAINER_ROOT/var/log/$pool.access"
	wait_for 5 grep -q '^HEAD .* 200 - ' "$CONTAINER_ROOT/var/log/$pool.access"

	# what runs at a reload is answered
	page 'do=sleep&ms=1500' >"$CONTAINER_ROOT/srv/answer" &
	sleep 0.3
	in_container systemctl reload "fpmd@$pool.service"
	assert_eq "$pool: another boot" "n=$1" "$(page)"
	wait
	assert_matches "$pool: drained" '^n=' "$(<"$CONTAINER_ROOT/srv/answer")"

	# max_requests and reloads under load, on kept connections
	sed -i "s/^request_slowlog.*/pm.max_requests = 50/; s/^pm.max_worker_memory.*//" "$CONTAINER_ROOT/etc/fpmd/conf.d/$pool.conf"
	in_container systemctl reload "fpmd@$pool.service"
	cat >"$CONTAINER_ROOT/etc/nginx/conf.d-kept" <<-END
		upstream $pool-kept { server unix:/run/fpmd/$pool.sock; keepalive 4; }
	END
	cat "$CONTAINER_ROOT/etc/nginx/conf.d-kept" >>"$CONTAINER_ROOT/etc/nginx/sites-enabled/$pool.conf"
	sed -i "s,fastcgi_pass unix[^;]*;,fastcgi_keep_conn on; fastcgi_pass $pool-kept;," "$CONTAINER_ROOT/etc/nginx/sites-enabled/$pool.conf"
	start_nginx
	sleep 0.3
	load_begin "http://$pool.test/page?do=sleep&ms=2" 4 3
	sleep 1
	in_container systemctl reload "fpmd@$pool.service"
	load_end "$pool: max_requests and a reload" 100
	answer=$(page)
	((${answer#n=} <= 60)) || fail "$pool: pm.max_requests: $answer"

	# late
	sed -i "s/^pm.max_requests.*/pm.queue_timeout = 1s/" "$CONTAINER_ROOT/etc/fpmd/conf.d/$pool.conf"
	in_container systemctl reload "fpmd@$pool.service"
	answer=$(burst "http://$pool.test/page?do=sleep&ms=700" 8)
	assert_contains "$pool: queue_timeout" '"503"' "$answer"
	assert_contains "$pool: those in time" '"200"' "$answer"
	assert_contains "$pool: requests counted" '"requests":' "$(in_container fpmctl status --json "$pool" | tr -d ' \n')"
}

pool=each
application /srv/www/each
start each 'pm.max_worker_memory = 30M' /srv/www/each/app.php
assert_eq "plain" '0 0 1 1' "$(page do=what)"
in_container systemctl restart fpmd@each.service
check 1

pool=jail
application $jail/www
start jail "pm.max_worker_memory = 30M
chroot = $jail
worker_boot = zygote
worker_warmup = /warm
php_admin_value[opcache.preload] = /srv/preload.php
php_admin_value[opcache.jit_buffer_size] = 16M
php_admin_value[opcache.jit] = tracing" /www/app.php
assert_eq "preloaded, the JIT is on, no /proc, booted elsewhere" '1 1 0 0' "$(page do=what)"
in_container systemctl restart fpmd@jail.service
check 2 # behind the warm-up
