#!/bin/bash
# A script can neither read nor write the memory of its zygote or of another worker, nor reach what their fds lead
# to, by /proc; also in a chroot that has /proc, where no fd leads out of it. And no worker's memory is under way on
# a socket: it would count against all processes of its user.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

jail=/srv/jail
# What can be opened; a process may open what is its own, unless it is not dumpable.
pages() {
	mkdir -p "$1"
	cat >"$1/peek.php" <<'END'
<?php
$found = [];
foreach (glob('/proc/[0-9]*') as $process) {
	if (!is_readable("$process/stat") || strpos((string) @file_get_contents("$process/comm"), 'php-fpm') !== 0)
		continue;
	$who = basename($process) == posix_getppid() ? 'zygote' : (basename($process) == getmypid() ? 'self' : 'other');
	$files = ['mem' => 'r', 'mem ' => 'r+', 'environ' => 'r'] + ($who === 'self' ? [] : ['maps' => 'r']);
	foreach ($files as $file => $mode)
		if (@fopen("$process/" . trim($file), $mode))
			$found[] = "$who $file $mode";
	for ($fd = 0; $fd < 1024; $fd++)
		if (@file_exists("$process/fd/$fd/self"))
			$found[] = "$who fd $fd";
	if ($who !== 'self' && (@scandir("$process/root") || @scandir("$process/cwd")))
		$found[] = "$who root";
	$seen[$who] = true;
}
ksort($seen);
echo implode(' ', array_keys($seen)), ': ', implode(', ', $found) ?: 'nothing';
END
	touch -d '1 hour ago' "$1/peek.php"
}
pages "$CONTAINER_ROOT/srv/www/peek"
pages "$CONTAINER_ROOT$jail/www"
in_container install -d $jail/proc
in_container mount --bind /proc $jail/proc
pool peek <<<'pm.max_children = 4'
pool peekjail <<END
pm.max_children = 4
chroot = $jail
END
site peekjail unix:/run/fpmd/peekjail.sock /www
for name in peek peekjail; do
	in_container systemctl start "fpmd@$name.service"
	assert_eq "$name" 'other self zygote: nothing' "$(fetch "http://$name.test/peek.php")"
done

# scm_fds in fdinfo of a unix socket: how many fds lie there unread (Linux 5.6)
in_flight() {
	in_container sh -c 'cat /proc/$1/fdinfo/* 2>/dev/null' sh "$1" |
		awk '$1 == "scm_fds:" { n += $2; seen = 1 } END { print seen ? n : "unknown" }'
}
for name in peek peekjail; do
	zygote=$(zygote_of $name)
	assert_matches "fds under way to the zygote of $name" '^(0|unknown)$' "$(in_flight "$zygote")"
	# lifeline and memory of each worker
	assert_eq "memories that the zygote of $name can read" 4 \
		"$(in_container sh -c 'ls -l /proc/$1/fd' sh "$zygote" | grep -c '/mem$')"
done

# Nor can one of the generation before, while the zygote of the next one is being executed and while PHP starts in it,
# here for a second each.
command -v cc >/dev/null || skip 'no compiler'
echo '#include <unistd.h>
__attribute__((constructor)) static void nap(void) { usleep(1000000); }' >"$CONTAINER_ROOT/srv/nap.c"
cc -shared -fPIC -o "$CONTAINER_ROOT/srv/nap.so" "$CONTAINER_ROOT/srv/nap.c"
cat >"$CONTAINER_ROOT/srv/www/slowstart.php" <<'END'
<?php usleep(1000000);
END
write_page starting peek.php <<'END'
<?php
$seen = $found = [];
for ($until = microtime(true) + 4; microtime(true) < $until; usleep(5000))
	foreach (glob('/proc/[0-9]*') as $process) {
		if (strpos((string) @file_get_contents("$process/comm"), 'php-fpm') !== 0)
			continue;
		$seen[$process] = true;
		foreach (['mem' => 'r+', 'environ' => 'r'] as $file => $mode)
			if (basename($process) != getmypid() && @fopen("$process/$file", $mode))
				$found[$file] = true;
	}
echo count($seen) > 4 ? 'seen' : 'not seen', ': ', implode(' ', array_keys($found)) ?: 'nothing';
END
pool starting <<'END'
php_admin_value[opcache.preload] = /srv/www/slowstart.php
env[LD_PRELOAD] = /srv/nap.so
END
in_container systemctl start fpmd@starting.service
fetch http://starting.test/peek.php >"$CONTAINER_ROOT/srv/found" &
looks=$!
sleep 0.3
in_container systemctl reload fpmd@starting.service
wait $looks
assert_eq 'while the next zygote starts' 'seen: nothing' "$(<"$CONTAINER_ROOT/srv/found")"
in_container systemctl stop fpmd@starting.socket fpmd@starting.service

# A worker that is dumpable for a moment, here for a whole second, shows no way out of its chroot meanwhile; nor one
# that process.dumpable has dumpable for good.
cat >"$CONTAINER_ROOT/srv/slow.c" <<'END'
#include <dlfcn.h>
#include <stdarg.h>
#include <unistd.h>
int prctl(int what, ...) {
	int (*real)(int, long, long, long, long) = dlsym(RTLD_NEXT, "prctl"), r;
	va_list more;
	va_start(more, what);
	long value = va_arg(more, long);
	va_end(more);
	r = real(what, value, 0, 0, 0);
	if (what == 4 && value == 1)
		usleep(1000000);
	return r;
}
END
command -v cc >/dev/null || skip 'no compiler'
cc -shared -fPIC -D_GNU_SOURCE -o "$CONTAINER_ROOT/srv/slow.so" "$CONTAINER_ROOT/srv/slow.c" -ldl
cat >"$CONTAINER_ROOT$jail/www/way-out.php" <<'END'
<?php
$seen = $found = [];
for ($until = microtime(true) + 3; microtime(true) < $until; usleep(20000))
	foreach (glob('/proc/[0-9]*/fd/*') as $fd)
		if (@file_exists("$fd/self/stat") || @file_exists("$fd/etc/passwd"))
			$found[basename($fd)] = true;
		else
			$seen[explode('/', $fd)[2]] = true;
echo count($seen) > 0 ? 'others seen' : 'alone', ': ', implode(' ', array_keys($found)) ?: 'no way out';
END
touch -d '1 hour ago' "$CONTAINER_ROOT$jail/www/way-out.php"
echo '<?php posix_kill(getmypid(), 9);' >"$CONTAINER_ROOT$jail/www/die.php"
for dumpable in no yes; do
	pool "wayout$dumpable" <<-POOL
		pm.max_children = 2
		chroot = $jail
		env[LD_PRELOAD] = /srv/slow.so
		process.dumpable = $dumpable
	POOL
	site "wayout$dumpable" "unix:/run/fpmd/wayout$dumpable.sock" /www
	in_container systemctl start "fpmd@wayout$dumpable.service"
	fetch "http://wayout$dumpable.test/way-out.php" >"$CONTAINER_ROOT/srv/found" &
	looks=$!
	sleep 0.5
	fetch "http://wayout$dumpable.test/die.php" >/dev/null
	wait $looks
	assert_eq "while a worker starts, dumpable = $dumpable" 'others seen: no way out' "$(<"$CONTAINER_ROOT/srv/found")"
done
in_container systemctl stop fpmd@{peekjail,wayoutno,wayoutyes}.{socket,service}
in_container umount $jail/proc

# A process of the same user has more fds under way than the limit allows: requests are served, and what is missing is
# told with the name of the limit.
write_page parked slow.php <<<'<?php sleep(2); echo "answered";'
dropin=$CONTAINER_ROOT/etc/systemd/system/fpmd@parked.service.d
mkdir -p "$dropin"
printf '[Service]\nLimitNOFILE=1024:2000\n' >"$dropin/files.conf"
in_container chown alice /srv/www/parked
in_container systemd-run --quiet --unit=park --uid=alice --property=LimitNOFILE=15000 python3 -c '
import os, socket, time
a, b = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(10):
	socket.send_fds(a, [b"x"], [null] * 250)
open("/srv/www/parked/ready", "w")
time.sleep(60)'
wait_for 3 test -e "$CONTAINER_ROOT/srv/www/parked/ready"
pool parked <<<'request_slowlog_timeout = 1s'
assert_eq 'a slow page' answered "$(fetch http://parked.test/slow.php)"
in_container systemctl stop park.service
wait_for 3 journal_has fpmd@parked.service 'executing too slow'
assert_matches 'why there is no stack' 'without a stack: too many file descriptors of its user are under way.*RLIMIT_NOFILE' \
	"$(journal_of fpmd@parked.service)"
assert_contains 'the worker' 'are under way in sockets than RLIMIT_NOFILE allows' "$(journal_of fpmd@parked.service)"
