#!/bin/bash
# A child that a script forks is no worker: it leaves no second worker behind, writes neither to the web server nor on
# the scoreboard, has no connection, and its end is its own, with its own exit status. The same when the script forks
# without fork(3). The connection of the request that has forked is closed behind its answer; proc_open() does not
# count. Alarms, signal handlers and blocked signals of a request end with it.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
php_with_pcntl

pool forked <<'END'
pm.max_children = 2
php = 7.9
php_admin_value[ffi.enable] = 1
access.log = /var/log/fpmd/forked/access.log
END
write_page forked fork.php <<'END'
<?php
$libc = FFI::cdef('int fork(void); int wait(int *status);');
if ($libc->fork() > 0)
	$libc->wait(NULL); # it has ended the answer
END
write_page forked page.php <<<'<?php echo getmypid();'
fetch http://forked.test/page.php >/dev/null
before=$(workers_of forked)
for _ in 1 2 3 4; do
	fetch http://forked.test/fork.php || true
done
assert_eq 'processes' 4 "$(processes_of forked | wc -l)"
for _ in 1 2 3 4 5 6; do
	pid=$(fetch http://forked.test/page.php)
	[[ $'\n'$before$'\n' == *$'\n'$pid$'\n'* ]] || fail "$pid has answered, which is none of $before"
done

write_page forked status.php <<'END'
<?php
if (pcntl_fork() == 0) {
	header('X-Child: 1');
	echo 'of the child';
	flush();
	fastcgi_finish_request();
	exit(7);
}
pcntl_wait($status);
echo 'parent, child ended with ', pcntl_wexitstatus($status);
END
reply=$(fetch --include http://forked.test/status.php)
assert_contains 'the answer of the parent' 'parent, child ended with 7' "$reply"
assert_lacks 'the child' hild: "$reply"
assert_lacks 'the child' 'of the child' "$reply"

# The child lives on when the next request comes, on the same connection if that is kept.
write_page forked first.php <<'END'
<?php
echo 'first ';
$new = [
	'pcntl' => fn () => pcntl_fork(),
	'ffi' => fn () => FFI::cdef('int fork(void);')->fork(),
	'clone' => fn () => FFI::cdef('long syscall(long, ...);')->syscall(PHP_OS_FAMILY == 'Linux' && php_uname('m') == 'x86_64' ? 57 : 1079),
];
if ($new[$_GET['by']]() == 0) {
	usleep(200000);
	echo 'SECRET OF THE FIRST';
	flush();
	$links = [];
	foreach (glob('/proc/self/fd/*') as $fd)
		$links[] = @readlink($fd);
	file_put_contents('/tmp/links', implode("\n", $links));
	ob_start();
	echo 'SECRET OF THE FIRST';
	exit;
}
echo 'answer';
END
write_page forked program.php <<'END'
<?php
proc_close(proc_open('exit 3', [], $pipes));
echo 'program';
END
write_page forked second.php <<<'<?php usleep(500000); echo "second answer";'
write_page forked links.php <<<'<?php readfile("/tmp/links");'
cat >"$CONTAINER_ROOT/srv/kept.py" <<'END'
import sys
sys.path.insert(0, "/usr/local/lib/fpmd-test")
from fcgi import Reply, connect, request
root, first, query = "/srv/www/forked/", sys.argv[1], sys.argv[2]
with connect("/run/fpmd/forked.sock") as peer:
    peer.sendall(request(root + first, flags=1, QUERY_STRING=query))
    print(Reply(peer).body.decode(), end="|")
    try:
        peer.sendall(request(root + "second.php", flags=1))
        reply = Reply(peer)
        print(reply.body.decode() if reply.ended else "closed")
    except (BrokenPipeError, ConnectionResetError):
        print("closed")
END
kept() {
	in_container python3 /srv/kept.py "$@"
}
for by in pcntl ffi; do
	assert_eq "by $by" 'first answer|closed' "$(kept first.php "by=$by")"
	sleep 0.4
	# without the lock of PHP's opcache, which is PHP's own to keep
	links=$(fetch http://forked.test/links.php | grep -v '^/memfd:opcache_lock')
	# stdout, stderr and the journal of the worker, nothing else
	assert_at_most "by $by: sockets of the child" 3 "$(grep -c socket: <<<"$links")"
	assert_lacks "by $by: what the child has" eventpoll "$links"
	assert_lacks "by $by: what the child has" memfd "$links"
	assert_lacks "by $by: what the child has" eventfd "$links"
done
assert_eq 'by a system call' 'first answer|second answer' "$(kept first.php by=clone)"
assert_eq 'proc_open()' 'program|second answer' "$(kept program.php '')"

# The board: what the child does is nothing to it, and the time limit of a request that has ended is nobody's.
assert_eq 'access log: one line for each request' 3 "$(in_container grep -c first.php /var/log/fpmd/forked/access.log)"
write_pool forked <<'END'
user = alice
pm = static
pm.max_children = 1
php = 7.9
request_terminate_timeout = 1s
END
in_container systemctl restart fpmd@forked.service
write_page forked late.php <<'END'
<?php if (pcntl_fork() == 0) { usleep(1300000); exit; } echo getmypid();
END
first=$(fetch http://forked.test/late.php)
sleep 0.1
assert_matches 'idle' '"busy": ?0' "$(in_container fpmctl status --json forked)"
sleep 1.4
assert_eq 'nothing runs' '' "$(in_container fpmctl requests forked | tail -n +2)"
assert_eq 'the same worker' "$first" "$(fetch http://forked.test/page.php)"

# Alarms, handlers and the mask
write_page forked signals.php <<'END'
<?php
pcntl_async_signals(true);
switch ($_GET['do']) {
case 'alarm': pcntl_alarm(1); break;
case 'blocked': pcntl_sigprocmask(SIG_BLOCK, [SIGALRM, SIGTERM]); pcntl_alarm(1); usleep(100000); posix_kill(getmypid(), SIGALRM); break;
case 'handled': pcntl_signal(SIGALRM, fn () => 0); pcntl_signal(SIGTERM, fn () => 0); pcntl_signal(SIGUSR1, SIG_IGN); break;
case 'shutdown': register_shutdown_function(fn () => pcntl_alarm(1)); break;
}
echo getmypid();
END
write_page forked quiet.php <<'END'
<?php
usleep(800000);
pcntl_sigprocmask(SIG_UNBLOCK, [SIGURG], $blocked);
echo getmypid(), ' ', json_encode($blocked);
preg_match_all('/^Sig(Cgt|Ign|Blk):\s*(\w+)/m', file_get_contents('/proc/self/status'), $m);
foreach ([SIGALRM, SIGTERM, SIGUSR1] as $i => $signal)
	echo ' ', implode(array_map(fn ($mask) => hexdec(substr($mask, -8)) >> $signal - 1 & 1, $m[2]));
END
plain=$(fetch http://forked.test/quiet.php)
for do in alarm blocked handled shutdown; do
	assert_eq "$do" "${plain%% *}" "$(fetch "http://forked.test/signals.php?do=$do")"
	assert_eq "after $do" "$plain" "$(fetch http://forked.test/quiet.php)"
	sleep 0.4
done
assert_eq 'still the same worker' "${plain%% *}" "$(fetch http://forked.test/page.php)"
