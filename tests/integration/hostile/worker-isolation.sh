#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 240 s
#
# worker_script: two visitors whose requests are interleaved over 4 workers see nothing of each other, and find PHP and its
# process as at the start, whatever the one before has changed, thrown, or not come to the end of.
# FPMD_TEST_REQUESTS=20000 for more than the usual.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

pool app <<-'END'
	pm.max_children = 4
	worker_script = /srv/www/app/index.php
END
write_page app index.php <<-'END'
	<?php
	setlocale(LC_ALL, 'C');
	set_error_handler(fn () => false);
	ini_set('serialize_precision', '12');
	function stack_of(callable $set, callable $restore): array {
		$all = [];
		for ($i = 0; $i < 5; $i++) {
			$all[] = is_object($h = $set(null)) ? 'closure' : $h;
			$restore();
			break;
		}
		return $all;
	}
	function process(): array {
		return ['ini' => array_map(fn ($e) => $e['local_value'], ini_get_all()), 'locale' => setlocale(LC_ALL, '0'),
			'zone' => date_default_timezone_get(), 'env' => [getenv('MARK'), getenv('TZ'), getenv('HOME'), strftime_zone()], 'cwd' => getcwd(), 'umask' => umask(),
			'errors' => stack_of('set_error_handler', 'restore_error_handler'),
			'exceptions' => stack_of('set_exception_handler', 'restore_exception_handler'),
			'wrappers' => stream_get_wrappers(), 'filters' => stream_get_filters(),
			'context' => stream_context_get_options(stream_context_get_default()),
			'libxml' => function_exists('libxml_use_internal_errors') ? libxml_use_internal_errors() : 0,
			'assert' => assert_options(ASSERT_CALLBACK), 'last' => error_get_last(), 'level' => ob_get_level(),
			'reporting' => error_reporting(), 'status' => http_response_code(), 'headers' => headers_list(),
			'ENV' => $_ENV, 'mb' => function_exists('mb_internal_encoding') ? [mb_internal_encoding(), mb_language(),
			mb_substitute_character(), mb_detect_order(), mb_http_output()] : 0, 'gc' => gc_enabled(),
			'json' => json_last_error(), 'preg' => preg_last_error(), 'sid' => session_id(), 'sst' => session_status(),
			'files' => $_FILES, 'limit' => posix_getrlimit()['soft openfiles'], 'abort' => connection_status()];
	}
	function strftime_zone(): string { return (string) @strftime('%Z', 0); }
	function change(string $mark): void {
		foreach (['precision' => 3, 'memory_limit' => '99M', 'display_errors' => '1', 'max_execution_time' => 77,
			'default_socket_timeout' => 3, 'user_agent' => $mark, 'default_charset' => $mark, 'include_path' => "/$mark",
			'error_prepend_string' => $mark, 'auto_detect_line_endings' => '1', 'zend.enable_gc' => '0'] as $k => $v)
			@ini_set($k, $v);
		putenv("MARK=$mark"); putenv('TZ=Asia/Tokyo'); $_ENV['MARK'] = $mark; $_SERVER['MARK'] = $mark; chdir('/tmp'); umask(0);
		setlocale(LC_ALL, 'C.UTF-8'); date_default_timezone_set('Asia/Tokyo'); error_reporting(0); set_include_path("/$mark");
		set_error_handler(fn () => true); set_exception_handler(fn () => print($mark)); restore_error_handler();
		restore_error_handler(); set_error_handler(fn () => true);
		stream_wrapper_unregister('ftp'); stream_wrapper_register('mark', Wrapper::class); stream_filter_register('mark.*', Filter::class);
		stream_context_set_default(['http' => ['header' => $mark]]); assert_options(ASSERT_CALLBACK, fn () => print($mark));
		if (function_exists('libxml_use_internal_errors')) libxml_use_internal_errors(true);
		if (function_exists('mb_internal_encoding')) { mb_internal_encoding('SJIS'); mb_language('ja'); mb_substitute_character('none');
			mb_detect_order('ASCII'); mb_http_output('SJIS'); }
		@trigger_error($mark); json_decode('{'); @preg_match('/(?:\D+|<\d+>)*[!?]/', str_repeat('foobar', 99)); gc_disable();
		header("X-Mark: $mark"); header_register_callback(fn () => header('X-Late: 1')); http_response_code(200);
		output_add_rewrite_var('mark', $mark); mt_srand(4711); ignore_user_abort(false);
		posix_setrlimit(POSIX_RLIMIT_NOFILE, 333, (int) posix_getrlimit()['hard openfiles']);
	}
	class Wrapper { public $context; }
	class Filter extends php_user_filter {}
	$handler = function () {
		$mark = $_GET['mark'] ?? ''; // none in the warm-up
		$_GET += ['do' => 'show', 'mark' => ''];
		$state = ['cookie' => $_COOKIE['mark'] ?? null, 'get' => $_GET['mark'] ?? null, 'post' => $_POST['field'] ?? null,
			'session' => null, 'process' => process()];
		switch ($_GET['do']) {
		case 'session':
		case 'post':
			session_start();
			$state['session'] = $_SESSION['mark'] ?? null;
			$_SESSION['mark'] = $mark;
			break;
		}
		echo json_encode($state);
		switch ($_GET['do']) {
		case 'change': change($mark); break;
		case 'throw': change($mark); ob_clean(); throw new Exception("thrown $mark");
		case 'exit': change($mark); exit;
		case 'oom': ini_set('memory_limit', '16M'); $x = str_repeat($mark, 1 << 24); break;
		case 'finish': change($mark); fastcgi_finish_request(); echo $mark; break;
		case 'buffers': for ($i = 0; $i < 20; $i++) ob_start(fn ($b) => $b); break;
		case 'shutdown': register_shutdown_function(fn () => print(" $mark")); register_shutdown_function('change', $mark); break;
		}
	};
	while (frankenphp_handle_request($handler))
		echo $_GET['mark'];
END

interleave() {
	local result

	fetch 'http://app.test/index.php?do=show&mark=mark-a' >/dev/null
	result=$(in_container python3 "$TOOLS/isolation.py" app.test "${FPMD_TEST_REQUESTS:-4000}" 6) || fail "${result:0:3000}"
	echo "$1: $result"
}

interleave "booted in each worker"
cat >>"$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf" <<-'END'
	worker_boot = zygote
	worker_warmup = /index.php
END
in_container systemctl reload fpmd@app.service
interleave "booted in the zygote"
