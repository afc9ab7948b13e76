#!/bin/bash
# The limit of open files is that of scripts alone: 1300 workers start although the soft limit is 1024, rlimit_files
# = 64 stops no pool of 100, and each script gets what rlimit_files says, else what the unit gives. A hard limit that
# is too low for pm.max_children is refused with one line, by a check as at the start.
# Time limit: 90 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # so many workers would not fit

write_page files limits.php <<'END'
<?php
$limit = posix_getrlimit();
echo $limit['soft openfiles'], ' ', $limit['hard openfiles'];
END
write_page files open.php <<'END'
<?php
for ($n = 0; $f[] = @fopen('/dev/null', 'r'); $n++)
	;
echo $n;
END
# configure MAX LINE
configure() {
	write_pool files <<-END
		user = alice
		pm = static
		pm.max_children = $1
		$2
	END
}
n_idle() {
	[[ $(pool_status files idle) == "$1" ]]
}
unit=fpmd@files.service
dropin=$CONTAINER_ROOT/etc/systemd/system/$unit.d
# limit VALUE: LimitNOFILE= of the unit
limit() {
	mkdir -p "$dropin"
	printf '[Service]\nLimitNOFILE=%s\n' "$1" >"$dropin/files.conf"
	in_container systemctl daemon-reload
}

limit 1024:15000
configure 1300 ''
site files
in_container systemctl start fpmd@files.socket "$unit"
wait_for 20 n_idle 1300
assert_eq 'as the unit gives' '1024 15000' "$(fetch http://files.test/limits.php)"

configure 100 'rlimit_files = 64'
in_container systemctl restart "$unit"
wait_for 10 n_idle 100
assert_eq 'rlimit_files' '64 64' "$(fetch http://files.test/limits.php)"
n=$(fetch http://files.test/open.php)
((n > 20 && n < 64)) || fail "a script could open $n files"

# The unit's own limit is too low for what the pool file asks for, which systemd has not read yet.
limit 200:4000
configure 10 ''
sed -i 's/^pm = .*/&\nrlimit_files = 5000/' "$CONTAINER_ROOT/etc/fpmd/conf.d/files.conf"
if in_container prlimit --nofile=200:400 prlimit --nofile=200:500 true 2>/dev/null; then
	assert_contains 'a check' 'rlimit_files: is new to its service' \
		"$(in_container prlimit --nofile=200:4000 fpmctl check files 2>&1)"
	in_container systemctl restart "$unit"
	wait_for 10 n_idle 10
	assert_eq 'raised' '5000 5000' "$(fetch http://files.test/limits.php)"
	assert_contains 'and says so' 'What the pool file asks for is new to the service' "$(journal_of "$unit" --priority=warning)"
fi

# It may not raise it: said before anything is started.
limit 200:400
configure 300 ''
assert_fails in_container systemctl restart "$unit" 2>/dev/null
wait_for 5 journal_has "$unit" \
	'files.conf:4: pm.max_children: needs 728 open files in one process, and the limit is 400: raise LimitNOFILE= of the unit'
in_container systemctl stop "$unit" fpmd@files.socket
assert_contains '--test' 'pm.max_children: needs 728 open files' \
	"$(in_container prlimit --nofile=200:400 setpriv --bounding-set=-sys_resource \
		--inh-caps=-sys_resource /usr/sbin/fpmd --test files 2>&1 || true)"

# Whoever tests the file has other limits than the service.
limit 200:1500
configure 900 ''
for user in root bob; do
	status=0
	said=$(in_container runuser -u $user -- fpmctl check files 2>&1) || status=$?
	assert_eq "$user: status of a check" 78 "$status"
	assert_contains "$user: a check" 'pm.max_children: needs 1928 open files in one process, and the limit is 1500' "$said"
done
limit 200:2000
in_container fpmd --test files

# Where systemd does not answer for one pool, the others do not wait for it, too.
for name in one two three four; do
	write_pool "$name" <<<$'user = alice\npm = static\npm.max_children = 600'
done
kill -STOP "$CONTAINER_INIT"
begin=${EPOCHREALTIME/./}
in_container fpmd --test one two three four || true
took=$((${EPOCHREALTIME/./} - begin))
kill -CONT "$CONTAINER_INIT"
assert_at_most 'milliseconds beside a systemd that is stuck' 6000 $((took / 1000))
