#!/bin/bash
# A script that sleeps 3 s sleeps 3 s, whatever is done to its pool meanwhile: log rotation (SIGUSR1), SIGHUP,
# SIGUSR2, systemctl reload, systemctl stop. No signal reaches it. The same for a request that waits for a
# child process of its own.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page undisturbed nap.php <<'END'
<?php
$t = microtime(true);
$left = sleep(3);
printf('%d %.1f', $left, microtime(true) - $t);
END
write_page undisturbed child.php <<'END'
<?php
$t = microtime(true);
$child = proc_open(['sh', '-c', 'sleep 2.5; echo said; exit 7'], [1 => ['pipe', 'w']], $pipes);
$said = trim(stream_get_contents($pipes[1]));
printf('%s %d %.1f', $said, proc_close($child), microtime(true) - $t);
END
write_page undisturbed shell.php <<'END'
<?php $t = microtime(true); $said = trim(`sleep 2; echo said`); printf('%s %.1f', $said, microtime(true) - $t);
END
write_page undisturbed pid.php <<'END'
<?php echo getmypid();
END
write_pool undisturbed <<'END'
user = alice
pm = static
pm.max_children = 4
END
site undisturbed
unit=fpmd@undisturbed.service
in_container systemctl start fpmd@undisturbed.socket "$unit"

ask() {
	fetch --write-out ' %{http_code}' "http://undisturbed.test/$1.php" >"$CONTAINER_ROOT/srv/$1.out" &
}
ask nap
ask child
ask shell
sleep 0.3
for signal in USR1 HUP USR2; do
	in_container systemctl kill --kill-whom=main --signal="$signal" "$unit"
	sleep 0.2
done
in_container systemctl reload "$unit"
assert_matches 'a page while they run' '^[0-9]+$' "$(fetch http://undisturbed.test/pid.php)"
start=${EPOCHREALTIME/./}
in_container systemctl stop "$unit"
echo "stopped after $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
wait

assert_matches 'sleep()' '^0 3\.[0-9] 200$' "$(<"$CONTAINER_ROOT/srv/nap.out")"
assert_matches 'proc_open()' '^said 7 2\.[5-9] 200$' "$(<"$CONTAINER_ROOT/srv/child.out")"
assert_matches 'backticks' '^said 2\.[0-9] 200$' "$(<"$CONTAINER_ROOT/srv/shell.out")"
assert_eq 'Result' success "$(unit_property "$unit" Result)"
assert_eq 'processes left' '' "$(processes_of undisturbed)"
assert_eq 'warnings' '' "$(journal_of "$unit" --priority=warning)"
