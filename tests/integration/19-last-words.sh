#!/bin/bash
# What the manager says right before it ends is in journalctl -u fpmd@POOL each time, with its MESSAGE_ID and with
# the unit: journald looks up who has sent something when it reads it, and a process that has gone by then
# has no unit any more. 50 times a manager that refuses its pool file and exits at once.

source "${BASH_SOURCE[0]%/*}/lib.sh"
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
