# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# web_servers.sh: for the tests that put a web server before a pool. Sourced after lib.sh.
#
# The pages of smoke.py in /srv/www/web, and four ways to them, all with four workers of alice:
#
#     /run/fpmd/web.sock  127.0.0.1:9200     what is tested
#     /run/fpm-web.sock   127.0.0.1:9300     Debian's php-fpm, with which it is compared
#
# A variant of a web server's configuration has two ports: N for what is tested, N + 1000 for the
# reference.

WEB_ROOT=/srv/www/web

# Either backend's address: backend_unix ours|reference
backend_unix() {
	[[ $1 == ours ]] && echo /run/fpmd/web.sock || echo /run/fpm-web.sock
}

backend_tcp() {
	[[ $1 == ours ]] && echo 127.0.0.1:9200 || echo 127.0.0.1:9300
}

# for_both FUNCTION PORT [ARG…]: calls FUNCTION PORT UNIX TCP [ARG…] for what is tested and for the
# reference.
for_both() {
	local function=$1 port=$2
	shift 2

	"$function" "$port" "$(backend_unix ours)" "$(backend_tcp ours)" "$@"
	"$function" "$((port + 1000))" "$(backend_unix reference)" "$(backend_tcp reference)" "$@"
}

write_web_pages() {
	write_page web echo.php <<-'END'
		<?php
		header('Content-Type: application/json');
		$files = [];
		foreach ($_FILES as $key => $f)
			$files[$key] = ['name' => $f['name'], 'type' => $f['type'], 'error' => $f['error'],
				'size' => $f['size'], 'md5' => md5_file($f['tmp_name'])];
		$input = file_get_contents('php://input');
		$server = array_diff_key($_SERVER, array_flip(['REMOTE_PORT', 'REQUEST_TIME',
			'REQUEST_TIME_FLOAT', 'UNIQUE_ID', 'FPMD', 'FPMD_POOL']));
		ksort($server);
		echo json_encode([
			'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'files' => $files,
			'input' => ['size' => strlen($input), 'md5' => md5($input)],
			'all' => getallheaders(), 'http_proxy' => getenv('HTTP_PROXY'),
			'cwd' => getcwd(), 'self' => __FILE__, 'server' => $server,
		], JSON_INVALID_UTF8_SUBSTITUTE);
	END
	mkdir -p "$CONTAINER_ROOT$WEB_ROOT/sub"
	cp -p "$CONTAINER_ROOT$WEB_ROOT/echo.php" "$CONTAINER_ROOT$WEB_ROOT/sub/index.php"
	cp -p "$CONTAINER_ROOT$WEB_ROOT/echo.php" "$CONTAINER_ROOT$WEB_ROOT/with blank.php"
	write_page web hello.php <<<'<?php echo "hello";'
	write_page web nothing.php <<<'<?php'
	write_page web bytes.php <<<'<?php echo str_repeat(implode(array_map("chr", range(0, 255))), 40);'
	write_page web fatal.php <<<'<?php throw new Exception("on purpose");'
	write_page web reason.php <<<'<?php header("HTTP/1.1 404 Gone Fishing"); echo "fishing";'
	write_page web finish.php <<<'<?php echo "early"; fastcgi_finish_request(); echo "late";'
	# shellcheck disable=SC2016  # PHP
	write_page web session.php <<<'<?php session_start(); echo $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1;'
	write_page web flushed.php <<-'END'
		<?php
		foreach (['one', 'two', 'three'] as $word) {
			echo $word, ' ';
			while (ob_get_level()) ob_end_flush();
			flush();
		}
	END
	write_page web headers.php <<-'END'
		<?php
		header('X-Answer: 42');
		header('Set-Cookie: one=1; path=/');
		header('Set-Cookie: two=2', false);
		header('Content-Type: text/x-thing;charset=utf-8');
		echo 'with headers';
	END
	write_page web redirect.php <<-'END'
		<?php
		header('Location: ' . $_GET['to'], true, (int) ($_GET['code'] ?? 302));
		echo 'elsewhere';
	END
	write_page web status.php <<-'END'
		<?php
		http_response_code((int) ($_GET['code'] ?? 200));
		if (http_response_code() != 304) echo 'body of ', $_GET['say'] ?? $_GET['code'];
	END
	write_page web large.php <<-'END'
		<?php
		for ($left = (int) $_GET['size']; $left > 0; $left -= 65536)
			echo str_repeat('0123456789abcdef', min($left, 65536) / 16);
	END
}

# web_pool NAME LISTEN
web_pool() {
	write_pool "$1" <<-END
		listen = $2
		user = alice
		group = alice
		pm = static
		pm.max_children = 4
		php_admin_value[session.save_path] = /tmp
	END
}

start_reference() {
	cat >"$CONTAINER_ROOT/srv/reference.conf" <<-END
		[global]
		error_log = syslog
		[web]
		listen = /run/fpm-web.sock
		listen.owner = www-data
		[tcp]
		listen = 127.0.0.1:9300
	END
	# The same of each, behind its [name].
	sed -i '/^\[\(web\|tcp\)\]$/a user = alice\ngroup = alice\npm = static\npm.max_children = 4\
php_admin_value[session.save_path] = /tmp' "$CONTAINER_ROOT/srv/reference.conf"
	start_server reference --property=Type=notify \
		"php-fpm$FPMD_TEST_PHP" --nodaemonize --fpm-config /srv/reference.conf
}

# Both pools of both sides, with their pages.
start_backends() {
	write_web_pages
	web_pool web /run/fpmd/web.sock
	web_pool tcp 127.0.0.1:9200
	in_container systemctl start fpmd@web.socket fpmd@tcp.socket fpmd@web.service fpmd@tcp.service
	start_reference
}

# start_server NAME [systemd-run option…] COMMAND…: until the end of the test.
start_server() {
	local name=$1
	shift

	in_container systemd-run --quiet --collect --unit="fpmd-test-$name" "$@"
}

listens_at() {
	in_container sh -c "exec 3<>/dev/tcp/127.0.0.1/$1" 2>/dev/null ||
		in_container python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 1)"
}

# needs_server COMMAND PACKAGE
needs_server() {
	in_container sh -c "command -v $1" >/dev/null || skip "$1 is missing; Debian: apt install $2"
}

n_bad_variants=0

# smoke NAME PORT [option of smoke.py…]: all rows; says what is wrong, and goes on to the next.
smoke() {
	local name=$1 port=$2 start=$EPOCHREALTIME said
	shift 2

	wait_for 10 listens_at "$port"
	wait_for 10 listens_at "$((port + 1000))"
	if ! said=$(in_container python3 "$TOOLS/smoke.py" "$port" "$((port + 1000))" \
			${FPMD_TEST_PHP_FPM:+--php-fpm} "$@" 2>&1); then
		printf '%s\n' "$said" | sed "s/^/$name: /"
		n_bad_variants=$((n_bad_variants + 1))
	fi
	echo "$name: $(((${EPOCHREALTIME/./} - ${start/./}) / 1000)) ms"
}

# The end of the test.
smoke_result() {
	((n_bad_variants == 0)) || fail "$n_bad_variants variants with wrong answers"
}
