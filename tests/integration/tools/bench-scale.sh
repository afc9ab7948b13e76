#!/bin/bash
# The short form of the bench of many pools (make bench-scale-quick) runs, and what must hold at any size holds: all
# sockets of the pool files are made, nobody who asks for metrics wakes a pool, and of quiet pools no process is left.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer

bench=/usr/local/lib/fpmd-bench
for file in "$TEST_DIR"/../bench/*.py "$TEST_DIR"/../bench/*.lua "$TEST_DIR/transfer.py"; do
	container_copy_in "$file" "$bench/${file##*/}"
done
said=$(in_container python3 "$bench/scale.py" --quick --only generator,units,metrics,boot,start,quiet,live) ||
	fail "it failed: $said"
echo "$said"
for measure in '20 sockets, all at once: ' '20 sockets, daemon-reload: ' 'generator, 20 pools, a file each: ' \
	'generator, 20 pools, one file that includes them: ' 'fpmctl metrics of 20 pools at rest' \
	'20 pools as at boot, s, fpmd / php-fpm' "CPU of a pool's start with its first hello, ms, fpmd / php-fpm's ondemand" \
	'after their quiet time: processes, PSS, MiB' '20 live pools: PSS, private, MiB each'; do
	assert_contains 'the measures' "$measure" "$said"
done
rm -r "${CONTAINER_ROOT:?}$bench"

# In the end each figure that must be something, what it must be, and whether it is.
musts=${said#*What had to be:}
assert_matches 'the musts' 'as at boot, s, fpmd / php-fpm … CPU of PID 1, s +[0-9.]+ +<= 2.5 +yes' "$(tr '\n' ' ' <<<"$musts")"
assert_eq 'a must without an answer' '' "$(grep -E '[<>]= ' <<<"$musts" | grep -vE '(yes|MISSED)$' || true)"
