#!/bin/bash
# pm.max_requests: a worker serves that many and another takes its place; no request is lost by it.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

write_page recycle pid.php <<'END'
<?php echo getmypid();
END
write_pool recycle <<'END'
user = alice
pm = static
pm.max_children = 1
pm.max_requests = 3
END
site recycle
in_container systemctl start fpmd@recycle.socket

pids=()
for _ in {1..9}; do
	pids+=("$(fetch http://recycle.test/pid.php)")
done
echo "workers: ${pids[*]}"
assert_eq 'workers of nine requests' 3 "$(printf '%s\n' "${pids[@]}" | uniq | wc -l)"
assert_eq 'requests of each' '3 3 3' \
	"$(printf '%s\n' "${pids[@]}" | uniq -c | awk '{ printf "%s%s", s, $1; s = " " }')"

result=$(load http://recycle.test/pid.php 4 2)
assert_all_answered 'all answered' "$result"
