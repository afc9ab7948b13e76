#!/bin/bash
# Errors of PHP and error_log() are structured: where in the code, in which request, of which pool and worker, so that
# journalctl FPMD_POOL=… REQUEST_URI=… finds them, also in a chroot. Fatal errors keep their stack trace in one entry.
# Long lines stay whole, lines without an end come out, a worker that leaves or dies right behind its
# words loses nothing. A script that floods harms nobody else; a journald that hangs stops no request.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

jail=/srv/jail
unit=fpmd@fields.service
write_page fields x.php <<'END'
<?php
function f($what)
{
	switch ($what) {
	case 'warning': trigger_error('by a warning', E_USER_WARNING); break;
	case 'log':
		error_log("first of two\nsecond of two");
		break;
	case 'fatal':
		throw new RuntimeException('by an exception');
	case 'long': error_log(str_repeat('l', 200000) . ' end'); break;
	case 'stderr': fwrite(fopen('php://stderr', 'w'), str_repeat('s', 60000) . " end of s\n"); break;
	case 'open': fwrite(fopen('php://stderr', 'w'), 'without an end'); break;
	case 'die': error_log('last words of ' . $_GET['n']); posix_kill(posix_getpid(), 9); sleep(1);
	case 'flood':
		for ($i = 0; $i < 10000; $i++)
			error_log('flood');
		break;
	case 'flood-stderr':
		$f = fopen('php://stderr', 'w');
		for ($i = 0; $i < 100000; $i++)
			fwrite($f, "flood of stderr\n");
		break;
	}
	echo 'done';
}
f($_GET['what']);
END
mkdir -p "$CONTAINER_ROOT$jail/www"
cp -p "$CONTAINER_ROOT/srv/www/fields/x.php" "$CONTAINER_ROOT$jail/www/"
write_page fields hello.php <<<'<?php echo "hello";'
write_pool fields <<END
user = alice
pm = static
pm.max_children = 3
php_admin_value[error_reporting] = 32767
END
write_pool fieldsjail <<END
user = alice
pm = static
pm.max_children = 1
chroot = $jail
END
write_pool leaving <<END
user = alice
pm = static
pm.max_children = 2
pm.max_requests = 1
END
write_pool other <<END
user = bob
pm = static
pm.max_children = 1
END
site fields
site fieldsjail unix:/run/fpmd/fieldsjail.sock /www
site leaving unix:/run/fpmd/leaving.sock /srv/www/fields
site other unix:/run/fpmd/other.sock /srv/www/fields
for name in fields fieldsjail leaving other; do
	in_container systemctl start "fpmd@$name.socket" "fpmd@$name.service"
done
begin=$EPOCHREALTIME
for what in warning log long stderr; do
	assert_eq "$what" 'done' "$(fetch "http://fields.test/x.php?what=$what")"
done
assert_eq 'jail' 'done' "$(fetch 'http://fieldsjail.test/x.php?what=warning')"
assert_eq 'fatal' 500 "$(fetch_status 'http://fields.test/x.php?what=fatal')"

# json MATCH…: one entry, or an error
json() {
	in_container journalctl --sync
	in_container journalctl --quiet --since="@$begin" --output=json --all "$@"
}
# value NAME MATCH…
value() {
	local name=$1
	shift
	json "$@" | in_container python3 -c '
import json, sys
lines = sys.stdin.read().splitlines()
assert len(lines) == 1, lines
print(json.loads(lines[0]).get(sys.argv[1]))' "$name"
}
at=(FPMD_POOL=fields "REQUEST_URI=/x.php?what=warning")
assert_contains 'message' 'PHP Warning:  by a warning in /srv/www/fields/x.php on line 5' "$(value MESSAGE "${at[@]}")"
for pair in CODE_FILE=/srv/www/fields/x.php CODE_LINE=5 PRIORITY=4 REQUEST_METHOD=GET \
	SCRIPT_FILENAME=/srv/www/fields/x.php SYSLOG_IDENTIFIER=fpmd-php _SYSTEMD_UNIT=$unit; do
	assert_eq "${pair%%=*}" "${pair#*=}" "$(value "${pair%%=*}" "${at[@]}")"
done
assert_matches 'slot' '^[0-2]$' "$(value FPMD_SLOT "${at[@]}")"
assert_eq 'lines of error_log() with their place' 2 "$(json FPMD_POOL=fields CODE_LINE=7 | wc -l)"
assert_matches 'fatal: one entry' "Uncaught RuntimeException: by an exception in .*
Stack trace:
#0 .*
  thrown in /srv/www/fields/x.php on line 10\$" "$(value MESSAGE "REQUEST_URI=/x.php?what=fatal" -p err)"
assert_eq 'jail' /www/x.php "$(value CODE_FILE FPMD_POOL=fieldsjail CODE_LINE=5)"
assert_eq 'a long line' 200004 "$(value MESSAGE "REQUEST_URI=/x.php?what=long" | tr -d '\n' | wc -c)"
# LineMax=48K cuts what comes down a stream, and loses none of it
assert_eq 'a long line of stderr' 60000 \
	"$(journal_of "$unit" --since="@$begin" --all | grep -o 's*s\( end of s\)\?$' | grep -x 's*\( end of s\)\?' | tr -dc s | wc -c | sed 's/^60001$/60000/')"

# no end, and the worker leaves; words of the last request
assert_eq 'open' 'done' "$(fetch 'http://leaving.test/x.php?what=open')"
wait_for 3 journal_has fpmd@leaving.service 'without an end'
for ((i = 0; i < 30; i++)); do
	fetch "http://leaving.test/x.php?what=warning&n=$i" >/dev/null
done
has_30() {
	[[ $(journal_of fpmd@leaving.service --since="@$begin" | grep -c 'by a warning') == 30 ]]
}
wait_for 5 has_30

# killed right behind its words: they are there, by the pool's name at least
for ((i = 0; i < 20; i++)); do
	fetch_status "http://fields.test/x.php?what=die&n=$i" >/dev/null
done
in_container journalctl --sync
n_words=$(in_container journalctl --quiet --since="@$begin" -o cat FPMD_POOL=fields | grep -c 'last words of')
n_unit=$(journal_of "$unit" --since="@$begin" | grep -c 'last words of' || true)
echo "killed behind its words: $n_words of 20 by pool, $n_unit by unit"
assert_eq 'last words' 20 "$n_words"

# a flood: another pool and the manager do not notice
for what in flood flood-stderr; do
	fetch "http://fields.test/x.php?what=$what" >"$CONTAINER_ROOT/srv/$what" &
done
sleep 0.1
for ((i = 0; i < 20; i++)); do
	seconds=$(fetch --output /dev/null --write-out '%{time_total}' http://other.test/hello.php)
	awk -v s="$seconds" 'BEGIN { exit !(s < 1) }' || fail "another pool took $seconds s"
done
in_container timeout 2 fpmctl status fields >/dev/null
wait
assert_eq 'flood' 'done' "$(<"$CONTAINER_ROOT/srv/flood")"
assert_eq 'flood of stderr' 'done' "$(<"$CONTAINER_ROOT/srv/flood-stderr")"

# journald hangs: requests and their errors go on, as long as streams have room
journald=$(unit_property systemd-journald.service MainPID)
in_container kill -STOP "$journald"
for ((i = 0; i < 120; i++)); do
	[[ $(fetch "http://other.test/x.php?what=warning&stuck=$i") == 'done' ]] || fail "request $i"
	((i % 40)) || in_container timeout 2 fpmctl status other >/dev/null
done
in_container kill -CONT "$journald"
