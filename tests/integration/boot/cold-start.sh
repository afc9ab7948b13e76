#!/bin/bash
# Cold: with only the socket started, the first byte of the first answer comes within 150 ms (median of
# five), PHP's own start included; on a busy machine, within three times what systemd needs there and then to start a
# service in a sandbox that only says PHP's version.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

LIMIT_MSEC=150
LIMIT_RATIO=3

write_page cold page.php <<'END'
<?php echo 'cold';
END
pool cold
fetch --output /dev/null http://cold.test/page.php # the files are in the page cache

# plain_start: how long that takes now, in ms
plain_start() {
	local begin=$EPOCHREALTIME

	in_container systemd-run --quiet --wait --property=PrivateTmp=yes --property=PrivateDevices=yes \
		--property=ProtectSystem=full "php-fpm$FPMD_TEST_PHP" --version
	echo $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
}

times=() plain=()
for _ in 1 2 3 4 5; do
	in_container systemctl stop fpmd@cold.service
	in_container systemctl reset-failed
	assert_eq 'the service before' inactive "$(unit_property fpmd@cold.service ActiveState)"
	plain+=("$(plain_start)")
	times+=("$(in_container python3 "$TOOLS/fcgi.py" --time /run/fpmd/cold.sock /srv/www/cold/page.php)")
done
echo "milliseconds to the first byte: ${times[*]}; of a plain start: ${plain[*]}"
limit=$((LIMIT_RATIO * $(median "${plain[@]}")))
assert_at_most 'median, ms' $((limit > LIMIT_MSEC ? limit : LIMIT_MSEC)) "$(median "${times[@]}")"
