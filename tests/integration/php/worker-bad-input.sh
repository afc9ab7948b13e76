#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# What a worker_script can do wrong: start and reload say why; a request that misbehaves is answered as in any pool, costs
# nobody else anything, and what comes next is served as if nothing had been.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

php_with_pcntl

# The pool's PHP has pcntl.
pool app <<-END
	$(without_backtraces)
	pm.max_children = 2
	php = 7.9
	worker_script = /srv/www/app/index.php
	worker_boot_timeout = 5s
	php_admin_value[error_log] = /dev/stderr
	php_admin_value[opcache.revalidate_freq] = 0
END

# script BOOT [LOOP]: how the application boots, and how it asks for requests.
script() {
	write_page app index.php <<-END
		<?php
		require __DIR__ . '/handler.php';
		\$n = 0;
		\$handler = function () { \$GLOBALS['n']++; handle(); };
		$1
		${2:-while (frankenphp_handle_request(\$handler));}
	END
}
write_page app handler.php <<-'END'
	<?php
	// Asks for the next request while one is handled; without worker mode at all.
	function ask($print = true) {
		try {
			frankenphp_handle_request(fn () => print('another'));
			$said = 'asked';
		} catch (RuntimeException $e) {
			$said = substr($e->getMessage(), -strlen('not in worker mode'));
		}
		if (!is_bool($print) || $print) echo "[$said]";
		return "[$said]";
	}
	function handle() {
		switch ($_GET['do'] ?? '') {
		case 'fork':
			echo 'parent ';
			$pid = pcntl_fork();
			if ($pid == 0) { echo 'child'; exit(7); }
			pcntl_waitpid($pid, $status);
			echo pcntl_wexitstatus($status);
			return;
		case 'fork-on':
			$pid = pcntl_fork();
			if ($pid == 0) { echo 'child'; return; }
			pcntl_waitpid($pid, $status);
			echo 'parent ', pcntl_wexitstatus($status);
			return;
		case 'fork-throw':
			$pid = pcntl_fork();
			if ($pid == 0) throw new Exception('thrown in a child');
			pcntl_waitpid($pid, $status);
			echo 'parent ', pcntl_wexitstatus($status);
			return;
		case 'stdin':
			if (defined('STDIN')) fclose(STDIN);
			fclose(fopen('php://stdin', 'r'));
			echo 'closed';
			return;
		case 'finish': echo 'early'; fastcgi_finish_request(); var_dump(fastcgi_finish_request()); echo 'late'; return;
		case 'buffers': for ($i = 0; $i < 100; $i++) ob_start(fn ($b) => $b . '.'); echo 'deep'; return;
		case 'system':
			var_dump(ini_set('opcache.memory_consumption', '8'), ini_set('memory_limit', 'nonsense'), ini_set('open_basedir', '/'),
				ini_set('disable_functions', 'strlen'), ini_set('enable_post_data_reading', '0'), ini_set('none', '1'));
			return;
		case 'memory-late':
			echo 'early';
			register_shutdown_function(function () { error_log('down once'); ini_set('memory_limit', '8M'); str_repeat('x', 1 << 26); });
			return;
		case 'fatal-late':
			echo 'early';
			register_shutdown_function(function () { error_log('down once'); eval('class A {} class A {}'); });
			return;
		case 'throw': throw new Exception('thrown');
		case 'throw-late': echo 'early'; register_shutdown_function(fn () => throw new Exception('late')); return;
		case 'throw-buffer': ob_start(fn ($b) => throw new Exception('in a buffer')); echo 'early'; return;
		case 'endless-buffer': ob_start(function ($b) { ob_start(); return $b; }); echo 'early'; return;
		case 'leave': for ($i = 0; $i < 100; $i++) { echo str_repeat('x', 10000); flush(); usleep(10000); } return;
		case 'destructor': $GLOBALS['object'] = new class { function __destruct() { echo 'destroyed'; throw new Exception('in a destructor'); } };
			unset($GLOBALS['object']); return;
		case 'suspend': echo 'suspended'; Fiber::suspend(); echo 'resumed'; return;
		case 'stack': $f = function () use (&$f) { $f(); }; $f(); return;
		case 'segv': posix_kill(getmypid(), 11); return;
		case 'close-all': for ($i = 3; $i < 200; $i++) @fclose(@fopen("php://fd/$i", 'r')); echo 'all'; return;
		case 'nested': ask(); return;
		case 'nested-generator': foreach ((function () { yield ask(); })() as $_); return;
		case 'nested-fiber': (new Fiber('ask'))->start(); return;
		case 'nested-destructor': $object = new class { function __destruct() { ask(); } }; unset($object); return;
		case 'nested-shutdown': register_shutdown_function('ask'); return;
		case 'nested-output': ob_start(fn ($b) => ask(false)); echo 'x'; return;
		case 'nested-handler': set_error_handler('ask'); echo $undefined; return;
		case 'nested-exception': set_exception_handler('ask'); throw new Exception('x');
		case 'nested-session': session_save_path('/tmp'); session_set_save_handler(new class extends SessionHandler {
			function close(): bool { ask(); return parent::close(); } }); session_start(); return;
		case 'nested-callback': array_map('ask', [1]); iterator_apply(new ArrayIterator([1]), 'ask'); return;
		case 'headers': header('X-A: b'); header_remove(); header("X-Bad: a\nb"); http_response_code(999); echo 'headers'; return;
		}
		echo 'n=', $GLOBALS['n'] ?? '';
	}
END
write_page app classic.php <<-'END'
	<?php
	require __DIR__ . '/handler.php';
	handle();
END
index() {
	fetch "http://app.test/index.php${1:+?do=$1}"
}
reload_refused() {
	assert_fails in_container systemctl reload fpmd@app.service
	wait_for 5 journal_has fpmd@app.service "$1"
	assert_matches "the old one serves" '^n=[0-9]' "$(index)"
}

### how the script is called

script ''
assert_matches "at first" '^n=1' "$(index)"
mv "$CONTAINER_ROOT/srv/www/app/index.php" "$CONTAINER_ROOT/srv/www/app/away.php"
assert_fails in_container systemctl reload fpmd@app.service
wait_for 5 journal_has fpmd@app.service "worker_script: cannot open /srv/www/app/index.php"
script 'if ('
reload_refused 'syntax error'
script '' 'return;'
reload_refused 'has ended before it asked for a request'
script '' 'echo "never asks";'
reload_refused 'never asks'
script 'exit(3);'
reload_refused 'does not boot'
script '' "while (frankenphp_handle_request('no such function'));"
reload_refused 'must be a valid callback'
script '' 'while (frankenphp_handle_request());'
reload_refused 'expects exactly 1 argument'
script '' "while (frankenphp_handle_request([\$handler, 'none']));"
reload_refused 'must be a valid callback'
script '' 'for (;;);'
reload_refused 'does not boot'

# Those work.
for loop in "class Asks { function __destruct() { global \$handler; while (frankenphp_handle_request(\$handler)); } } new Asks();" \
	"function loop() { global \$handler; while (frankenphp_handle_request(\$handler)) yield; } foreach (loop() as \$_);" \
	"(new Fiber(function () use (\$handler) { while (frankenphp_handle_request(\$handler)); }))->start();" \
	"\$f = new Fiber(function () use (\$handler) { while (frankenphp_handle_request(\$handler)) Fiber::suspend(); }); \$f->start(); while (!\$f->isTerminated()) \$f->resume();"; do
	script '' "$loop"
	in_container systemctl reload fpmd@app.service
	assert_matches "$loop" '^n=' "$(index)"
	assert_eq "$loop: throws" 500 "$(fetch_status 'http://app.test/index.php?do=throw')"
	assert_matches "$loop: exits" '^parent 7' "$(index fork)"
	assert_eq "$loop: out of memory" 200 "$(fetch_status 'http://app.test/index.php?do=finish')"
	for _ in 1 2 3 4 5 6; do assert_matches "$loop, more" '^n=' "$(index)"; done
done
# A handler that is suspended and never resumed: its script ends.
script '' "while (true) { \$f = new Fiber(fn () => frankenphp_handle_request(\$handler)); \$f->start(); if (!\$f->isTerminated()) break; if (!\$f->getReturn()) break; }"
in_container systemctl reload fpmd@app.service
assert_matches "fibers" '^n=' "$(index)"
assert_contains "suspended" suspended "$(index suspend)"
for _ in 1 2 3 4; do assert_matches "behind it" '^n=' "$(index)"; done
# In a destructor while the script ends.
# shellcheck disable=SC2016  # PHP
script 'class Late { function __destruct() { global $handler; for ($i = 0; $i < 5; $i++) frankenphp_handle_request($handler); } } $late = new Late();' \
	'frankenphp_handle_request($handler);'
in_container systemctl reload fpmd@app.service
for _ in 1 2 3 4 5; do assert_matches "late" '^n=1' "$(index)"; done
# A child of the boot that asks for requests, too.
script 'pcntl_fork();'
in_container systemctl reload fpmd@app.service
for _ in 1 2 3 4; do assert_matches "forked at boot" '^n=' "$(index)"; done

### what a handler does

script ''
in_container systemctl reload fpmd@app.service
answer() {
	fetch --include "http://app.test/$1.php?do=$2" | grep -v '^Date'
}
for how in fork fork-on fork-throw stdin finish buffers system memory-late fatal-late throw-late throw-buffer endless-buffer destructor stack \
	close-all headers; do
	assert_eq "$how as in any pool" "$(answer classic "$how")" "$(answer index "$how")"
	for _ in 1 2 3; do assert_matches "behind $how" '^n=[0-9]+$' "$(index)"; done
done
for how in '' -generator -fiber -destructor -shutdown -output -handler -exception -session -callback; do
	answer=$(index "nested$how")
	assert_matches "asks for a request in one: $how" '^(\[request is handled\])+$' "$answer"
	assert_eq "without worker mode: $how" "${answer//request is handled/not in worker mode}" "$(fetch "http://app.test/classic.php?do=nested$how")"
	assert_matches "behind nested$how" '^n=[0-9]+$' "$(index)"
done
for how in memory fatal; do
	before=$(journal_of fpmd@app.service | grep -c 'down once' || true)
	fetch_status "http://app.test/index.php?do=$how-late" >/dev/null
	sleep 0.3
	assert_eq "a shutdown function that fails is called once ($how)" $((before + 1)) "$(journal_of fpmd@app.service | grep -c 'down once')"
done

# Clients that leave in the middle: the script is not ended by it, and goes on.
fetch_first() {
	in_container sh -c 'curl --silent "http://app.test/index.php?do=leave" | head -c 20000 >/dev/null' || true
}
pids=$(workers_of app | sort | tr '\n' ' ')
for _ in 1 2 3 4; do fetch_first & done
wait
sleep 1.5
assert_matches "behind clients that left" '^n=[0-9]' "$(index)"
assert_eq "the processes stay" "$pids" "$(workers_of app | sort | tr '\n' ' ')"

# One that crashes is replaced.
assert_eq "crash" 502 "$(fetch_status 'http://app.test/index.php?do=segv')"
wait_for 5 index
assert_matches "behind a crash" '^n=' "$(index)"

# Forked out of one that has booted, of which no child of a script is taken for a worker.
echo 'worker_boot = zygote' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
in_container systemctl reload fpmd@app.service
for how in fork fork-on fork-throw stdin finish buffers memory-late fatal-late throw-buffer nested-fiber close-all segv; do
	fetch_status "http://app.test/index.php?do=$how" >/dev/null
	wait_for 5 index
	for _ in 1 2 3; do assert_matches "booted in the zygote, behind $how" '^n=[0-9]+$' "$(index)"; done
done

### without worker mode

pool plain
write_page plain index.php <<-'END'
	<?php
	echo function_exists('frankenphp_handle_request') ? 'there' : 'not there';
END
assert_eq "the functions are those of worker mode" 'not there' "$(fetch http://plain.test/index.php)"
