#!/bin/bash
# The privileged process is small: it is not linked with PHP or FastCGI, and its private memory stays
# under 1 MiB, also after it has served. It finds its own folders among those that a drop-in names.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

libraries=$(in_container ldd /usr/sbin/fpmd)
assert_lacks 'libraries of fpmd' libphp "$libraries"
assert_lacks 'libraries of fpmd' libfcgi "$libraries"
assert_lacks 'libraries of the engine' libphp "$(in_container ldd "/usr/libexec/fpmd/$FPMD_TEST_PHP/engine.so")"

mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@folders.service.d"
printf '%s\n' '[Service]' 'RuntimeDirectory=aaa zzz' 'CacheDirectory=aaa zzz' \
	>"$CONTAINER_ROOT/etc/systemd/system/fpmd@folders.service.d/folders.conf"
write_page folders page.php <<<'<?php echo ini_get("opcache.file_cache");'
pool folders <<<'idle_warm = 64M'
assert_matches 'the folder of what is compiled' '^/var/cache/fpmd/folders/[0-9]+/opcache$' \
	"$(fetch http://folders.test/page.php)"
assert_eq 'fpmctl finds it' serving "$(pool_status folders state)"
rm -r "$CONTAINER_ROOT/etc/systemd/system/fpmd@folders.service.d"

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
