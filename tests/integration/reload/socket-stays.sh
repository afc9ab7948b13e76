#!/bin/bash
# The socket is systemd's: the same file, inode, owner and mode over a stop, a restart and a killed
# manager, and no connection is refused at any of these times.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page stays pid.php <<'END'
<?php echo getmypid();
END
pool stays
fetch --output /dev/null http://stays.test/pid.php

look() {
	in_container stat --format='%i %U %G %a' /run/fpmd/stays.sock
}
before=$(look)
assert_matches 'owner and mode' ' root www-data 660$' "$before"

in_container systemctl restart fpmd@stays.service
assert_eq 'after a restart' "$before" "$(look)"
in_container systemctl kill --kill-whom=main --signal=KILL fpmd@stays.service
assert_eq 'after a killed manager' "$before" "$(look)"
assert_eq 'a page then' 200 "$(fetch_status http://stays.test/pid.php)"
in_container systemctl stop fpmd@stays.service
assert_eq 'after a stop' "$before" "$(look)"
assert_eq 'a page after a stop' 200 "$(fetch_status http://stays.test/pid.php)"
assert_eq 'after a start by the socket' "$before" "$(look)"
