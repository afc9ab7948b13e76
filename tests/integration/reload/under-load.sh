#!/bin/bash
# 20 reloads in some 8 s under the load of 8 clients on a page of 20 ms: each succeeds, no request is lost,
# and of the generations before the last none stays.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page reloads slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
pool reloads <<<'pm.max_children = 8'
unit=fpmd@reloads.service
in_container systemctl start "$unit"
manager=$(manager_of reloads)

load_begin http://reloads.test/slow.php 8 8.5
for _ in {1..20}; do
	in_container systemctl reload "$unit"
	sleep 0.25
done
load_end answers 1000

assert_contains 'generations' 'generation:           21' "$(in_container fpmctl status reloads)"
assert_eq 'the manager' "$manager" "$(manager_of reloads)"
only_the_last() {
	[[ $(processes_of reloads | wc -l) == 10 ]]
}
wait_for 3 only_the_last
assert_eq 'warnings' '' "$(journal_of "$unit" --priority=warning)"
