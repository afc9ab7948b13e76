#!/bin/bash
# A mistake in a pool file is one line that names file, line and directive; exit status 78; a failed unit that is
# not started again and again. fpmd --test says the same line, and all mistakes at once.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

conf=/etc/fpmd/conf.d

# refused WHAT PART-OF-THE-LINE <<END: the pool "bad" with that file does not start.
refused() {
	local unit=fpmd@bad.service output status=0 log begin

	write_pool bad
	in_container systemctl stop fpmd@bad.socket "$unit" 2>/dev/null || true
	in_container systemctl reset-failed 2>/dev/null || true

	output=$(in_container fpmd --test bad 2>&1) || status=$?
	assert_eq "$1: exit status of --test" 78 "$status"
	assert_contains "$1: fpmd --test" "$2" "$output"
	assert_eq "$1: lines of fpmd --test" 1 "$(grep -c . <<<"$output")"

	begin=$EPOCHREALTIME
	assert_fails in_container systemctl start "$unit" 2>/dev/null
	assert_eq "$1: ExecMainStatus" 78 "$(unit_property "$unit" ExecMainStatus)"
	assert_eq "$1: ActiveState" failed "$(unit_property "$unit" ActiveState)"
	assert_eq "$1: NRestarts" 0 "$(unit_property "$unit" NRestarts)"
	log=$(journal_of "$unit" --priority=err --identifier=fpmd --since="@$begin")
	assert_contains "$1: journal" "$2" "$log"
	assert_eq "$1: errors in the journal" 1 "$(grep -c . <<<"$log")"
	echo "$log"
}

refused 'unknown directive' 'bad.conf:5: frobnicate' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
frobnicate = 1
END
# --test tells of each wrong line, in their order
write_pool bad <<'END'
[bad]
user = alice
pm = sometimes
pm.max_children = many
frobnicate = 1
END
assert_eq 'wrong lines' $'bad.conf:3: pm:\nbad.conf:4: pm.max_children:\nbad.conf:5: frobnicate:' \
	"$(in_container fpmd --test bad 2>&1 | grep -o 'bad.conf:[0-9]: [a-z._]*:')"

refused 'a number below the range' 'bad.conf:4: pm.max_children' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 0
END
refused 'no number' 'bad.conf:4: pm.max_children' <<'END'
[bad]
user = alice
pm = static
pm.max_children = many
END
refused 'unknown word' 'bad.conf:3: pm' <<'END'
[bad]
user = alice
pm = sometimes
pm.max_children = 1
END
refused 'priority out of range' 'bad.conf:5: process.priority' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
process.priority = 50
END
refused 'no switch' 'bad.conf:5: clear_env' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
clear_env = perhaps
END
refused 'no user' 'user' <<'END'
[bad]
pm = static
pm.max_children = 1
END
refused 'a user that does not exist' 'bad.conf:2: user' <<'END'
[bad]
user = nosuchuser
pm = static
pm.max_children = 1
END
refused 'a group that does not exist' 'bad.conf:3: group' <<'END'
[bad]
user = alice
group = nosuchgroup
pm = static
pm.max_children = 1
END
refused 'PHP as root' 'bad.conf:2: user' <<'END'
[bad]
user = root
pm = static
pm.max_children = 1
END
refused 'a php.ini that does not exist' 'bad.conf:5: php_ini' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
php_ini = /etc/fpmd/nosuch.ini
END
refused 'a scan directory that does not exist' 'bad.conf:5: php_ini_scan_dir' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
php_ini_scan_dir = /etc/fpmd/nosuch.d
END
refused 'a chroot that does not exist' 'bad.conf:5: chroot' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
chroot = /nosuch/jail
END
refused 'a chroot that is a file' 'bad.conf:5: chroot' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
chroot = /etc/passwd
END
refused 'a directory that does not exist' 'bad.conf:5: chdir' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
chdir = /nosuch/directory
END
refused 'no key = value' 'bad.conf:3' <<'END'
[bad]
user = alice
pm static
END
refused 'an array without a key' 'bad.conf:5: php_value' <<'END'
[bad]
user = alice
pm = static
pm.max_children = 1
php_value[] = 1
END
refused 'control bytes are not printed as they are' 'bad.conf:5: evil?c?: there is no such' <<END
[bad]
user = alice
pm = static
pm.max_children = 1
$(printf 'evil\033c\a') = 1
END
refused 'nor those of UTF-8, which some terminals obey' "bad.conf:4: pm.max_children: 'evil??2J???' is not" <<END
[bad]
user = alice
pm = static
pm.max_children = $(printf 'evil\302\2332J\342\200\256')
END

# all_of_them LINE…: what --test, a start and fpmctl check say of the pool "several": these, in this order, and no others.
all_of_them() {
	local status=0 begin=$EPOCHREALTIME output expected

	expected=$(printf '/etc/fpmd/conf.d/%s\n' "$@")
	output=$(in_container fpmd --test several 2>&1) || status=$?
	assert_eq 'several: exit status of --test' 78 "$status"
	assert_eq 'several: --test' "$expected" "$output"
	assert_eq 'several: fpmctl check' "$expected" "$(in_container fpmctl check several 2>&1 || true)"
	in_container systemctl reset-failed
	assert_fails in_container systemctl start fpmd@several.service 2>/dev/null
	assert_eq 'several: journal' "$expected" \
		"$(journal_of fpmd@several.service --priority=err --identifier=fpmd --since="@$begin")"
}
write_pool several <<'END'
user alice
pm = dynamic
pm.max_children = many
frobnicate = 1
listen.mode = rw
request_slowlog_timeout = 9
request_terminate_timeout = 3
END
all_of_them "several.conf:2: 'user alice': there is no =, write user = alice" \
	"several.conf:4: pm.max_children: 'many' is not a whole number" \
	"several.conf:5: frobnicate: there is no such directive" \
	"several.conf:6: listen.mode: 'rw' is not an octal mode such as 0660" \
	"several.conf:7: request_slowlog_timeout: is above request_terminate_timeout, which ends the request first"
# what the machine lacks: a log that nobody can write is no mistake of its own where there is no user
write_pool several <<'END'
user = nosuchuser
pm = static
pm.max_children = 1
chroot = /nosuch/jail
chdir = /www
php_ini = /etc/fpmd/nosuch.ini
access.log = /nosuch/log
listen.group = nosuch
END
all_of_them "several.conf:2: user: there is no user 'nosuchuser' on this machine" \
	"several.conf:9: listen.group: there is no group 'nosuch' on this machine" \
	"several.conf:5: chroot: '/nosuch/jail': No such file or directory; create it or name another folder" \
	"several.conf:7: php_ini: '/etc/fpmd/nosuch.ini': No such file or directory; name a php.ini that exists" \
	"several.conf:8: access.log: '/nosuch/log': No such file or directory; create its folder or name another"
# a reload tells each mistake in the same words, with the same exit status, whether the pool runs or is at rest; its
# journal tells each once
write_pool several <<'END'
user = alice
pm = static
pm.max_children = 1
END
in_container systemctl start fpmd@several.service
write_pool several <<'END'
usr = alice
pm = sometimes
END
# tells STATUS COMMAND…: what it says of the mistakes
tells() {
	local expected=$1 status=0
	shift

	said=$(in_container "$@" 2>&1) || status=$?
	assert_eq "exit status of $*" "$expected" "$status"
}
tells 78 fpmctl check several
expected=$said
assert_contains 'the mistakes' '/etc/fpmd/conf.d/several.conf:2: usr: there is no such directive, is it user?' "$expected"
assert_contains 'the mistakes' "/etc/fpmd/conf.d/several.conf:3: pm: 'sometimes' " "$expected"
assert_eq 'a line for each' 2 "$(wc -l <<<"$expected")"
tells 78 fpmd --test several
assert_eq 'fpmd --test' "$expected" "$said"
begin=$EPOCHREALTIME
tells 78 fpmctl reload several
assert_eq 'a reload' "$expected"$'\nfpmctl: pool several: not reloaded, what runs goes on' "$said"
tells 1 systemctl reload fpmd@several.service
log=$(journal_of fpmd@several.service --since="@$begin")
assert_eq 'the reason of both reloads' 2 "$(grep -c 'Reload refused.*several.conf:2: usr: .* (and 1 more, which fpmctl check tells)$' <<<"$log")"
assert_eq 'the first mistake' 2 "$(grep -c 'usr: there is no such directive' <<<"$log")"
assert_eq 'the second mistake' 2 "$(grep -c "several.conf:3: pm: 'sometimes'" <<<"$log")"
in_container systemctl stop fpmd@several.service
in_container systemctl start fpmd@several.socket
tells 78 fpmctl reload several
assert_eq 'a reload of a pool at rest' "$expected" "$said"
in_container systemctl stop fpmd@several.socket
for command in 'fpmd --test' 'fpmctl check' 'fpmctl reload'; do
	# shellcheck disable=SC2086  # words
	tells 66 $command nosuch
	assert_contains "$command: no such pool" '/etc/fpmd/conf.d/nosuch.conf' "$said"
done
chmod 600 "$CONTAINER_ROOT$conf/several.conf"
for command in 'fpmd --test' 'fpmctl check'; do
	# shellcheck disable=SC2086
	tells 77 setpriv --reuid=2002 --regid=2002 --clear-groups $command several
done

# names of the socket: with them systemd fails to start the socket and names neither file nor line
refused_by_test() {
	local output status=0

	write_pool bad
	output=$(in_container fpmd --test bad 2>&1) || status=$?
	assert_eq "$1: exit status of --test" 78 "$status"
	assert_contains "$1: fpmd --test" "$1" "$output"
	assert_eq "$1: lines of fpmd --test" 1 "$(grep -c . <<<"$output")"
}
minimum=$'user = alice\npm = static\npm.max_children = 1'
refused_by_test "bad.conf:5: listen.owner: there is no user 'nosuch'" <<<"$minimum
listen.owner = nosuch"
refused_by_test "bad.conf:5: listen.group: there is no group 'nosuch'" <<<"$minimum
listen.group = nosuch"
refused_by_test "bad.conf:5: listen.acl_users: there is no user 'nosuch'" <<<"$minimum
listen.acl_users = alice, nosuch"
refused_by_test "bad.conf:5: listen.acl_groups: there is no group 'nosuch'" <<<"$minimum
listen.acl_groups = nosuch"
refused_by_test 'bad.conf: group: not set; user 12345 has no entry in the user database' <<<"${minimum/alice/12345}"
refused_by_test "bad.conf:5: listen.allowed_clients: 'host' is not an IP address, which refuses the pool" <<<"$minimum
listen.allowed_clients = 127.0.0.1,host"
refused_by_test 'bad.conf:6: ping.path' <<<"$minimum
pm.status_path = /same
ping.path = /same"
write_pool bad <<<"$minimum
listen.owner = 4711
listen.group = 4712"
assert_eq 'numbers need no entry' 0 "$(in_container fpmd --test bad >/dev/null 2>&1; echo $?)"
# the same at a start, when the socket is there from before
in_container systemctl start fpmd@bad.socket
echo 'listen.group = nosuch' >>"$CONTAINER_ROOT$conf/bad.conf"
in_container sh -c 'sed -i /listen.group.=.4712/d /etc/fpmd/conf.d/bad.conf'
in_container systemctl reset-failed
assert_fails in_container systemctl start fpmd@bad.service 2>/dev/null
assert_eq 'at a start: ExecMainStatus' 78 "$(unit_property fpmd@bad.service ExecMainStatus)"
assert_contains 'at a start' "bad.conf:6: listen.group: there is no group 'nosuch'" \
	"$(journal_of fpmd@bad.service --priority=err)"
in_container systemctl stop fpmd@bad.socket

# a file that cannot be read, and one that is not there
rm -f "$CONTAINER_ROOT$conf/bad.conf"
mkdir "$CONTAINER_ROOT$conf/bad.conf"
in_container systemctl daemon-reload
assert_fails in_container systemctl start fpmd@bad.service 2>/dev/null
assert_eq 'a directory: ExecMainStatus' 78 "$(unit_property fpmd@bad.service ExecMainStatus)"
assert_contains 'a directory: journal' bad.conf "$(journal_of fpmd@bad.service --priority=err)"
assert_fails in_container systemctl start fpmd@nosuch.service 2>/dev/null
assert_eq 'no file: ExecMainStatus' 78 "$(unit_property fpmd@nosuch.service ExecMainStatus)"
assert_eq 'no file: NRestarts' 0 "$(unit_property fpmd@nosuch.service NRestarts)"
assert_contains 'no file: journal' "$conf/nosuch.conf" "$(journal_of fpmd@nosuch.service --priority=err)"

# by hand: no socket, and names that are no names
write_pool good <<'END'
user = alice
pm = static
pm.max_children = 1
END
# by_hand WHAT PART ARGUMENT…: fails with one line that has PART in it
by_hand() {
	local what=$1 part=$2 output status=0
	shift 2

	output=$(in_container timeout 5 fpmd "$@" 2>&1) || status=$?
	echo "$output"
	assert_matches "$what: exit status" '^(64|78)$' "$status"
	assert_contains "$what: the line" "$part" "$output"
	assert_eq "$what: lines" 1 "$(grep -c . <<<"$output")"
}
by_hand 'no socket passed' socket good
by_hand 'a path' '../etc' --test ../etc
by_hand 'a path' '../etc' ../etc
by_hand 'a path' '/etc/passwd' --test /etc/passwd
by_hand 'an empty name' '' --test ''
by_hand 'a hidden name' '.hidden' --test .hidden
assert_eq 'a good file' 0 "$(in_container fpmd --test good >/dev/null 2>&1; echo $?)"

# through the socket: the unit fails, and after a few tries that is the end of it
rmdir "$CONTAINER_ROOT$conf/bad.conf"
write_pool bad <<'END'
user = nosuchuser
END
in_container systemctl reset-failed
begin=$EPOCHREALTIME
starts_since() {
	in_container journalctl --quiet --output=cat --since="@$begin" -u fpmd@bad.service |
		grep -c '^Starting ' || true
}
in_container systemctl start fpmd@bad.socket
site bad
assert_eq 'what nginx answers' 502 "$(fetch_status http://bad.test/x.php)"
sleep 2
assert_at_most 'starts by one request' 2 "$(starts_since)"
assert_contains 'what to do' 'then run systemctl restart fpmd@bad' "$(journal_of fpmd@bad --priority=err)"
assert_eq 'the socket, which would start it again' inactive "$(unit_property fpmd@bad.socket ActiveState)"
