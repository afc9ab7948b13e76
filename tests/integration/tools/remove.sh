#!/bin/bash
# fpmctl remove ends a pool and leaves nothing of it that a start or a boot would find: units, sockets, links. Also when
# somebody has deleted the pool file before.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

gone() {
	assert_eq "$1: units" 'inactive inactive' \
		"$(unit_property "fpmd@$1.socket" ActiveState) $(unit_property "fpmd@$1.service" ActiveState)"
	assert_eq "$1: links" '' "$(in_container find /etc/systemd/system -name "fpmd@$1.*")"
	assert_eq "$1: drop-ins" '' "$(in_container find /run/systemd/system /run/systemd/generator -path "*fpmd@$1.*" 2>/dev/null || :)"
	[[ ! -e $CONTAINER_ROOT$2 ]] || in_container test ! -e "$2" || fail "$1: $2 is there"
	in_container test ! -e "/run/fpmd/.drained/$1" || fail "$1: a pool of this name would be drained"
	assert_eq "$1: in the list" '' "$(in_container fpmctl list --names | grep -x "$1" || :)"
}

write_page leaving page.php <<'END'
<?php usleep(1500000); echo 'done';
END
pool leaving <<'END'
listen = /run/fpmd/leaving-a.sock
listen = /run/fpmd/leaving-b.sock
END
site leaving unix:/run/fpmd/leaving-a.sock
in_container systemctl enable --quiet fpmd@leaving.service
in_container fpmctl drain leaving >/dev/null
fetch http://leaving.test/page.php >"$CONTAINER_ROOT/srv/answer" &
sleep 0.7
output=$(in_container fpmctl remove leaving)
wait $!
assert_eq 'what ran has finished' 'done' "$(<"$CONTAINER_ROOT/srv/answer")"
assert_contains 'the file is kept' '/etc/fpmd/conf.d/leaving.conf.removed' "$output"
assert_contains 'both sockets' '/run/fpmd/leaving-b.sock' "$output"
gone leaving /run/fpmd/leaving-a.sock
[[ -e $CONTAINER_ROOT/etc/fpmd/conf.d/leaving.conf.removed ]] || fail 'the file is lost'

# again: what was kept before is there as well
first=$(<"$CONTAINER_ROOT/etc/fpmd/conf.d/leaving.conf.removed")
pool leaving <<<'pm.max_requests = 2'
output=$(in_container fpmctl remove leaving)
assert_contains 'under another name' '/etc/fpmd/conf.d/leaving.conf.removed.2' "$output"
assert_eq 'the first' "$first" "$(<"$CONTAINER_ROOT/etc/fpmd/conf.d/leaving.conf.removed")"
assert_contains 'the second' 'pm.max_requests = 2' "$(<"$CONTAINER_ROOT/etc/fpmd/conf.d/leaving.conf.removed.2")"

# the file is gone, the pool runs on
pool orphan </dev/null
in_container systemctl enable --quiet --now fpmd@orphan.service
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/orphan.conf"
assert_matches 'the list says so' 'orphan .* gone' "$(in_container fpmctl list)"
in_container fpmctl remove orphan >/dev/null
gone orphan /run/fpmd/orphan.sock

# of two in one file nothing is taken away
printf '[p1]\nuser = alice\npm = static\npm.max_children = 1\n[p2]\nuser = alice\npm = static\npm.max_children = 1\n' \
	>"$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"
output=$(in_container fpmctl remove p1 2>&1) && fail 'removed one of two'
assert_contains 'which' 'has the pool p2, too' "$output"
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/two.conf"

# bad input
for name in nobody ../etc 'a b' "$(printf 'a%.0s' {1..300})" $'a\nb' '%n' -; do
	output=$(in_container fpmctl remove -- "$name" 2>&1) && fail "removed $name"
	assert_lacks "$name" removed "$output"
done

# a file that was changed since it was read, and one that is wrong
pool fresh </dev/null
in_container systemctl start fpmd@fresh.service
state() {
	in_container fpmctl list | awk '$1 == "fresh" { print $NF }'
}
assert_eq 'as it was read' ok "$(state)"
sleep 1.1
echo 'pm.max_requests = 7' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/fresh.conf"
assert_eq 'changed' changed "$(state)"
in_container fpmctl reload fresh
assert_eq 'read again' ok "$(state)"
sleep 1.1
printf '[defaults]\nrlimit_files = 2000\n' >"$CONTAINER_ROOT/etc/fpmd/fpmd.conf"
assert_eq 'what holds for all was changed' changed "$(state)"
rm "$CONTAINER_ROOT/etc/fpmd/fpmd.conf"
echo 'nonsense' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/fresh.conf"
assert_eq 'wrong' wrong "$(state)"
assert_contains 'in JSON' '"file_state": "wrong"' "$(in_container fpmctl list --json)"
# one that has been stopped, of which systemd knows no more
in_container systemctl stop fpmd@fresh.socket fpmd@fresh.service
assert_lacks 'of a stopped pool' 'fpmctl:' "$(in_container fpmctl remove fresh 2>&1)"
