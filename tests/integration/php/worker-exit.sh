#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 120 s
#
# exit() in worker mode ends the request: the answer is as without it, objects are destroyed, and the script goes on, unless
# exit() has passed over a finally block or a catch block of all exceptions; then it boots again, as with
# worker_exit_continue = no. The same of code that the JIT has compiled. And what fpmd_on_idle() is for.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

pool app <<-'END'
	pm.max_children = 1
	worker_script = /srv/www/app/index.php
	php_admin_value[opcache.jit_buffer_size] = 16M
	php_admin_value[opcache.jit] = tracing
END
write_page app handler.php <<-'END'
	<?php
	class Guard { function __destruct() { echo '[gone]'; } }
	function leave($what = 'bye') { exit($what); }
	function leave_in_generator() { yield 1; leave(); }
	function handle() {
		switch ($_GET['do'] ?? '') {
		case 'exit': exit;
		case 'text': leave();
		case 'status': leave(3);
		case 'error': echo 'x'; leave(255);
		case 'object': $guard = new Guard(); leave();
		case 'shutdown': register_shutdown_function(fn () => leave('[down]')); echo 'up'; return;
		case 'both': register_shutdown_function(fn () => leave('[down]')); leave();
		case 'generator': foreach (leave_in_generator() as $x); break;
		case 'callback': array_map('leave', ['called']); break;
		case 'buffer': ob_start(); echo 'kept'; leave();
		case 'narrow': try { leave(); } catch (TypeError $e) { echo 'caught'; } break;
		case 'behind': try { echo 'a'; } catch (Throwable $e) {} finally { echo 'f'; } leave();
		case 'catching': try { throw new Exception(); } catch (Throwable $e) { leave(); } break;
		case 'finally': try { leave(); } finally { echo 'cleaned'; } break;
		case 'caught': try { leave(); } catch (Throwable $e) { echo 'caught'; } break;
		case 'rethrown': try { throw new Exception(); } catch (TypeError $e) {} catch (Exception $e) { leave(); } finally { echo 'f'; } break;
		case 'second': try { leave(); } catch (TypeError $e) {} catch (\Error $e) { echo 'caught'; } break;
		case 'outer': outer(); break;
		case 'fiber': (new Fiber('leave'))->start(); break;
		case 'hot': for ($i = $s = 0; $i < 200000; $i++) { $s += $i % 7; if ($i == 190000) leave((string) $s); } break;
		}
		echo $GLOBALS['n'] ?? '';
	}
	function outer() { try { inner(); } finally { echo 'cleaned'; } }
	function inner() { leave(); }
END
write_page app index.php <<-'END'
	<?php
	require __DIR__ . '/handler.php';
	$n = 0;
	while (frankenphp_handle_request(function () { $GLOBALS['n']++; handle(); }));
END
write_page app classic.php <<-'END'
	<?php
	require __DIR__ . '/handler.php';
	handle();
END

number() {
	fetch 'http://app.test/index.php'
}
both() {
	assert_eq "$1 as in any pool" "$(fetch --include "http://app.test/classic.php?do=$1" | grep -v ^Date)" \
		"$(fetch --include "http://app.test/index.php?do=$1" | grep -v ^Date)"
}
goes_on() {
	for how; do
		both "$how"
		before=$(number)
		fetch "http://app.test/index.php?do=$how" >/dev/null
		assert_eq "goes on behind $how" $((before + 2)) "$(number)"
	done
}
boots_again() {
	for how; do
		both "$how"
		number >/dev/null
		fetch "http://app.test/index.php?do=$how" >/dev/null
		assert_eq "boots again behind $how" 1 "$(number)"
	done
}

goes_on exit text status object shutdown both generator callback buffer narrow behind catching fiber hot hot
boots_again error finally caught rethrown second outer

sed -i 's/^worker_script.*/&\nworker_exit_continue = no/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
in_container systemctl reload fpmd@app.service
boots_again exit shutdown
sed -i 's/^worker_exit_continue.*/worker_exit_continue = yes/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
in_container systemctl reload fpmd@app.service
goes_on exit finally outer
boots_again error
sed -i 's/^worker_exit_continue.*/worker_exit_continue = perhaps/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
assert_fails in_container systemctl reload fpmd@app.service

### while no request comes

write_page app index.php <<-'END'
	<?php
	echo "greetings from the boot\n";
	$n = $ticks = 0;
	while (frankenphp_handle_request(function () use (&$n, &$ticks) {
		echo ++$n, ' ', $ticks, ' ', ini_get('precision'), ' ', getmypid();
		if (isset($_GET['do']))
			fpmd_on_idle($_GET['do'] == 'none' ? null : function () use (&$ticks) {
				$ticks++;
				ini_set('precision', '3');
				echo "greetings from the tick\n";
				if ($_GET['do'] == 'throw') throw new Exception('thrown in a tick');
				if ($_GET['do'] == 'exit') exit;
				if ($_GET['do'] == 'hang') sleep(60);
				if ($_GET['do'] == 'nested') frankenphp_handle_request(fn () => 1);
			});
	}));
END
sed -i 's/^worker_exit_continue.*/worker_idle_tick = 1s\nworker_boot_timeout = 2s/' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
in_container systemctl reload fpmd@app.service
wait_for 5 journal_has fpmd@app.service "greetings from the boot"
ask() {
	fetch "http://app.test/index.php${1:+?do=$1}"
}
ticks() {
	ask | cut -d' ' -f2
}
ask >/dev/null
sleep 1.3
assert_eq "no function, no tick" '2 0 14' "$(ask tick | cut -d' ' -f1-3)"
sleep 2.5
n=$(ticks)
((n >= 1 && n <= 3)) || fail "ticks: $n"
assert_eq "what a tick changes is given back" 14 "$(ask | cut -d' ' -f3)"
wait_for 5 journal_has fpmd@app.service "greetings from the tick"
ask throw >/dev/null
wait_for 5 journal_has fpmd@app.service "thrown in a tick"
assert_matches "goes on behind an exception in a tick" '^[5-9] ([2-9]|[1-9][0-9]) ' "$(ask none)"
n=$(ticks)
sleep 1.3
assert_eq "taken away" "$n" "$(ticks)"
ask exit >/dev/null
sleep 1.5
assert_matches "boots again behind exit in a tick" '^1 0 ' "$(ask)"
ask nested >/dev/null
wait_for 5 journal_has fpmd@app.service "called while a request is handled"
pid=$(ask hang | cut -d' ' -f4)
wait_for 10 in_container sh -c "! kill -0 $pid 2>/dev/null"
assert_matches "another one behind a tick that hangs" '^1 0 ' "$(ask)"
assert_contains "requests alone are counted" '"requests":' "$(in_container fpmctl status --json app | tr -d ' \n')"
