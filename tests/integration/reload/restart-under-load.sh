#!/bin/bash
# No request is lost when the pool is restarted under load: 8 clients on a page that sleeps 20 ms, three
# restarts, only answers of 200.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page restart slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
pool restart <<<'pm.max_children = 8'
fetch --output /dev/null http://restart.test/slow.php

load_begin http://restart.test/slow.php 8 6
for _ in 1 2 3; do
	sleep 1.2
	in_container systemctl restart fpmd@restart.service
done
load_end answers 500
assert_eq 'the service after' active "$(unit_property fpmd@restart.service ActiveState)"
assert_eq 'failures of the service' '' "$(journal_of fpmd@restart.service --priority=err)"
