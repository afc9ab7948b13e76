#!/bin/bash
# journalctl -u fpmd@POOL has all: what the manager says, what a script writes to stderr, error_log() and
# PHP's own errors, each with its priority, so that -p shows what it should.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

unit=fpmd@logs.service
write_page logs log.php <<'END'
<?php
switch ($_GET['what']) {
case 'error_log': error_log('by error_log'); break;
case 'warning': trigger_error('by a warning', E_USER_WARNING); break;
case 'notice': trigger_error('by a notice', E_USER_NOTICE); break;
case 'deprecated': trigger_error('by a deprecation', E_USER_DEPRECATED); break;
case 'stderr': fwrite(fopen('php://stderr', 'w'), "by stderr\n"); break;
case 'lines': error_log("first of two\nsecond of two"); break;
case 'long': error_log(str_repeat('x', 3000) . ' end of the long line'); break;
case 'exception': throw new RuntimeException('by an exception');
case 'fatal': undefined_function();
}
echo 'done';
END
write_page logs broken.php <<'END'
<?php this is no php;
END
pool logs <<'END'
php_admin_value[error_reporting] = 32767
END
for what in error_log warning notice deprecated stderr lines long; do
	assert_eq "$what" "done" "$(fetch "http://logs.test/log.php?what=$what")"
done
assert_eq exception 500 "$(fetch_status 'http://logs.test/log.php?what=exception')"
assert_eq fatal 500 "$(fetch_status 'http://logs.test/log.php?what=fatal')"
assert_eq 'parse error' 500 "$(fetch_status 'http://logs.test/broken.php')"

# entry TEXT PRIORITY HIGHER: there with -p PRIORITY, not with -p HIGHER
entry() {
	wait_for 5 journal_has "$unit" "$1" --priority="$2"
	if journal_has "$unit" "$1" --priority="$3"; then
		fail "'$1' is $3 or higher"
	fi
}
entry 'by error_log' info err
entry 'by a warning' warning err
entry 'by a notice' notice warning
entry 'by a deprecation' info warning
entry 'by an exception' err emerg
entry 'undefined_function' err emerg
entry 'syntax error' err emerg
wait_for 5 journal_has "$unit" 'by stderr'
wait_for 5 journal_has "$unit" 'first of two'
wait_for 5 journal_has "$unit" 'second of two'
wait_for 5 journal_has "$unit" 'end of the long line'

# each once
assert_eq 'entries of the warning' 1 "$(journal_of "$unit" | grep -c 'by a warning')"
assert_eq 'entries of error_log()' 1 "$(journal_of "$unit" | grep -c 'by error_log')"

# where it happened, and what the manager said
assert_contains 'file and line' '/srv/www/logs/log.php' "$(journal_of "$unit" --priority=err)"
[[ -n $(journal_of "$unit" FPMD_POOL=logs) ]] || fail 'no entry has FPMD_POOL='
assert_eq 'complaints of the manager' '' "$(journal_of "$unit" _COMM=fpmd --priority=warning)"
read -r worker < <(workers_of logs)
in_container kill -KILL "$worker"
manager_says() {
	[[ -n $(journal_of "$unit" _COMM=fpmd --priority="$1") ]]
}
wait_for 5 manager_says warning
echo "the manager: $(journal_of "$unit" _COMM=fpmd)"
