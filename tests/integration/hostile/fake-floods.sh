#!/bin/bash
# A pool program that sends messages, wakes the manager or lets workers die without end (fake_pool.py) takes neither the manager's
# nor systemd's CPU time; what the scoreboard says may be noise.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../fake_pool.sh"
needs_fpmd
needs_no_sanitizer

floods=(pong frame wake mayfly board)
for flood in "${floods[@]}"; do
	fake "$flood"
done
for flood in "${floods[@]}"; do
	start_fakes "$flood"
	manager=$(manager_of "fake-$flood")
	sleep 0.7
	before=$(cpu_of "$manager")
	before_systemd=$(cpu_of 1)
	sleep 1.5
	ms=$(($(cpu_of "$manager") - before))
	ms_systemd=$(($(cpu_of 1) - before_systemd))
	is_in_order "$flood"
	in_container systemctl kill --kill-whom=main --signal=INT "fpmd@fake-$flood.service"
	echo "fake-$flood: $(starts_of "$flood") starts, in 1.5 s $ms ms of the manager, $ms_systemd ms of systemd"
	if ((ms > 400 || ms_systemd > 200)); then
		bad+=" $flood"
	fi
done
stop_fakes "${floods[@]}"
[[ -z ${bad:-} ]] || fail "the manager spins:$bad"
