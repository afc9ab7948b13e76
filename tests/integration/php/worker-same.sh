#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 120 s
#
# What PHP does at the start and the end of a request, it does for each request of a worker_script, too: the same answers to
# the byte as without one, in any order, and whatever the script has done while it booted.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

lines='pm.max_children = 1
php_admin_value[error_log] = /dev/stderr
php_value[session.save_path] = /tmp'
pool plain <<<"$lines"
pool app <<<"$lines
worker_script = /srv/www/app/index.php"

write_page app handler.php <<-'END'
	<?php
	// session.* stays as the script makes it, and opcache kills nobody in worker mode.
	const SETTINGS = ['session.save_handler', 'opcache.force_restart_timeout'];
	class Told { function __construct(public $as) {} function __destruct() { echo "[$this->as destroyed]"; } }
	class Store implements SessionHandlerInterface {
		function open($path, $name): bool { echo '[open]'; return true; }
		function close(): bool { echo '[close]'; return true; }
		function read($id): string|false { return ''; }
		function write($id, $data): bool { echo "[write $data]"; return true; }
		function destroy($id): bool { return true; }
		function gc($life): int|false { return 0; }
	}
	function links() { echo '<a href="/a?b=c">a</a> <form action="/f"></form> <img src="//else.test/i">'; }
	function handle() {
		switch ($_GET['do'] ?? '') {
		case 'rewrite': output_add_rewrite_var('mark', $_GET['mark'] ?? 'none'); links(); return;
		case 'rewrite-two': output_add_rewrite_var('a', 'b'); links(); output_reset_rewrite_vars(); output_add_rewrite_var('c', 'd'); links(); return;
		case 'rewrite-tags': ini_set('url_rewriter.tags', 'img=src'); output_add_rewrite_var('a', 'b'); links(); return;
		case 'rewrite-throw': output_add_rewrite_var('a', 'b'); links(); throw new Exception('behind links');
		case 'rewrite-exit': output_add_rewrite_var('a', 'b'); links(); exit;
		case 'rewrite-finish': output_add_rewrite_var('a', 'b'); links(); fastcgi_finish_request(); links(); return;
		case 'rewrite-late': register_shutdown_function(function () { output_add_rewrite_var('a', 'b'); links(); }); return;
		case 'links': links(); return;
		case 'sid':
			foreach (['use_trans_sid' => 1, 'use_only_cookies' => 0, 'use_cookies' => 0] as $name => $value) ini_set("session.$name", $value);
			session_id(str_repeat($_GET['mark'] ?? 'a', 26)); session_start(); links();
			foreach (['use_trans_sid' => 0, 'use_only_cookies' => 1, 'use_cookies' => 1] as $name => $value) @ini_set("session.$name", $value);
			session_write_close();
			foreach (['use_trans_sid' => 0, 'use_only_cookies' => 1, 'use_cookies' => 1] as $name => $value) ini_set("session.$name", $value);
			return;
		case 'order':
			session_set_save_handler(new Store, true);
			session_id('orderorderorderorderorder1'); session_start(); $_SESSION['x'] = 1;
			ob_start(fn ($b, $how) => "$b($how)");
			header_register_callback(fn () => header('X-Callback: 1'));
			register_shutdown_function(function ($x) { echo "[down $x]"; register_shutdown_function(fn () => print('[down further]')); }, 'one');
			$local = new Told('local');
			echo 'order';
			return;
		case 'buffers': ob_start(fn ($b, $how) => strtoupper("$b$how ")); echo 'a'; ob_flush(); echo 'b'; ob_start(); echo 'c'; return;
		case 'levels': echo json_encode([ob_get_level(), ob_get_status(true), ob_list_handlers()]); return;
		case 'implicit': ob_implicit_flush(); echo 'x'; echo json_encode(headers_sent()); return;
		case 'headers': header('X-A: 1'); header('X-A: 2', false); header_remove('X-Powered-By'); setcookie('c', 'v', ['samesite' => 'Lax']);
			header('Location: /else', true, 307); echo json_encode(headers_list()); return;
		case 'type': header('Content-Type: text/plain'); ini_set('default_charset', 'koi8-r'); echo 'type'; return;
		case 'charset': ini_set('default_charset', 'koi8-r'); ini_set('default_mimetype', 'text/x'); echo 'charset'; return;
		case 'status': header('HTTP/1.1 418 Teapot'); return;
		case 'input': echo json_encode([$_GET, $_POST, $_COOKIE, array_map(fn ($f) => [$f['name'], $f['size'], $f['error']], $_FILES), $_REQUEST,
			strlen(file_get_contents('php://input')), filter_input(INPUT_GET, 'a'), filter_input(INPUT_POST, 'x'), filter_has_var(INPUT_COOKIE, 'c')]); return;
		case 'server': ksort($_SERVER); foreach (['REMOTE_PORT', 'REQUEST_TIME', 'REQUEST_TIME_FLOAT', 'FRANKENPHP_WORKER'] as $name) unset($_SERVER[$name]);
			echo json_encode([$_SERVER, getallheaders(), $_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_DIGEST'] ?? null, PHP_SAPI, getcwd(),
			get_current_user(), getlastmod() > 0, getmyinode() > 0]); return;
		case 'seed': mt_srand(5); srand(6); echo mt_rand(), ' ', rand(); return;
		case 'settings': echo json_encode(array_filter(array_map(fn ($e) => $e['local_value'], ini_get_all()), fn ($v, $k) => !in_array($k, SETTINGS), ARRAY_FILTER_USE_BOTH)); return;
		case 'errors': @trigger_error('kept'); json_decode('{'); @preg_match('/(?:\D+|<\d+>)*[!?]/', str_repeat('foobar', 99)); strtok('a b', ' ');
			echo json_encode([error_get_last()['message'], json_last_error(), preg_last_error()]); return;
		case 'clean': echo json_encode([error_get_last(), json_last_error(), preg_last_error(), @strtok(' '), connection_status(), ignore_user_abort() >= 0,
			session_status(), session_id(), isset($_SESSION), http_response_code(), headers_sent(), ini_get('max_execution_time'), spl_autoload_functions()]); return;
		case 'ticks': register_tick_function(fn () => print('.')); declare(ticks=1) { $a = 1; $a = 2; } return;
		case 'warn': ini_set('display_errors', '1'); ini_set('html_errors', '0'); echo $undefined; echo 'warned'; return;
		case 'throw': echo 'before'; throw new LogicException('thrown');
		case 'handled': set_exception_handler(function ($e) { http_response_code(503); echo get_class($e); }); throw new LogicException('handled');
		case 'zlib': ini_set('zlib.output_compression', '1'); echo str_repeat('z', 5000); return;
		case 'handler': ob_start('ob_gzhandler'); echo str_repeat('z', 5000); return;
		case 'flush': echo 'a'; flush(); header('X-Late: 1'); echo 'b'; return;
		case 'upload': echo json_encode([is_uploaded_file($_FILES['f']['tmp_name']), move_uploaded_file($_FILES['f']['tmp_name'], '/tmp/moved'), @file_get_contents('/tmp/moved')]); @unlink('/tmp/moved'); return;
		case 'finish': echo 'early'; header('X-Early: 1'); fastcgi_finish_request(); echo 'late'; header('X-Late: 1'); return;
		case 'length': header('Content-Length: 3'); echo 'abc'; return;
		}
	}
END
write_page app index.php <<-'END'
	<?php
	// What a boot may leave behind.
	output_add_rewrite_var('boot', 'boot');
	ob_start(fn ($b) => "boot$b");
	echo '<a href="/boot">boot</a>';
	header('X-Boot: 1');
	http_response_code(500);
	// Not before the first request, which PHP makes $_SERVER for when it compiles this.
	$handler = function () { require_once __DIR__ . '/handler.php'; handle(); };
	while (frankenphp_handle_request($handler)) { output_add_rewrite_var('behind', 'behind'); echo '<a href="/">'; header('X-Behind: 1'); }
END
cp -r "$CONTAINER_ROOT/srv/www/app/handler.php" "$CONTAINER_ROOT/srv/www/plain/"
write_page plain index.php <<-'END'
	<?php
	require __DIR__ . '/handler.php';
	handle();
END

answer() {
	fetch --include "http://$1.test/index.php$2" "${@:3}" | sed -E "s/^Date:.*//; s/$1\.test/HOST/g; s,(www.?/)$1\b,\1HOST,g"
}
same() {
	assert_eq "$*" "$(answer plain "$@")" "$(answer app "$@")"
}
same '?do=server'
echo upload >"$CONTAINER_ROOT/srv/upload"
# sid comes before order, whose handler of sessions stays by choice.
for how in rewrite rewrite-two rewrite-tags rewrite-throw rewrite-exit rewrite-finish rewrite-late links sid order buffers levels \
	implicit headers type charset status seed settings errors clean ticks warn throw handled zlib handler flush finish length server; do
	same "?do=$how"
done
same '?do=rewrite&mark=%22%3C'
same '?do=input&a=1' --data 'x=y' --cookie 'c=d'
same '?do=input&a[]=1&a[]=2' --globoff --form x=z --form f=@/srv/upload
same '?do=input' --data '{"x":1}' --header 'Content-Type: application/json'
same '?do=upload' --form f=@/srv/upload
same '?do=server' --user me:secret --header 'X-Forwarded-For: 1.2.3.4'
same '?do=zlib' --header 'Accept-Encoding: gzip' --compressed
same '?do=order' --head
