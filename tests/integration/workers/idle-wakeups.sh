#!/bin/bash
# A pool that has nothing to do sleeps: in 10 s neither manager nor zygote nor a worker wakes up, but for the
# watchdog (WatchdogSec=30s, of which the manager and the zygote know every 15 s). With each pm, after it has
# served. After 10 s each worker wakes up once, and gives back the memory that its requests have used.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

kinds=(static dynamic ondemand auto)
declare -A conf=(
	[static]='pm.max_children = 3'
	[dynamic]='pm.max_children = 6
pm.min_spare_servers = 1
pm.max_spare_servers = 2'
	[ondemand]='pm.max_children = 6
pm.process_idle_timeout = 1s'
	[auto]=''
)
for kind in "${kinds[@]}"; do
	write_page "idle$kind" nap.php <<'END'
<?php for ($i = 0; $i < 4000; $i++) $a[] = str_repeat('x', 350 + $i % 9); usleep(10000); echo getmypid();
END
	write_pool "idle$kind" <<-END
		user = alice
		pm = $kind
		request_terminate_timeout = 2s
		${conf[$kind]}
	END
	site "idle$kind"
	in_container systemctl start "fpmd@idle$kind.socket" "fpmd@idle$kind.service"
	sleep 0.2 # until all of its first workers wait, or one more is started for the first request
	clients=4
	[[ $kind != auto ]] || clients=1
	burst "http://idle$kind.test/nap.php" "$clients"
done
sleep 3 # shrinking comes first; pm = auto does that after 10 s, and has nothing to shrink

# switches POOL: "COMMAND PID voluntary context switches" of its processes
switches() {
	processes_of "$1" | while read -r pid _ command; do
		echo "$command $pid $(in_container sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$pid/status")"
	done
}
# memory_of PID: KiB that are its own
memory_of() {
	in_container sed -n 's/^Private_Dirty: *\([0-9]*\) kB$/\1/p' "/proc/$1/smaps_rollup"
}
without_counts() {
	sed 's/ [0-9]*$//'
}
declare -A before
for kind in "${kinds[@]}"; do
	before[$kind]=$(switches "idle$kind")
done
worker=$(sed -n '3s/.* \([0-9]*\) [0-9]*$/\1/p' <<<"${before[static]}")
kib=$(memory_of "$worker")
sleep 10
later_kib=$(memory_of "$worker")
echo "worker $worker: $kib KiB, later $later_kib KiB"
((later_kib < kib - 1000)) || fail "worker $worker has kept $later_kib of $kib KiB"
for kind in "${kinds[@]}"; do
	after=$(switches "idle$kind")
	echo "pm = $kind: ${before[$kind]//$'\n'/, } -> ${after//$'\n'/, }"
	assert_eq "processes of pm = $kind" "$(without_counts <<<"${before[$kind]}")" "$(without_counts <<<"$after")"
	n=0
	while read -r command pid count; do
		more=$((count - $(sed -n "s/^$command $pid //p" <<<"${before[$kind]}")))
		if ((n++ < 2)); then # manager and zygote: one ping
			((more <= 3)) || fail "pm = $kind: $command ($pid) woke up $more times"
		else
			((more <= 1)) || fail "pm = $kind: worker $pid woke up $more times"
		fi
	done <<<"$after"
done
