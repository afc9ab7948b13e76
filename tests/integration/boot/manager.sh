#!/bin/bash
# The privileged process is small: it is not linked with PHP or FastCGI, and its private memory stays
# under 1 MiB, also after it has served.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

libraries=$(in_container ldd /usr/sbin/fpmd)
assert_lacks 'libraries of fpmd' libphp "$libraries"
assert_lacks 'libraries of fpmd' libfcgi "$libraries"
assert_lacks 'libraries of the engine' libphp "$(in_container ldd "/usr/libexec/fpmd/$FPMD_TEST_PHP/engine.so")"

needs_no_sanitizer
write_page manager page.php <<'END'
<?php echo getmypid();
END
pool manager
load http://manager.test/page.php 4 2

rollup=$(in_container cat "/proc/$(manager_of manager)/smaps_rollup")
clean=$(sed -n 's/^Private_Clean: *\([0-9]*\) kB/\1/p' <<<"$rollup")
dirty=$(sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' <<<"$rollup")
echo "Private_Clean $clean kB (pages of files that nobody else has mapped now), Private_Dirty $dirty kB"
assert_at_most 'private memory of the manager, kB' 1024 $((clean + dirty))
