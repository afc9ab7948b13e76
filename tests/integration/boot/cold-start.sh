#!/bin/bash
# Cold: with only the socket started, the first byte of the first answer comes within 150 ms (median of
# five), PHP's own start included.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

LIMIT_MSEC=150

write_page cold page.php <<'END'
<?php echo 'cold';
END
pool cold
fetch --output /dev/null http://cold.test/page.php # the files are in the page cache

times=()
for _ in 1 2 3 4 5; do
	in_container systemctl stop fpmd@cold.service
	in_container systemctl reset-failed
	assert_eq 'the service before' inactive "$(unit_property fpmd@cold.service ActiveState)"
	times+=("$(in_container python3 "$TOOLS/fcgi.py" --time /run/fpmd/cold.sock /srv/www/cold/page.php)")
done
echo "milliseconds to the first byte: ${times[*]}"
assert_at_most 'median, ms' "$LIMIT_MSEC" "$(median "${times[@]}")"
