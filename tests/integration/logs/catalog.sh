#!/bin/bash
# journalctl -x explains what happens in the life of a pool: the catalog is installed where journald looks, has a
# text for each event, and the entries of start, reload, refused reload, crash, stop and a wrong pool file have the
# MESSAGE_ID of theirs, by which programs find them.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

in_container journalctl --update-catalog
n=$(sed -n 's/.*E(.*"\([0-9a-f]\{32\}\)").*/\1/p' "$TEST_DIR/../../src/contract/events.h" | wc -l)
assert_eq 'texts in the catalog' "$n" "$(in_container journalctl --list-catalog | grep -c 'PHP')"

unit=fpmd@events.service
write_page events die.php <<'END'
<?php posix_kill(posix_getpid(), 6); sleep(5);
END
pool events
wait_for 5 in_container systemctl start "$unit"
in_container systemctl reload "$unit"
assert_eq 'a crash' 502 "$(fetch_status http://events.test/die.php)"
good=$(<"$CONTAINER_ROOT/etc/fpmd/conf.d/events.conf")
write_pool events <<END
user = alice
pm = statik
END
assert_fails in_container systemctl reload "$unit" 2>/dev/null
in_container systemctl stop "$unit"
assert_fails in_container systemctl start "$unit" 2>/dev/null
write_pool events <<<"$good"

# by name, by id, and by unit
has_event() {
	[[ -n $(journal_of "$unit" "FPMD_EVENT=$1") ]]
}
for event in pool-ready reloaded worker-crashed reload-refused pool-stopping config-refused; do
	wait_for 5 has_event "$event"
	id=$(sed -n "s/.*\"$event\", *\"\([0-9a-f]*\)\".*/\1/p" "$TEST_DIR/../../src/contract/events.h")
	assert_eq "entries of $event by name and by id" "$(journal_of "$unit" "FPMD_EVENT=$event")" \
		"$(journal_of "$unit" "MESSAGE_ID=$id")"
done
json=$(in_container journalctl --quiet --output=json --unit="$unit" FPMD_EVENT=worker-crashed)
for field in '"FPMD_POOL":"events"' '"REQUEST_URI":"/die.php"' '"REQUEST_METHOD":"GET"' \
	'"SCRIPT_FILENAME":"/srv/www/events/die.php"' '"PRIORITY":"4"'; do
	assert_contains 'the crash' "$field" "${json//\" : \"/\":\"}"
done

# what people read
text=$(in_container journalctl --quiet --no-pager -x --unit="$unit" -o short)
assert_contains 'explanation' 'A worker of the PHP pool events was killed' "$text"
assert_contains 'what to do' 'fpmd --test events' "$text"
explanations=$(grep '^░░' <<<"$text" || true)
assert_lacks 'explanation' '@' "${explanations//@events/}"
