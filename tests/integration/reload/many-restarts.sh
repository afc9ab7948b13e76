#!/bin/bash
# Ten restarts in a row, as of a deployment of many steps, are not too many for systemd: the pool and its
# socket are there afterwards, and no request of the meantime is lost.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page many slow.php <<'END'
<?php usleep(20000); echo getmypid();
END
pool many
unit=fpmd@many.service
in_container systemctl start "$unit"

load_begin http://many.test/slow.php 4 3
for _ in {1..10}; do
	in_container systemctl restart "$unit"
done
load_end answers
assert_eq 'the service' active "$(unit_property "$unit" ActiveState)"
assert_eq 'the socket' active "$(unit_property fpmd@many.socket ActiveState)"
