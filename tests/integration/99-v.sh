#!/bin/bash
source "${BASH_SOURCE[0]%/*}/lib.sh"
write_page probe sleep.php <<'END'
<?php function f() { sleep(30); } f();
END
write_page probe pid.php <<'END'
<?php echo getmypid();
END
write_pool probe <<'END'
process_control_timeout = 3s
[probe]
user = alice
pm = static
pm.max_children = 2
request_terminate_timeout = 2s
END
site probe
in_container systemctl start fpmd@probe.socket fpmd@probe.service
echo "--- timeout in a generation that drains"
fetch --output /dev/null --write-out '%{http_code} %{time_total}\n' http://probe.test/sleep.php &
sleep 1; in_container systemctl reload fpmd@probe
wait
echo "--- timeout after the manager was killed"
fetch --output /dev/null --write-out '%{http_code} %{time_total}\n' http://probe.test/sleep.php &
sleep 0.5
m=$(manager_of probe); in_container kill -KILL $m
wait
echo "--- both killed"
z=$(zygote_of probe); m=$(manager_of probe)
in_container kill -KILL $m $z
sleep 1
fetch http://probe.test/pid.php; echo
sleep 0.5
processes_of probe
in_container systemctl stop fpmd@probe.service
echo "after stop:"; processes_of probe
journal_of fpmd@probe.service | grep -v "left-over\|remains running\|usually"
echo "--- overlapping reloads, with a change"
in_container systemctl start fpmd@probe.service
for i in 1 2 3 4 5 6 7 8; do in_container fpmctl reload probe & done; wait
in_container fpmctl status probe | grep gener
in_container kill -STOP "$(workers_of probe | head -1)"
load http://probe.test/pid.php 4 1
processes_of probe
start=$EPOCHREALTIME; in_container systemctl stop fpmd@probe.service; echo "$start $EPOCHREALTIME"; processes_of probe
