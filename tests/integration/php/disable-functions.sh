#!/bin/bash
# Time limit: 180 s
# disable_functions that the web server sends holds for its request and for no other, whatever has compiled the script
# before or does then: opcache, either JIT, the compiler that computes a call or has an instruction for it. Most
# functions cost nothing; where compiled code would not notice, the worker is replaced behind the request. Code that
# opcache.preload has compiled cannot be reached: refused. What the pool file disables holds for preloaded code too.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

page() {
	write_page disabled "$1" <<'END'
<?php
function calls($n) {
	for ($i = $sum = 0; $i < $n; $i++)
		$sum += getmypid() + strlen("x$i") + strlen(str_repeat('ab', 3)) + strlen(trim(" $i ")) + ord(chr(65));
	return $sum > 0;
}
function names() {
	foreach (['getmypid', 'strlen', 'str_repeat', 'trim', 'chr'] as $name)
		$there[] = (int) is_callable($name);
	return implode($there);
}
try {
	$result = calls(3000) ? 'called' : '';
} catch (Error $e) {
	for ($i = 0; $i < 300; $i++)
		try { calls(1); } catch (Error) { }
	$result = $e->getMessage();
}
try { $literal = str_repeat('x', 3) . strlen('abc') . trim(' y '); } catch (Error $e) { $literal = $e->getMessage(); }
echo $result, '|', $literal, '|', names(), '|', ini_get('disable_functions'), '|', posix_getpid();
END
}

ask() {
	in_container python3 "$TOOLS/fcgi.py" /run/fpmd/disabled.sock "/srv/www/disabled/$1" "${@:2}" 2>&1 | tail -n 1
}

# ask_each PAGE SETTING…: asks once with each of them, '' for none, and prints a line for each
ask_each() {
	in_container python3 - "$TOOLS" /run/fpmd/disabled.sock "/srv/www/disabled/$1" "${@:2}" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import fcgi
		for setting in sys.argv[4:]:
		    more = {"PHP_ADMIN_VALUE": setting} if setting else {}
		    print(fcgi.get(*sys.argv[2:4], **more).body.decode().splitlines()[-1])
	END
}

# start LINE…: the pool with these
start() {
	printf '%s\n' 'pm.max_children = 1' 'php_admin_value[opcache.enable] = 1' "$@" | pool disabled
	in_container systemctl restart fpmd@disabled.service
}

plain='called|xxx3y|11111||'
# check WHAT PAGE: each function alone, between requests that disable none
check() {
	local name settings=() replies i

	for name in getmypid strlen str_repeat trim chr; do
		settings+=("disable_functions=$name" '' "disable_functions=$name" '')
	done
	mapfile -t replies < <(ask_each "$2" "${settings[@]}")
	assert_eq "$1: answers" "${#settings[@]}" "${#replies[@]}"
	for i in "${!settings[@]}"; do
		name=${settings[i]#*=}
		if [[ -n $name ]]; then
			assert_contains "$1: $name" "Call to undefined function $name()" "${replies[i]}"
			assert_contains "$1: $name" "|$name|" "${replies[i]}"
		else
			assert_contains "$1: without" "$plain" "${replies[i]}"
		fi
	done
	assert_contains "$1: several" 'Call to undefined function getmypid()|Call to undefined function str_repeat()|' \
		"$(ask "$2" 'PHP_VALUE=disable_functions=none,str_repeat, GETMYPID')"
	assert_contains "$1: again" "$plain" "$(ask "$2")"
}

page first.php
page second.php
for jit in disable off tracing function; do
	[[ $jit == disable ]] && size=0 || size=32M
	start "php_admin_value[opcache.jit] = $jit" "php_admin_value[opcache.jit_buffer_size] = $size"
	for _ in 1 2 3; do
		assert_contains "$jit: before" "$plain" "$(ask first.php)"
	done
	check "$jit, compiled before" first.php
	check "$jit, compiled while disabled" second.php
	if [[ $jit == disable ]]; then
		pid=$(ask first.php)
		pid=${pid##*|}
		assert_matches 'the same worker' "\\|$pid\$" "$(ask first.php PHP_VALUE=disable_functions=getmypid)"
		assert_matches 'and still' "\\|$pid\$" "$(ask first.php)"
	fi
	assert_eq "$jit: nothing crashed" '' "$(journal_of fpmd@disabled | grep 'killed by' || true)"
done
wait_for 5 journal_has fpmd@disabled 'requests with that setting run without opcache'

# What the pool file disables anyhow costs nothing when the web server says it too.
start 'php_admin_value[disable_functions] = trim'
pid=$(ask first.php)
assert_contains 'by the pool file' '|Call to undefined function trim()|' "$pid"
assert_matches 'said twice' "\\|${pid##*|}\$" "$(ask first.php PHP_VALUE=disable_functions=trim)"
assert_matches 'said twice' "\\|${pid##*|}\$" "$(ask first.php)"

# preload
cat >"$CONTAINER_ROOT/srv/preload.php" <<'END'
<?php
function preloaded() { return exec('echo ran') . strlen('abc'); }
function asks() { return function_exists('exec'); }
END
write_page disabled preload.php <<'END'
<?php
try { echo preloaded(); } catch (Error $e) { echo $e->getMessage(); }
echo '|', (int) asks();
END
start 'php_admin_value[opcache.preload] = /srv/preload.php'
assert_eq 'preloaded' 'ran3|1' "$(ask preload.php)"
assert_contains 'a function that stays' 'Call to undefined function exec()' \
	"$(ask preload.php PHP_VALUE=disable_functions=exec)"
assert_contains 'refused' 'The settings of this request cannot be met.' "$(ask preload.php PHP_VALUE=disable_functions=strlen)"
assert_eq 'preloaded, again' 'ran3|1' "$(ask preload.php)"
start 'php_admin_value[opcache.preload] = /srv/preload.php' 'php_admin_value[disable_functions] = exec'
assert_eq 'by the pool file, preloaded' 'Call to undefined function exec()|0' "$(ask preload.php)"

# Every function that compiled code of this PHP does not call: found by opcache's own listing.
start 'php_admin_value[opcache.file_update_protection] = 0'
reply=$(in_container python3 "$TOOLS/compiled.py" "php$FPMD_TEST_PHP" /run/fpmd/disabled.sock /srv/www/disabled)
assert_matches 'functions that compiled code does not call' '^0 of [1-9][0-9]+$' "$reply"
