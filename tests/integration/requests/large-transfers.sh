#!/bin/bash
# A large body in and a large answer out pass through a worker, not into its memory: 256 MiB each way, as
# $_FILES, as php://input, written in pieces and by readfile(), make it grow by less than 2 MiB. What
# arrives is what was sent.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_no_sanitizer

MIB=256
LIMIT_KB=2048

write_pool transfer <<-END
	user = alice
	group = alice
	pm = static
	pm.max_children = 1
	php_admin_value[upload_max_filesize] = 2G
	php_admin_value[post_max_size] = 2G
	php_admin_value[upload_tmp_dir] = /dev/shm
	php_admin_value[max_execution_time] = 60
END
write_page transfer small.php <<<'<?php echo "small";'
write_page transfer file.php <<'END'
<?php
$name = '/dev/shm/transfer.bin';
echo $_FILES['doc']['error'], ' ', (int) move_uploaded_file($_FILES['doc']['tmp_name'], $name), ' ',
	filesize($name), ' ', hash_file('crc32b', $name);
unlink($name);
END
write_page transfer input.php <<'END'
<?php
$in = fopen('php://input', 'r');
$hash = hash_init('crc32b');
$size = 0;
while (($piece = fread($in, 65536)) !== false && $piece !== '') {
	$size += strlen($piece);
	hash_update($hash, $piece);
}
echo $size, ' ', hash_final($hash);
END
write_page transfer pieces.php <<'END'
<?php
while (ob_get_level()) ob_end_flush();
for ($i = 0; $i < $_GET['mib'] * 16; $i++) echo str_repeat('0123456789abcdef', 4096);
END
write_page transfer readfile.php <<'END'
<?php
while (ob_get_level()) ob_end_flush();
readfile('/srv/large.bin');
END
truncate -s ${MIB}M "$CONTAINER_ROOT/srv/large.bin"
site transfer unix:/run/fpmd/transfer.sock /srv/www/transfer 'client_max_body_size 2g;
	fastcgi_request_buffering off; fastcgi_buffering off; fastcgi_read_timeout 60s;'
in_container systemctl start fpmd@transfer.socket fpmd@transfer.service
wait_for 5 fetch --fail http://transfer.test/small.php

worker=$(workers_of transfer)

# status_kb NAME: of the worker.
status_kb() {
	in_container sed -n "s/^$1:[[:space:]]*\\([0-9]*\\) kB/\\1/p" "/proc/$worker/status"
}

private_kb() {
	in_container sed -n 's/^Private_[A-Z][a-z]*:[[:space:]]*\([0-9]*\) kB/\1/p' \
		"/proc/$worker/smaps_rollup" | awk '{ sum += $1 } END { print sum }'
}

# transfer WHAT EXPECTED KIND PATH
transfer() {
	local start=$EPOCHREALTIME peak private

	fetch --output /dev/null http://transfer.test/small.php
	# The peak from here on.
	in_container sh -c "echo 5 >/proc/$worker/clear_refs"
	peak=$(status_kb VmHWM) private=$(private_kb)
	assert_eq "$1" "$2" "$(in_container python3 "$TOOLS/transfer.py" 80 "$3" "$4" $MIB)"
	assert_at_most "$1: growth of the private memory, KiB" $LIMIT_KB \
		"$(clamp $(($(private_kb) - private)))"
	assert_at_most "$1: growth of the peak, KiB" $LIMIT_KB "$(clamp $(($(status_kb VmHWM) - peak)))"
	echo "$1: $(((${EPOCHREALTIME/./} - ${start/./}) / 1000)) ms"
}

clamp() {
	echo $(($1 > 0 ? $1 : 0))
}

bytes=$((MIB << 20))
# shellcheck disable=SC2016  # PHP
sum=$(in_container php -r '$h = hash_init("crc32b"); $piece = implode(array_map("chr", range(0, 255)));
	$piece = str_repeat($piece, 4096);
	for ($i = 0; $i < (int) $argv[1]; $i++) hash_update($h, $piece);
	echo hash_final($h);' $MIB)
transfer 'answer in pieces' "200 $bytes" down /pieces.php
transfer 'answer of readfile()' "200 $bytes" down /readfile.php
transfer 'php://input' "$bytes $sum" up /input.php
transfer 'uploaded file' "0 1 $bytes $sum" multipart /file.php
