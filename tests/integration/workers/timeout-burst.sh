#!/bin/bash
# A thousand requests whose time limits end within one second: each is ended on time and has its line, and no other
# request is lost; also when the manager itself is held up for 2 s meanwhile. The slow log alone tells of a
# thousand, with their stacks, and loses none.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
needs_no_sanitizer # a thousand workers would not fit

n=1000
# 0.2 s on a machine that has nothing else to do: to end a thousand processes takes its time of the CPU.
tolerance=$(awk -v cpus="$(nproc)" '{ print $1 / cpus < 1 ? 0.2 : 1 }' /proc/loadavg)
write_page burst late.php <<'END'
<?php
function pay()
{
	sleep(30);
}
pay();
echo 'answered';
END
write_page burst slow.php <<'END'
<?php
function work()
{
	sleep(6);
}
work();
echo 'answered';
END
write_page burst healthy.php <<'END'
<?php sleep(3); echo 'answered';
END
# configure LINE: with no limits but this.
configure() {
	write_pool burst <<-END
		user = alice
		pm = static
		pm.max_children = $((n + 60))
		$1
	END
	in_container systemctl start fpmd@burst.socket
	in_container systemctl restart fpmd@burst.service
	wait_for 20 all_are_there
	begin=$EPOCHREALTIME
}
all_are_there() {
	[[ $(pool_status burst idle) == $((n + 60)) ]]
}
site burst
# time_out SCRIPT LIMIT [MANAGER FROM SECONDS]
time_out() {
	result=$(in_container python3 "$TOOLS/timeouts.py" /run/fpmd/burst.sock "/srv/www/burst/$1" $n \
		/srv/www/burst/healthy.php 50 "${@:2}")
	echo "$*: $result"
}
entries() {
	journal_of fpmd@burst.service --since="@$begin" | grep -c "$1"
}
all_are_told() {
	[[ $(entries "$1") == "$2" ]]
}
number() {
	[[ $result =~ \"$1\":\ ([0-9.]+) ]]
	echo "${BASH_REMATCH[1]}"
}
assert_ends() {
	assert_eq 'requests that came to their end' $n "$(number ended)"
	assert_eq 'healthy requests' 50 "$(number healthy)"
}

configure 'request_terminate_timeout = 4s'
zygote=$(zygote_of burst)
time_out late.php 4
assert_ends
assert_eq 'answers of what was ended' 0 "$(number answered)"
awk -v p="$(number p99)" -v w="$(number worst)" -v t="$tolerance" 'BEGIN { exit !(p <= t && w <= 2 * t) }' ||
	fail "more than $tolerance s from their time"
wait_for 5 all_are_told 'was ended during GET /late.php' $n
echo "stacks: $(entries '^sleep() /srv/www/burst/late.php:4')"
wait_for 20 all_are_there

begin=$EPOCHREALTIME
time_out late.php 4 "$(manager_of burst)" 3.5 2
assert_ends
wait_for 5 all_are_told 'was ended during GET /late.php' $n
assert_eq 'the zygote' "$zygote" "$(zygote_of burst)"

configure 'request_slowlog_timeout = 2s'
zygote=$(zygote_of burst)
time_out slow.php 6 "$(manager_of burst)" 2.5 2
assert_ends
assert_eq 'answers of what was slow' $n "$(number answered)"
wait_for 5 all_are_told 'script ./srv/www/burst/slow.php.* executing too slow' $n
assert_eq 'their stacks' $n "$(entries '^work() /srv/www/burst/slow.php:6')"
assert_eq 'the zygote' "$zygote" "$(zygote_of burst)"
