#!/bin/bash
# When the manager is killed, a request that hangs does not stay for ever: the zygote that is left behind
# ends after process_control_timeout what has not ended by itself. What is quicker answers 200.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page orphans sleep.php <<'END'
<?php sleep((int) $_GET['s']); echo 'slept';
END
write_page orphans loop.php <<'END'
<?php
set_time_limit(0);
while (true)
	$x = ($x ?? 0) + 1;
END
write_pool orphans <<'END'
process_control_timeout = 2s
[orphans]
user = alice
pm = static
pm.max_children = 3
END
site orphans
unit=fpmd@orphans.service
in_container systemctl start fpmd@orphans.socket "$unit"
mapfile -t before < <(processes_of orphans | sed -n 's/^ *\([0-9]*\) .*/\1/p')
assert_eq 'manager, zygote, workers' 5 "${#before[@]}"

begin=${EPOCHREALTIME/./}
fetch --output /dev/null 'http://orphans.test/sleep.php?s=30' &
fetch --output /dev/null http://orphans.test/loop.php &
fetch --write-out ' %{http_code}' 'http://orphans.test/sleep.php?s=1' >"$CONTAINER_ROOT/srv/quick" &
sleep 0.4
in_container systemctl kill --kill-whom=main --signal=KILL "$unit"
wait || true # curl has waited long enough
echo "the last answer came after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
assert_eq 'the quick one' 'slept 200' "$(<"$CONTAINER_ROOT/srv/quick")"
all_have_left() {
	[[ -z $(in_container ps -o pid= -p "${before[*]}") ]]
}
wait_for 3 all_have_left
assert_at_most 'ms until the last of before has left' 5000 $(((${EPOCHREALTIME/./} - begin) / 1000))
