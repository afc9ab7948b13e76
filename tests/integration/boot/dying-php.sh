#!/bin/bash
# Time limit: 120 s
# PHP dies each time it starts, after 1.1 s at first and then at once: the pool tries ten times with growing pauses, then
# the service fails with one line that says how to go on, and the socket is stopped, which would start it again for
# whoever waits. After the mend one restart of the service brings both back.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@dying.service
write_page dying page.php <<<'<?php echo "lives";'
cat >"$CONTAINER_ROOT/usr/local/bin/dying-php" <<'END'
#!/bin/sh
echo try >>/tmp/tries
[ "$(wc -l </tmp/tries)" -gt 3 ] || sleep 1.1
exit 1
END
chmod +x "$CONTAINER_ROOT/usr/local/bin/dying-php"
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/$unit.d"
printf '%s\n' '[Service]' ExecStart= 'ExecStart=/usr/sbin/fpmd --pool-program=/usr/local/bin/dying-php %i' \
	TimeoutStartSec=20s >"$CONTAINER_ROOT/etc/systemd/system/$unit.d/dying.conf"
pool dying </dev/null

begin=$EPOCHREALTIME
fetch_status --max-time 90 http://dying.test/page.php >"$CONTAINER_ROOT/srv/answer" &
answer=$!
starting() {
	[[ $(unit_property "$unit" ActiveState) == activating ]]
}
wait_for 3 starting
has_failed() {
	[[ $(unit_property "$unit" ActiveState) == failed ]]
}
wait_for 70 has_failed
wait "$answer"
assert_eq 'who waited is told' 502 "$(<"$CONTAINER_ROOT/srv/answer")"
assert_eq 'exit status' 70 "$(unit_property "$unit" ExecMainStatus)"
assert_eq 'the socket' inactive "$(unit_property fpmd@dying.socket ActiveState)"
lines=$(in_container journalctl --quiet --output=cat --since="@$begin" --unit=fpmd@dying.service)
echo "$lines"
assert_eq 'starts of the service' 1 "$(grep -c '^Starting ' <<<"$lines")"
assert_at_most 'lines' 50 "$(wc -l <<<"$lines")"
assert_eq 'the last word' \
	'PHP did not start 10 times in a row, giving up: correct what the lines above name, then run systemctl restart fpmd@dying' \
	"$(journal_of "$unit" FPMD_EVENT=start-given-up)"
assert_eq 'at once' 502 "$(fetch_status --max-time 2 http://dying.test/page.php)"

# mended
rm "$CONTAINER_ROOT/etc/systemd/system/$unit.d/dying.conf"
in_container systemctl daemon-reload
in_container systemctl restart "$unit"
assert_eq 'a page' lives "$(fetch http://dying.test/page.php)"
assert_eq 'the socket' active "$(unit_property fpmd@dying.socket ActiveState)"

# A program that is gone after its first try is tried as often: it may come back, and nobody waits for a manager that does
# nothing.
vanishing=/srv/vanishing/php
in_container install -d -o alice -g alice /srv/vanishing
printf '#!/bin/sh\nrm %s\nexit 1\n' "$vanishing" >"$CONTAINER_ROOT$vanishing"
chmod +x "$CONTAINER_ROOT$vanishing"
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/$unit.d"
printf '%s\n' '[Service]' ExecStart= "ExecStart=/usr/sbin/fpmd --pool-program=$vanishing %i" \
	>"$CONTAINER_ROOT/etc/systemd/system/$unit.d/dying.conf"
in_container systemctl daemon-reload
begin=$EPOCHREALTIME
in_container systemctl restart --no-block "$unit"
tried_again() {
	(($(journal_of "$unit" | grep -c '^Cannot execute the pool program') >= 2))
}
wait_for 10 tried_again
said=$(journal_of "$unit" FPMD_EVENT=start-throttled --since="@$begin")
assert_matches 'what has died' '^The zygote died [0-9.]+ s after its start, try 1 of 10: the next one is in ' "$said"
assert_matches 'what was not there' '
PHP could not be started, try 2 of 10: the next one is in ' "$said"
assert_lacks 'a death of what was not there' 'died 0.0 s after its start, try 2' "$said"
in_container systemctl stop "$unit"
