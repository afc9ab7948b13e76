#!/bin/bash
# A journald that does not read (stopped by a signal) holds up nobody: requests that log are answered, those that write to
# php://stderr or have an access line too; the manager goes on, a reload and a stop are quick. When journald reads again, the
# journal says how much was lost, by workers and by the manager.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@deaf.service
write_page deaf log.php <<'END'
<?php
$line = str_repeat('x', 8000);
for ($i = 0; $i < 100; $i++)
	error_log("$i $line");
echo 'done';
END
write_page deaf stderr.php <<'END'
<?php
$f = fopen('php://stderr', 'w');
for ($i = 0; $i < 10; $i++)
	fwrite($f, "by stderr\n");
echo 'done';
END
write_page deaf page.php <<'END'
<?php echo 'done';
END
write_page deaf die.php <<'END'
<?php posix_kill(posix_getpid(), SIGKILL); sleep(5);
END
write_page deaf secret.php <<<'<?php echo "not for the pool";'
chmod 0600 "$CONTAINER_ROOT/srv/www/deaf/secret.php"
pool deaf <<'END'
pm.max_children = 3
access.log = journal
END

# ask PAGE: without nginx, whose own log waits for journald.
ask() {
	in_container python3 "$TOOLS/fcgi.py" /run/fpmd/deaf.sock "/srv/www/deaf/$1.php" 2>/dev/null | tail -n 1
}
assert_eq 'before' 'done' "$(ask page)"

journald=$(unit_property systemd-journald.service MainPID)
let_go() {
	in_container kill -CONT "$journald" || true
}
trap let_go EXIT
in_container kill -STOP "$journald"

# 800 KB each: the first ones fill what there is room for.
begin=$EPOCHREALTIME
for ((i = 0; i < 12; i++)); do
	assert_eq "a request that logs, $i" 'done' "$(ask log)"
done
msec=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
assert_at_most 'ms for 12 requests that log' 6000 "$msec"
assert_eq 'why a script does not open, when its message is lost' 'Access denied.' "$(ask secret)"
begin=$EPOCHREALTIME
assert_eq 'a request that writes to stderr' 'done' "$(ask stderr)"
msec=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
assert_at_most 'ms for 10 lines to stderr' 3000 "$msec"
for ((i = 0; i < 20; i++)); do
	assert_eq 'a page' 'done' "$(ask page)"
done

# The manager has a line for each mistake, and a stream that holds 16 MB.
good=$(<"$CONTAINER_ROOT/etc/fpmd/conf.d/deaf.conf")
{
	echo "$good"
	for ((i = 0; i < 20; i++)); do
		printf '%08000d = 1\n' "$i"
	done
} >"$CONTAINER_ROOT/etc/fpmd/conf.d/deaf.conf"
begin=$EPOCHREALTIME
for ((i = 0; i < 150; i++)); do
	assert_fails in_container fpmctl reload deaf >/dev/null 2>&1
done
msec=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
assert_at_most 'ms for 150 refused reloads' 20000 "$msec"
echo "$good" >"$CONTAINER_ROOT/etc/fpmd/conf.d/deaf.conf"
in_container fpmctl reload deaf >/dev/null
assert_eq 'after the reloads' 'done' "$(ask page)"
for ((i = 0; i < 30; i++)); do
	assert_eq 'a request that logs' 'done' "$(ask log)"
done

# said WHO: how much of theirs was lost
said() {
	grep -q "^journald did not read, [0-9]* $1 are lost$" <(journal_of "$unit" FPMD_EVENT=lines-lost)
}
let_go
wait_for 5 said 'messages of the manager'
for ((i = 0; i < 6; i++)); do
	assert_eq 'afterwards' 'done' "$(ask page)"
done
wait_for 5 said 'lines of worker [0-2]'
journal_of "$unit" FPMD_EVENT=lines-lost

# all of it full again: it stops as fast as ever
in_container kill -STOP "$journald"
for ((i = 0; i < 12; i++)); do
	assert_eq 'a request that logs' 'done' "$(ask log)"
done
begin=$EPOCHREALTIME
in_container systemctl stop "$unit" 2>/dev/null
msec=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
assert_at_most 'ms for a stop' 5000 "$msec"
in_container systemctl start "$unit"
assert_eq 'started again' 'done' "$(ask page)"
