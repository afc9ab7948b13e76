#!/bin/bash
# What is installed works as it is: `systemctl enable --now fpmd@www.socket` serves pages by the
# commented conf.d/www.conf, and the socket is enabled for the next boot.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

assert_contains 'what its file does not say' 'after 10 minutes without a request the pool leaves' \
	"$(in_container fpmctl check www)"
assert_matches 'when it leaves' 'pm.idle_exit_timeout +10m +derived' "$(in_container fpmctl config www)"
write_page www who.php <<'END'
<?php echo posix_getpwuid(posix_geteuid())['name'];
END
site www
in_container systemctl enable --now fpmd@www.socket
assert_eq 'enabled for the next boot' enabled "$(in_container systemctl is-enabled fpmd@www.socket)"
assert_eq 'user of the page' www-data "$(fetch http://www.test/who.php)"

# the target is all pools together
in_container systemctl stop fpmd.target
in_container systemctl start fpmd.target
assert_eq 'the socket of the target' active "$(unit_property fpmd@www.socket ActiveState)"
in_container systemctl stop fpmd.target
wait_for 10 in_container sh -c '! systemctl is-active --quiet fpmd@www.socket'
wait_for 10 in_container sh -c '! systemctl is-active --quiet fpmd@www.service'
