#!/bin/bash
# What the manager says right before it ends is in journalctl -u fpmd@POOL each time, with its MESSAGE_ID and with
# the unit: journald looks up who has sent something when it reads it, and a process that has gone by then
# has no unit any more. 50 times a manager that refuses its pool file and exits at once.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

N=50
event=ab10fb8d3f4b4b1ab2d938f842773258 # config-refused
pool last
write_pool last <<END
user = nobody-of-that-name
pm = static
pm.max_children = 1
END

begin=$EPOCHREALTIME
# StartLimitBurst= is not what this is about.
for ((i = 0; i < N; i++)); do
	in_container systemctl reset-failed fpmd@last.service fpmd@last.socket
	assert_fails in_container systemctl start fpmd@last.service 2>/dev/null
done

entries() {
	journal_of fpmd@last.service --since="@$begin" "$@" | grep -c "$wanted" || true
}
wanted='there is no user'
echo "with MESSAGE_ID and unit: $(entries "MESSAGE_ID=$event")"
assert_eq 'entries of the event that have the unit' $N "$(entries "MESSAGE_ID=$event")"
assert_eq 'and the pool' $N "$(entries FPMD_POOL=last)"
assert_eq 'each once' $N "$(entries)"

# a field is there once, whoever sets it
json=$(in_container journalctl --quiet --output=json --unit=fpmd@last.service -n 1 "MESSAGE_ID=$event")
assert_matches 'FPMD_POOL is one value' '"FPMD_POOL" ?: ?"last"' "$json"
assert_matches '_SYSTEMD_UNIT' '"_SYSTEMD_UNIT" ?: ?"fpmd@last.service"' "$json"

# The same for what a script writes to its standard error without an end, when its worker leaves right behind it;
# on a busy machine journald comes late.
write_page words open.php <<'END'
<?php fwrite(fopen('php://stderr', 'w'), "open-{$_GET['n']}-"); echo '.';
END
pool words <<'END'
pm = static
pm.max_children = 1
pm.max_requests = 1
END
for _ in 1 2 3; do
	timeout 20 bash -c 'while :; do :; done' &
	busy+=($!)
done
# shellcheck disable=SC2016  # the inner shell expands it
answers=$(in_container bash -c 'for ((n = 0; n < 200; n++)); do
	curl --silent "http://words.test/open.php?n=$n"
done')
kill "${busy[@]}" 2>/dev/null || true # on a slow machine they have ended
wait "${busy[@]}" || true
assert_eq 'answers' 200 "${#answers}"
wanted='open-'
all_there() {
	[[ $(journal_of fpmd@words.service | grep -c "$wanted") == 200 ]]
}
wait_for 3 all_there
