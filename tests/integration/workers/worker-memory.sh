#!/bin/bash
# pm.max_worker_memory: a worker that has grown beyond it is replaced after its request, which the journal
# says; no request is lost by it, and a worker that stays small stays. One that rests keeps little.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # whose workers begin with more

# A worker that rests keeps little: that of an ondemand pool, whose opcache has written what was compiled to files, no
# more than that of a static one. After 10 s, in which the rest of the test runs.
declare -A resting
for pm in static ondemand; do
	write_page "calm$pm" pid.php <<-'END'
		<?php echo getmypid();
	END
	write_pool "calm$pm" <<-END
		user = alice
		pm = $pm
		pm.max_children = 1
		pm.process_idle_timeout = 10m
	END
	site "calm$pm"
	in_container systemctl start "fpmd@calm$pm.socket"
	resting[$pm]=$(fetch "http://calm$pm.test/pid.php")
	[[ ${resting[$pm]} =~ ^[0-9]+$ ]] || fail "${resting[$pm]}"
done
rests_since=$SECONDS

# private PID: KiB of its own that it has written to.
private() {
	in_container sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' "/proc/$1/smaps_rollup"
}

write_page heavy pid.php <<'END'
<?php echo getmypid();
END
# Memory that PHP does not free at the end of the request, as an extension that leaks would.
write_page heavy leak.php <<'END'
<?php
$bytes = 12 << 20;
FFI::memset(FFI::new("char[$bytes]", false, true), 1, $bytes);
echo getmypid();
END
# Much, but freed at the end.
write_page heavy large.php <<'END'
<?php
echo getmypid(), ' ', strlen(str_repeat('x', 100 << 20)) >> 20;
END
write_pool heavy <<'END'
user = alice
pm = static
pm.max_children = 1
pm.max_worker_memory = 40M
php_admin_value[ffi.enable] = 1
php_admin_value[memory_limit] = 256M
END
site heavy
in_container systemctl start fpmd@heavy.socket

first=$(fetch http://heavy.test/pid.php)
[[ $first =~ ^[0-9]+$ ]] || fail "$first"
if [[ $(fetch http://heavy.test/leak.php) != "$first" ]]; then
	skip 'PHP has no FFI here'
fi
assert_eq 'a request that frees what it takes' "$first 100" "$(fetch http://heavy.test/large.php)"
assert_eq 'the same worker after it' "$first" "$(fetch http://heavy.test/pid.php)"

# 12 MB each: the fourth request at the latest is the last of its worker, which has 40 to 52 MB then, and its own.
pids=("$first")
for _ in {1..8}; do
	pids+=("$(fetch http://heavy.test/leak.php)")
done
echo "workers: ${pids[*]}"
n_workers=$(printf '%s\n' "${pids[@]}" | uniq | wc -l)
((n_workers >= 3 && n_workers <= 4)) || fail "$n_workers workers served the leaking script"
wait_for 2 journal_has fpmd@heavy.service 'beyond pm.max_worker_memory'
assert_matches 'journal' 'Worker 0 has grown to (4[0-9]|5[0-4]) MiB, beyond pm.max_worker_memory, after [0-9]+ requests: it is replaced' \
	"$(journal_of fpmd@heavy.service)"

# under load
result=$(load http://heavy.test/leak.php 4 1.5)
assert_all_answered 'all answered' "$result"
assert_eq 'warnings' '' "$(journal_of fpmd@heavy.service --priority=warning)"

rest_is_over() {
	((SECONDS >= rests_since + 12))
}
wait_for 15 rest_is_over
static=$(private "${resting[static]}")
assert_at_most 'KiB of a static worker that rests' 500 "$static"
assert_at_most 'KiB of an ondemand one' $((static + 48)) "$(private "${resting[ondemand]}")"
