#!/bin/bash
# max_execution_time counts the CPU time of each request by itself, whatever those before have used of the same
# timer, and however fast they followed each other; it does not count sleep; set_time_limit() changes it for one
# request; what a script did to its signal is forgotten; a shutdown function that goes on after a timeout is ended
# after hard_timeout.
#
# Time limit: 180 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"

pool timed <<END_OF_POOL
pm.max_children = 1
php_value[max_execution_time] = 1
php_admin_value[display_errors] = on
php_admin_value[ffi.enable] = true
$(without_backtraces)
END_OF_POOL
write_page timed hello.php <<<'hello'
write_page timed burn.php <<'END_OF_PAGE'
<?php
global $libc, $time;
$libc = FFI::cdef('int sigaction(int, long *, long *); int sigprocmask(int, long *, long *);
	int clock_gettime(int, long *);');
$time = $libc->new('long[2]');
# By the clock of the timer itself, the kernel's CPUCLOCK_PROF of this process: it counts ticks, which on a busy machine
# are not what getrusage() says.
if (!function_exists('used')) {
	function used() {
		global $libc, $time;
		$libc->clock_gettime(-8, FFI::addr($time[0]));
		return $time[0] + $time[1] / 1e9;
	}
}
$begin = used();
register_shutdown_function(function () use ($begin) {
	printf(' used %d ms', (used() - $begin) * 1000);
	while (isset($_GET['for-ever']))
		;
});
if (isset($_GET['limit']))
	set_time_limit($_GET['limit']);
if (isset($_GET['sleep']))
	sleep($_GET['sleep']);
# Debian's php-fpm has no pcntl. 27 is SIGPROF, the first words of the two are SIG_IGN and the set of it.
$words = $libc->new('long[32]');
if (isset($_GET['ignore'])) {
	$words[0] = 1;
	$libc->sigaction(27, FFI::addr($words[0]), NULL);
}
if (isset($_GET['block'])) {
	$words[0] = 1 << 26;
	$libc->sigprocmask(0, FFI::addr($words[0]), NULL);
}
while (used() - $begin < $_GET['burn'] / 1000)
	;
echo 'done';
END_OF_PAGE

burn() {
	fetch "http://timed.test/burn.php?$1" || true
}

# ends_at REPLY FROM TO: it was ended after so many ms
ends_at() {
	local used=${1##* used }

	assert_contains 'the timeout' 'Maximum execution time of' "$1"
	used=${used%% ms*}
	((used >= $2 && used <= $3)) || fail "ended after $used ms, not $2 to $3"
}

ends_at "$(burn burn=3000)" 900 1150
for _ in 1 2 3; do
	assert_contains 'several, shorter than the limit' 'done' "$(burn burn=400)"
done

# Back to back, so that they share a timer.
in_container curl --silent --output /dev/null 'http://timed.test/hello.php?[1-50]'
ends_at "$(in_container curl --silent 'http://timed.test/hello.php?[1-20]' 'http://timed.test/burn.php?burn=3000')" 900 1150
for _ in 1 2; do
	in_container curl --silent 'http://timed.test/hello.php?[1-20]' 'http://timed.test/burn.php?burn=850' >"$CONTAINER_ROOT/srv/reply"
	assert_contains 'just below the limit' 'done' "$(<"$CONTAINER_ROOT/srv/reply")"
done

assert_contains 'no limit' 'done' "$(burn 'burn=1300&limit=0')"
ends_at "$(burn 'burn=3000&limit=2')" 1850 2200
assert_contains 'sleep' 'done' "$(burn 'burn=100&sleep=2')"

if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	assert_contains 'the signal is ignored' 'done' "$(burn 'burn=100&ignore')"
	ends_at "$(burn burn=3000)" 900 1150
	assert_contains 'the signal is blocked' 'done' "$(burn 'burn=100&block')"
	ends_at "$(burn burn=3000)" 900 1150
	in_container curl --silent --output /dev/null 'http://timed.test/burn.php?burn=0&block' 'http://timed.test/hello.php?[1-5]'
	ends_at "$(burn burn=3000)" 900 1150
fi

# With a script that stays, which PHP's end of a request is none of.
if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	write_page timed stays.php <<-'END_OF_PAGE'
		<?php
		$handler = function () {
			if (isset($_GET['burn'])) include 'burn.php'; else echo 'hello';
		};
		while (frankenphp_handle_request($handler));
	END_OF_PAGE
	pool stays <<-'END_OF_POOL'
		pm.max_children = 1
		worker_script = /srv/www/timed/stays.php
		worker_paths = /*
		php_value[max_execution_time] = 1
		php_admin_value[display_errors] = on
		php_admin_value[ffi.enable] = true
	END_OF_POOL
	stay() {
		in_container curl --silent 'http://stays.test/hello?[1-20]' "http://stays.test/?$1"
	}
	for _ in 1 2; do
		ends_at "$(stay burn=3000)" 900 1150
		assert_contains 'a script that stays, just below the limit' 'done' "$(stay burn=850)"
		assert_contains 'a script that stays, no limit' 'done' "$(stay 'burn=1300&limit=0')"
		ends_at "$(stay 'burn=3000&limit=2')" 1850 2200
	done
fi

# The line of the loop in the shutdown function, two seconds later.
burn 'burn=3000&for-ever' >/dev/null
assert_contains 'after a hard timeout' 'done' "$(burn burn=100)"
hard_timeout() {
	journal_has "fpmd@timed.service" 'burn.php on line 18'
}
[[ -n ${FPMD_TEST_PHP_FPM:-} ]] || wait_for 2 hard_timeout
