#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 200 s
#
# worker_watch: a script may put a stream wrapper in the place of PHP's own of file://, which patches code as it is read:
# Bypass Finals, Patchwork. What it reads is no change of the file, and makes no reload; the file is watched all the same, also
# while the wrapper has read it and its code is not compiled yet.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

app=$CONTAINER_ROOT/srv/www/app
mkdir -p "$app/src"
cat >"$app/index.php" <<-'END'
	<?php
	class Patch {
		public $context;
		private $text, $at = 0;
		static function begin() {
			stream_wrapper_unregister('file');
			stream_wrapper_register('file', self::class);
		}
		static function hold($path) {
			$hold = __DIR__ . '/hold-' . basename($path, '.php');
			clearstatcache();
			if (!file_exists($hold))
				return;
			touch(__DIR__ . '/held');
			while (file_exists($hold)) {
				usleep(2000);
				clearstatcache();
			}
		}
		function stream_open($path, $mode, $options, &$opened) {
			stream_wrapper_restore('file');
			if (basename($path) === 'alias.php') // is no file
				$path = $opened = __DIR__ . '/src/way.php';
			$this->text = @file_get_contents($path);
			if ($options & 128) // for include
				self::hold($path);
			self::begin();
			if (is_string($this->text))
				$this->text = str_replace('final class', 'class', $this->text);
			return is_string($this->text);
		}
		function stream_read($n) {
			$part = substr($this->text, $this->at, $n);
			$this->at += strlen($part);
			return $part;
		}
		function stream_eof() { return $this->at >= strlen($this->text); }
		function stream_stat() { return ['size' => strlen($this->text)]; }
		function stream_set_option() { return false; }
		function stream_close() { }
		function url_stat($path, $flags) {
			stream_wrapper_restore('file');
			$stat = @stat($path);
			self::begin();
			return $stat;
		}
	}
	set_include_path(__DIR__ . '/src');
	require __DIR__ . '/src/plain.php';
	Patch::begin();
	require_once __DIR__ . '/src/once.php';
	require 'relative.php';
	require __DIR__ . '/src/alias.php';
	while (frankenphp_handle_request(function () {
		if (isset($_GET['lazy']))
			require_once __DIR__ . '/src/lazy.php';
		class_exists('Made') || eval('class Made extends Once { }'); // which is not final for us
		echo Made::SAYS, Relative::SAYS, Way::SAYS, Plain::SAYS, isset($_GET['lazy']) ? Lazy::SAYS : '';
	}));
END
write() {
	echo "<?php final class ${1^} { const SAYS = '$2'; }" >"$app/src/$1.php"
}
for name in once relative way plain lazy; do
	write $name 1
done
chown -R 2001:2001 "$app"
find "$app" -exec touch -d '1 hour ago' {} +

all_say() {
	several_say "$1" "http://app.test/x.php$2"
}
count() {
	journal_of fpmd@app.service | grep -c "$1" || true
}
# Somebody writes the file when the wrapper has read it, and before it is compiled.
hold() {
	rm -f "$app/held"
	touch "$app/hold-$1"
}
write_and_release() {
	wait_for 15 test -e "$app/held"
	write "$1" "$2"
	rm "$app/hold-$1"
}

for boot in zygote worker without-opcache; do
	pool app <<-END
		worker_script = /srv/www/app/index.php
		worker_paths = *
		worker_watch = yes
		worker_boot = ${boot/without-opcache/worker}
		php_admin_value[opcache.validate_timestamps] = 0
		php_admin_value[opcache.enable] = $([[ $boot == without-opcache ]] && echo 0 || echo 1)
	END
	for name in once relative way plain lazy; do
		write $name 1
	done
	in_container systemctl restart fpmd@app.service
	before=$(count 'has changed')
	wait_for 10 all_say 1111 ''
	wait_for 10 all_say 11111 '?lazy'
	sleep 3
	assert_eq "$boot: nothing has changed" "$before" "$(count 'has changed')"

	# each of them is watched
	expected=1111
	for name in once relative way plain; do
		sleep 2.2 # what comes sooner waits longer each time
		write $name 2
		expected=${expected/1/2}
		wait_for 10 all_say "$expected" ''
	done
	wait_for 10 all_say 22221 '?lazy'
	sleep 2.2
	write lazy 2
	wait_for 10 all_say 22222 '?lazy'
	sleep 2.2
	assert_eq "$boot: changes" $((before + 5)) "$(count 'has changed')"

	# while it is read
	for name in once relative; do
		hold $name
		in_container systemctl reload --no-block fpmd@app.service
		write_and_release $name 3
	done
	wait_for 30 all_say 3322 ''
	hold lazy
	fetch 'http://app.test/x.php?lazy' >"$CONTAINER_ROOT/srv/held" &
	write_and_release lazy 3
	wait $!
	wait_for 30 all_say 33223 '?lazy'
done
