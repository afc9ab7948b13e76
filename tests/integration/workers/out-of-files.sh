#!/bin/bash
# A worker that has no descriptor left for a connection does not end for it: it says which limit it is, and tries again.
# One that has served requests, whose scripts may have left files open, is replaced after some seconds.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool full <<'END'
pm.max_children = 1
END
write_page full page.php <<<'<?php echo getmypid();'

allow_files() {
	in_container runuser -u alice -- prlimit --pid "$worker" --nofile="$1:"
}

worker=$(fetch http://full.test/page.php)
allow_files 3
fetch http://full.test/page.php >"$CONTAINER_ROOT/srv/answer" &
wait_for 3 journal_has fpmd@full 'Cannot accept connections, trying again: this process has as many files open as RLIMIT_NOFILE allows (rlimit_files)'
sleep 1
assert_eq 'lines' 1 "$(journal_of fpmd@full | grep -c 'Cannot accept')"
allow_files 1024
wait $!
assert_eq 'who answers' "$worker" "$(<"$CONTAINER_ROOT/srv/answer")"

allow_files 3
other=$(fetch http://full.test/page.php)
[[ $other != "$worker" ]] || fail "the worker was not replaced"
assert_lacks 'crashes' 'was killed' "$(journal_of fpmd@full)"
