#!/bin/bash
# opcache is on, and one memory for all workers of a pool: what one worker has compiled is a hit for the
# other. Another pool has another memory.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

# shellcheck disable=SC2016  # PHP
page='<?php
$s = opcache_get_status(false)["opcache_statistics"];
echo getmypid(), " ", $s["hits"], " ", $s["misses"], " ", (int) opcache_is_script_cached(__FILE__);
usleep((int) ($_GET["usec"] ?? 0));'
write_page opcache stat.php <<<"$page"
write_page another stat.php <<<"$page"
pool opcache </dev/null
pool another <<<'pm = ondemand'

url=http://opcache.test/stat.php
fetch --output /dev/null "$url"
fetch --output /dev/null "$url"

# one worker is kept busy while the other is asked
fetch "$url?usec=500000" >"$CONTAINER_ROOT/srv/first" &
first=$!
sleep 0.2
read -r pid2 hits2 misses2 cached2 < <(fetch "$url" && echo)
wait "$first"
read -r pid1 hits1 misses1 cached1 <"$CONTAINER_ROOT/srv/first" || true
echo "worker $pid1: hits $hits1, misses $misses1; worker $pid2: hits $hits2, misses $misses2"

[[ $pid1 != "$pid2" ]] || fail 'one worker answered both'
assert_eq 'cached for both' '1 1' "$cached1 $cached2"
assert_eq 'nothing was compiled twice' 1 "$misses2"
((hits2 > hits1 && hits1 > 0)) || fail "no common count of hits: $hits1, then $hits2"

read -r _ _ misses _ < <(fetch http://another.test/stat.php && echo)
if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	assert_eq 'the other pool starts from nothing' 1 "$misses"
fi

# The table of its strings, 2 MiB in php-fpm, takes a sixteenth of that, also when opcache has started afresh. On demand
# PHP's own strings, 7 000, stay in the zygote's memory. PHP sees no other difference.
needs_fpmd
shared_of() {
	in_container cat "/proc/$(zygote_of "$1")/smaps" |
		awk '/^[0-9a-f]+-/ { is = / \/dev\/zero \(deleted\)$/ } is && /^Size:/ { size = $2 }
		is && /^Rss:/ && size > 60000 { kib += $2 } END { print kib + 0 }'
}
small() {
	local kib

	kib=$(shared_of "$2")
	echo "$1, $2: $kib KiB"
	((kib > 0 && kib < $3)) || fail "$1, $2: $kib KiB, not below $3"
}
restarted() {
	[[ $(fetch "http://$1.test/stat.php" | cut -d' ' -f3) == [01] ]]
}
# Also where opcache protects its memory.
write_page guarded stat.php <<<"$page"
pool guarded <<'END'
pm = ondemand
php_admin_value[opcache.protect_memory] = 1
END
for case in 'opcache many 1000' 'another few 300' 'guarded few 600'; do
	read -r name strings limit <<<"$case"
	write_page "$name" reset.php <<<'<?php echo (int) opcache_reset();'
	write_page "$name" strings.php <<-'END'
		<?php
		$s = opcache_get_status(false)["interned_strings_usage"];
		echo $s["buffer_size"] > 6000000 ? "whole" : "small", " ", $s["number_of_strings"] > 1000 ? "many" : "few";
	END
	assert_eq "strings, $name" "whole $strings" "$(fetch "http://$name.test/strings.php")"
	small 'after the start' "$name" "$limit"
	assert_eq "reset, $name" 1 "$(fetch "http://$name.test/reset.php")"
	wait_for 5 restarted "$name"
	assert_eq "strings then, $name" "whole $strings" "$(fetch "http://$name.test/strings.php")"
	small 'after a reset' "$name" "$limit"
done
