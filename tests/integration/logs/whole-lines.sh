#!/bin/bash
# What a script writes to its standard streams without a new line is an entry of its own when the request ends: it is
# neither put together with what the next request writes nor put in front of an access line, where a script would choose
# how that begins.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@whole.service
write_page whole words.php <<'END'
<?php file_put_contents("php://{$_GET['to']}", "last words of {$_GET['of']}"); echo '.';
END
write_page whole late.php <<'END'
<?php
class Late { public $f; function __destruct() { fwrite($this->f, 'from a destructor'); } }
$late = new Late;
$late->f = fopen('php://stderr', 'w');
fastcgi_finish_request();
END
write_page whole filter.php <<'END'
<?php file_put_contents('php://filter/write=string.toupper/resource=php://stderr', 'by a filter');
END
write_page whole both.php <<'END'
<?php
fwrite(fopen('PHP://stderr', 'w'), 'of stderr'); fwrite(fopen('php://stdout', 'w'), 'of stdout');
fwrite(fopen('php://stderr', 'w'), ', whole'); error_log('in between');
END
write_page whole program.php <<'END'
<?php file_put_contents('php://stderr', 'of the script'); system('printf "of the program" >&2');
END
pool whole <<'END'
pm.max_children = 1
access.log = journal
access.format = "access of %r%Q%q"
END
url=http://whole.test

# has_entry TEXT: exactly that
has_entry() {
	grep -qxF "$1" <(journal_of "$unit")
}
for to in stderr stdout; do
	assert_eq "an answer, $to" . "$(fetch "$url/words.php?to=$to&of=A")"
	wait_for 3 has_entry 'last words of A'
	assert_eq "an answer, $to" . "$(fetch "$url/words.php?to=$to&of=B")"
	wait_for 3 has_entry 'last words of B'
	assert_eq "entries by $to" 1 "$(journal_of "$unit" | grep -c 'words of B$')"
	in_container journalctl --quiet --rotate
	in_container journalctl --quiet --vacuum-size=1 >/dev/null 2>&1
done
assert_eq 'after finish' '' "$(fetch "$url/late.php")"
wait_for 3 has_entry 'from a destructor'
assert_eq 'a filter' '' "$(fetch "$url/filter.php")"
wait_for 3 has_entry 'BY A FILTER'
assert_eq 'both' '' "$(fetch "$url/both.php")"
wait_for 3 has_entry 'of stderr, whole'
has_entry 'of stdout' || fail 'stdout stays in journald'

# a program that has ended has no unit when journald reads what it said
fetch "$url/program.php" >/dev/null
fetch "$url/late.php" >/dev/null
by_program() {
	in_container journalctl --sync
	grep -qxF 'of the program' <(in_container journalctl --quiet --output=cat --identifier=fpmd-php)
}
wait_for 3 by_program
has_entry 'of the script' || fail 'a script and its program share an entry'

# each access line stands alone, at the priority that it has
lines=$(journal_of "$unit" --priority=6..6 | grep 'access of')
assert_eq 'lines that begin otherwise' '' "$(grep -v '^access of /[a-z]*.php' <<<"$lines" || true)"
assert_eq 'glued lines' '' "$(journal_of "$unit" | grep '.access of' || true)"
