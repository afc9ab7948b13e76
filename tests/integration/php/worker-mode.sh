#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 120 s
#
# worker_script: one boot for many requests, each of which is new to the script; what a request changes is given back, a
# script that exits or fails boots again, and other scripts run as ever.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

page() {
	fetch "http://app.test/index.php?$1" "${@:2}"
}

if in_container test -e "/usr/share/php$FPMD_TEST_PHP-mysql"; then
	enable_extensions mysqlnd mysqli
fi
pool app <<-'END'
	pm.max_children = 1
	worker_script = /srv/www/app/index.php
	pm.status_path = /status
	php_admin_value[error_log] = /dev/stderr
END

write_page app index.php <<-'END'
	<?php
	$boots = ($_ENV['BOOTED'] ?? 0) + 1;
	$_ENV['BOOTED'] = $boots;
	ini_set('precision', '9');
	date_default_timezone_set('Europe/Berlin');
	$state = ['n' => 0, 'pid' => getmypid(), 'boot' => $_SERVER['FRANKENPHP_WORKER'] ?? '-'];
	$nested = null;
	$handler = function () use (&$state, &$handler) {
		$state['n']++;
		register_shutdown_function(fn () => print("[down]"));
		switch ($_GET['do'] ?? 'show') {
		case 'show':
			header('X-N: ' . $state['n']);
			echo json_encode([$state['n'], $_GET, $_POST, $_COOKIE, $_SERVER['REQUEST_METHOD'],
				file_get_contents('php://input'), $_SERVER['FRANKENPHP_WORKER'], isset($_SESSION), error_get_last(),
				http_response_code(), ob_get_level()]);
			break;
		case 'change':
			ini_set('precision', '3'); date_default_timezone_set('Asia/Tokyo'); putenv('LEAK=1'); chdir('/'); umask(0);
			if (function_exists('mb_internal_encoding')) mb_internal_encoding('SJIS'); libxml_use_internal_errors(true); set_error_handler(fn () => true);
			setlocale(LC_ALL, 'C.UTF-8'); set_time_limit(99); ob_start(); $_ENV['LEAK'] = 1; $_SERVER['LEAK'] = 1;
			set_exception_handler(fn () => print('leak')); stream_wrapper_unregister('http'); error_reporting(1);
			stream_context_set_default(['http' => ['method' => 'LEAK']]); assert_options(ASSERT_CALLBACK, 'strlen');
			if (function_exists('mysqli_report')) mysqli_report(0);
			@trigger_error('leak'); http_response_code(201); $_GET['leak'] = 1; ini_set('memory_limit', '77M');
			posix_setrlimit(POSIX_RLIMIT_NOFILE, 100, posix_getrlimit()['hard openfiles'] == 'unlimited' ? -1 : (int) posix_getrlimit()['hard openfiles']);
			echo 'changed';
			break;
		case 'state':
			$h = set_error_handler(null); restore_error_handler();
			$e = set_exception_handler(null); restore_exception_handler();
			echo json_encode([ini_get('precision'), date_default_timezone_get(), getenv('LEAK'), getcwd(), umask(),
				function_exists('mb_internal_encoding') ? mb_internal_encoding() : '', libxml_use_internal_errors(), $h, setlocale(LC_ALL, '0'), ini_get('max_execution_time'),
				ob_get_level(), $_ENV, $_SERVER['LEAK'] ?? null, $e, in_array('http', stream_get_wrappers()), error_reporting(),
				stream_context_get_options(stream_context_get_default()), assert_options(ASSERT_CALLBACK), error_get_last(),
				http_response_code(), $_GET, ini_get('memory_limit'), posix_getrlimit()['soft openfiles'] != 100,
				class_exists('mysqli_driver') ? (new mysqli_driver)->report_mode : 3]);
			break;
		case 'driver':
			if (class_exists('mysqli_driver')) {
				$state['driver'] ??= new mysqli_driver;
				echo $state['driver']->report_mode;
				$state['driver']->report_mode = 0;
			} else
				echo 3;
			break;
		case 'session':
			session_start();
			$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
			echo $_SESSION['n'];
			break;
		case 'exit': echo 'bye'; exit(3);
		case 'throw': throw new Exception('thrown');
		case 'fatal': echo 'before'; undefined_function_of_a_class::call();
		case 'oom': ini_set('memory_limit', '8M'); $x = str_repeat('x', 1 << 26); break;
		case 'error': trigger_error('deliberate', E_USER_ERROR); break;
		case 'time': set_time_limit(1); for (;;); 
		case 'finish': echo 'early'; fastcgi_finish_request(); fastcgi_finish_request(); echo 'late'; break;
		case 'nested':
			try { frankenphp_handle_request($handler); } catch (RuntimeException $e) { echo $e->getMessage(); }
			break;
		case 'upload': echo $_FILES['f']['name'], filesize($_FILES['f']['tmp_name']); break;
		case 'buffers': for ($i = 0; $i < 100; $i++) ob_start(); echo 'deep'; break;
		case 'stdin': fclose(fopen('php://stdin', 'r')); echo 'closed'; break;
		case 'input': $GLOBALS['kept'] = fopen('php://input', 'r'); echo fread($GLOBALS['kept'], 3); break;
		case 'input2': echo is_resource($GLOBALS['kept']) ? fread($GLOBALS['kept'], 99) : 'closed'; break;
		case 'fork': 
			echo 'parent'; 
			if (function_exists('pcntl_fork') && pcntl_fork() == 0) { echo 'child'; exit; }
			break;
		case 'limit': posix_setrlimit(POSIX_RLIMIT_NOFILE, 90, 90); echo posix_getrlimit()['hard openfiles']; break;
		case 'limited': echo posix_getrlimit()['hard openfiles'] == 90 ? 'yes' : 'no'; break;
		case 'opcache': echo (int) opcache_reset(); break;
		}
	};
	try { frankenphp_handle_request('no function'); } catch (TypeError $e) {}
	while (frankenphp_handle_request($handler)) {
		echo 'nobody reads this';
		if (isset($_GET['do']) && $_GET['do'] === 'end') break;
	}
END
write_page app other.php <<-'END'
	<?php
	try {
		frankenphp_handle_request(fn () => 1);
	} catch (RuntimeException $e) {
		echo 'classic: ', $e->getMessage();
	}
END

### one boot, and new requests

assert_eq "first" '[1,{"a":"1"},[],[],"GET","","1",false,null,200,1][down]' "$(page a=1)"
assert_eq "post" '[2,{"b":"2"},{"x":"y"},{"c":"d"},"POST","x=y","1",false,null,200,1][down]' "$(page b=2 --data x=y --cookie c=d)"
assert_eq "raw body" '[3,{"c":"3"},[],[],"POST","{}","1",false,null,200,1][down]' \
	"$(page c=3 --data '{}' --header 'Content-Type: application/json')"
assert_eq "no body" '[4,{"c":"3"},[],[],"GET","","1",false,null,200,1][down]' "$(page c=3)"
assert_contains "header" 'X-N: 5' "$(page x=1 --include)"

### given back

before=$(page do=state)
assert_eq "state" "$before" "$(page do=state)"
assert_contains "state of the boot" '"9","Europe\/Berlin",false' "$before"
assert_eq "change" 'changed[down]' "$(page do=change)"
assert_eq "given back" "$before" "$(page do=state)"
assert_eq "given back to the next" "$before" "$(page do=state)"

# by a property, also of an object that is kept
for i in 1 2 3; do
	assert_eq "mysqli's report mode, request $i" '3[down]' "$(page do=driver)"
done

### sessions, uploads, body

assert_eq "session of one" '1[down]' "$(page do=session --cookie PHPSESSID=one11111111111111111111111)"
assert_eq "session of two" '1[down]' "$(page do=session --cookie PHPSESSID=two22222222222222222222222)"
assert_eq "session of one again" '2[down]' "$(page do=session --cookie PHPSESSID=one11111111111111111111111)"
assert_contains "no session" ',false,null,200' "$(page no=session)"
echo 12345 >"$CONTAINER_ROOT/srv/upload"
assert_eq "upload" 'upload6[down]' "$(page do=upload --form f=@/srv/upload)"
in_container sh -c '! ls /tmp/php* 2>/dev/null' || fail "uploads were left"
assert_eq "body kept open" 'abc[down]' "$(page do=input --data abcdef)"
assert_eq "body of another" 'closed[down]' "$(page do=input2 --data secret)"
assert_eq "large body" 'xxx[down]' "$(head -c 300000 /dev/zero | tr '\0' x >"$CONTAINER_ROOT/srv/large"; page do=input --data-binary @/srv/large)"
assert_eq "large body of another" 'closed[down]' "$(page do=input2 --data-binary @/srv/large)"

### odd calls

assert_eq "finish" 'early[down]' "$(page do=finish | sed 's/$/[down]/')"
assert_contains "nested" 'while a request is handled' "$(page do=nested)"
assert_eq "buffers" 'deep[down]' "$(page do=buffers)"
assert_eq "stdin" 'closed[down]' "$(page do=stdin)"
n=$(page z=1 | sed 's/^\[\([0-9]*\).*/\1/')
((n > 15)) || fail "the script has booted again: $n"

### what ends it

assert_eq "throw" 500 "$(fetch_status "http://app.test/index.php?do=throw")"
assert_eq "goes on behind an exception" "[$((n + 2))" "$(page z=1 | cut -d, -f1)"
assert_eq "exit" 'bye[down]' "$(page do=exit)"
assert_eq "goes on behind exit" "[$((n + 4))" "$(page z=1 | cut -d, -f1)"
for how in fatal oom error time; do
	assert_eq "$how" 500 "$(fetch_status "http://app.test/index.php?do=$how")"
	assert_matches "boots again behind $how" '^\[[1-9]' "$(page z=1)"
done
assert_contains "end of the loop" 'deep' "$(page 'do=buffers')"
page do=end >/dev/null
assert_eq "boots again behind its end" '[1' "$(page z=1 | cut -d, -f1)"

### what cannot be given back ends with its worker

assert_eq "hard limit" '90[down]' "$(page do=limit)"
assert_eq "hard limit of the next" 'no[down]' "$(page do=limited)"

### other requests

assert_eq "another script" 'classic: frankenphp_handle_request() called while not in worker mode' "$(fetch http://app.test/other.php)"
assert_eq "the application again" '[1' "$(page z=1 | cut -d, -f1)"
assert_eq "a path that does not exist" '[2' "$(fetch http://app.test/some/route | cut -d, -f1)"
assert_contains "status page" 'accepted conn' "$(fetch http://app.test/status)"
assert_eq "not booted for it" '[3' "$(page z=1 | cut -d, -f1)"
