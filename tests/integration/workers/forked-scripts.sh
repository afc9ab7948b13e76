#!/bin/bash
# A script that forks and does not end its child leaves no second worker behind: the child ends with the request,
# the pool serves on with those that it had.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool forked <<'END'
pm.max_children = 2
php_pcntl = yes
END
write_page forked fork.php <<'END'
<?php
if (pcntl_fork() > 0)
	pcntl_wait($status); # it has ended the answer
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
