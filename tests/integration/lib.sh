# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib.sh: what the integration tests FOLDER/NAME.sh are written with. Each begins with
#
#     source "${BASH_SOURCE[0]%/*}/../lib.sh"
#
# and is run by tests/integration/run, which has booted the container, installed the build and, after
# the test, stops its units and removes its files. A test that is started by itself starts `run`.
#
# Inside the container: users alice (uid 2001) and bob (uid 2002), both in group web (2100); nginx on
# 127.0.0.1:80, in which a pool's site is http://NAME.test/ with the pages in /srv/www/NAME; the
# Python tools of this folder in /usr/local/lib/fpmd-test.

set -euo pipefail

TEST_DIR=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

# shellcheck source-path=SCRIPTDIR
source "$TEST_DIR/container.sh"

if [[ -z ${FPMD_TEST_INIT:-} ]]; then
	exec "$TEST_DIR/run" "$0"
fi
CONTAINER_INIT=$FPMD_TEST_INIT
CONTAINER_ROOT=$FPMD_TEST_ROOT

TOOLS=/usr/local/lib/fpmd-test

# A command that fails and ends the test: which line of the test that was.
on_error() {
	local status=$? i

	((BASH_SUBSHELL == 0)) || return 0
	for ((i = 1; i < ${#BASH_SOURCE[@]} - 1; i++)); do
		[[ ${BASH_SOURCE[i]} != "$0" ]] || break
	done
	echo "FAIL: ${0##*/}:${BASH_LINENO[i - 1]}: exit status $status:" >&2
	sed -n "${BASH_LINENO[i - 1]}s/^/	/p" "$0" >&2
}
trap on_error ERR
set -o errtrace

### saying what is

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# This test proves something that php-fpm does not do (run --php-fpm).
needs_fpmd() {
	if [[ -n ${FPMD_TEST_PHP_FPM:-} ]]; then
		skip "not for php-fpm"
	fi
}

# A sanitizer changes sizes and times.
is_sanitized() {
	grep -qa __asan_init "$CONTAINER_ROOT/usr/sbin/fpmd"
}
needs_no_sanitizer() {
	if is_sanitized; then
		skip "built with a sanitizer"
	fi
}

# assert_eq WHAT EXPECTED ACTUAL
assert_eq() {
	[[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}

# assert_contains WHAT PART TEXT
assert_contains() {
	[[ $3 == *"$2"* ]] || fail "$1: no '$2' in: $3"
}

assert_lacks() {
	[[ $3 != *"$2"* ]] || fail "$1: '$2' in: $3"
}

# assert_matches WHAT EXTENDED-REGEX TEXT
assert_matches() {
	[[ $3 =~ $2 ]] || fail "$1: no match of /$2/ in: $3"
}

# assert_same_file WHAT EXPECTED PATH: one and the same inside, by whatever name.
assert_same_file() {
	in_container test "$2" -ef "$3" || fail "$1: $3 is not $2 but $(in_container readlink "$3")"
}

# assert_at_most WHAT LIMIT NUMBER
assert_at_most() {
	[[ $3 =~ ^[0-9]+$ ]] || fail "$1: '$3' is no number"
	(($3 <= $2)) || fail "$1: $3 is more than $2"
	echo "$1: $3 (at most $2)"
}

# assert_fails COMMAND…: it ends with a status other than 0.
assert_fails() {
	if "$@"; then
		fail "succeeded: $*"
	fi
}

# wait_for SECONDS COMMAND…: tries until it succeeds.
wait_for() {
	local limit=$1 end
	shift
	end=$((SECONDS + limit + 1))

	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "not within $limit s: $*"
		sleep 0.05
	done
}

### the machine

in_container() {
	container_run "$@"
}

# unit_property UNIT PROPERTY
unit_property() {
	in_container systemctl show --property="$2" --value "$1"
}

# journal_of UNIT [journalctl option…]: the messages alone, of this test: another one may have had a pool of that name.
JOURNAL_BEGIN=$EPOCHREALTIME
journal_of() {
	local unit=$1
	shift

	in_container journalctl --sync
	in_container journalctl --quiet --no-pager --output=cat --since="@$JOURNAL_BEGIN" --unit="$unit" "$@"
}

# journal_has UNIT TEXT [journalctl option…]
journal_has() {
	local unit=$1 text=$2
	shift 2

	[[ $(journal_of "$unit" "$@") == *"$text"* ]]
}

# The processes of a pool: "PID UID COMMAND" each, PID as seen inside.
processes_of() {
	local group

	group=$(unit_property "fpmd@$1.service" ControlGroup)
	[[ -n $group ]] || return 0
	# shellcheck disable=SC2016
	in_container sh -c '
		for base in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
			[ -e "$base$1/cgroup.procs" ] || continue
			while read -r pid; do
				ps -o pid=,uid=,comm= -p "$pid" || true
			done <"$base$1/cgroup.procs"
			break
		done' sh "$group"
}

manager_of() {
	unit_property "fpmd@$1.service" MainPID
}

# The PHP processes of a pool that serve requests: those that are no manager and have no child.
workers_of() {
	processes_of "$1" | while read -r pid _; do
		[[ $pid != "$(manager_of "$1")" ]] || continue
		[[ -n $(in_container pgrep -P "$pid" || true) ]] || echo "$pid"
	done
}

# The PHP process that the workers are forked from. The workers of one that was killed are children of the
# manager, too.
zygote_of() {
	in_container ps -o pid=,comm=,args= --ppid "$(manager_of "$1")" |
		awk '$2 ~ /^php/ && !/fpmd: [^ ]*: (worker|status)/ { print $1 }'
}

# another_manager NAME PID, another_zygote NAME PID: the pool has one that is not the one given.
another_manager() {
	local now

	now=$(manager_of "$1")
	[[ $now != 0 && $now != "$2" && $(unit_property "fpmd@$1.service" ActiveState) == active ]]
}

another_zygote() {
	local now

	now=$(zygote_of "$1")
	[[ $now =~ ^[0-9]+$ && $now != "$2" ]]
}

# pool_status NAME LABEL: a line of fpmctl status.
pool_status() {
	in_container fpmctl status "$1" | sed -n "s/^$2: *//p"
}

# enable_extensions NAME…: in this order, for all pools that start from here on in this test.
enable_extensions() {
	local name n=90

	for name in "$@"; do
		n=$((n + 1))
		if ! compgen -G "$CONTAINER_ROOT/etc/php/$FPMD_TEST_PHP/fpm/conf.d/*-$name.ini" >/dev/null; then
			echo "extension = $name" >"$CONTAINER_ROOT/etc/php/$FPMD_TEST_PHP/fpm/conf.d/$n-fpmd-test-$name.ini"
		fi
	done
}

# php_side VERSION PROGRAM [ENGINE]: one more version, which runs PROGRAM, with the engine of the one that is tested. For
# this test.
php_side() {
	local sides=$CONTAINER_ROOT/usr/libexec/fpmd

	mkdir -p "$sides/$1"
	cp "${3:-$sides/$FPMD_TEST_PHP/engine.so}" "$sides/$1/engine.so"
	ln -sfn "$2" "$sides/$1/php-fpm"
	cp -P "$sides/$FPMD_TEST_PHP/ini" "$sides/$1/ini"
}

# php_with_pcntl: PHP 7.9 is the program of the command line, which has pcntl.
php_with_pcntl() {
	php_side 7.9 "/usr/bin/php$FPMD_TEST_PHP"
}

# without_backtraces: a line for pool files. PHP 8.5 adds a backtrace to a fatal error, of as many lines as there are
# calls, and crashes in it (8.5.7) when the time of a script ends in a call by FFI.
without_backtraces() {
	[[ $FPMD_TEST_PHP != 8.[5-9] ]] || echo 'php_admin_value[fatal_error_backtraces] = off'
}

### pools, pages, requests

# write_pool NAME <<END: the pool file as it stands; [NAME] is put before it when it has no section.
write_pool() {
	local text

	text=$(cat)
	[[ $text == *"[$1]"* ]] || text="[$1]"$'\n'"$text"
	mkdir -p "$CONTAINER_ROOT/etc/fpmd/conf.d"
	printf '%s\n' "$text" >"$CONTAINER_ROOT/etc/fpmd/conf.d/$1.conf"
	in_container systemctl daemon-reload
}

# pool NAME [<<END]: a pool of two workers of alice, with what stdin adds, its site and its socket.
pool() {
	local more=''

	[[ -t 0 ]] || more=$(cat)
	write_pool "$1" <<-END
		user = alice
		group = alice
		pm = static
		pm.max_children = 2
		$more
	END
	site "$1"
	in_container systemctl start "fpmd@$1.socket"
}

# write_page NAME PATH <<END: a script of the pool's site. An hour old, or opcache would wait.
write_page() {
	local file=$CONTAINER_ROOT/srv/www/$1/$2

	mkdir -p "${file%/*}"
	cat >"$file"
	touch -d '1 hour ago' "$file"
}

# site NAME [FASTCGI_PASS [DOCUMENT_ROOT [NGINX-LINE]]]: nginx serves http://NAME.test/ by the pool.
site() {
	local pass=${2:-unix:/run/fpmd/$1.sock} root=${3:-/srv/www/$1} more=${4:-} before

	mkdir -p "$CONTAINER_ROOT/srv/www/$1"
	cat >"$CONTAINER_ROOT/etc/nginx/sites-enabled/$1.conf" <<-END
		server {
			listen 127.0.0.1:80;
			server_name $1.test;
			root $root;
			location = /.probe { return 200 "$pass $root $more"; }
			location / {
				fastcgi_split_path_info ^(.+?\.php)(/.*)\$;
				fastcgi_param PATH_INFO \$fastcgi_path_info;
				include fastcgi.conf;
				fastcgi_pass $pass;
				$more
			}
		}
	END
	grep -q " $1\.test\$" "$CONTAINER_ROOT/etc/hosts" ||
		echo "127.0.0.1 $1.test" >>"$CONTAINER_ROOT/etc/hosts"
	before=$(nginx_acceptors)
	start_nginx
	wait_for 5 site_is_served "$1" "$pass $root $more"
	wait_for 5 none_accepts "$before"
}

site_is_served() {
	[[ $(fetch "http://$1.test/.probe") == "$2" ]]
}

# Workers of nginx with the old configuration accept beside the new ones for a tenth of a second and more.
nginx_acceptors() {
	in_container pgrep --full '^nginx: worker process$' || true
}

none_accepts() {
	[[ -z $1 ]] || ! nginx_acceptors | grep --quiet --line-regexp --fixed-strings "$1"
}

# Starts nginx, or lets it read its configuration again.
start_nginx() {
	in_container systemctl reload-or-restart nginx.service
}

# fetch [curl option…] URL: the body; also of an error page.
fetch() {
	in_container curl --silent --show-error --max-time 20 "$@"
}

# several_say TEXT URL: whether each of six answers is that text: several workers are asked.
several_say() {
	local n

	for n in 1 2 3 4 5 6; do
		[[ $(fetch "$2") == "$1" ]] || return 1
	done
}

fetch_status() {
	fetch --output /dev/null --write-out '%{http_code}' "$@"
}

# load URL CLIENTS SECONDS: what they were answered, as JSON.
load() {
	in_container python3 "$TOOLS/load.py" "$@"
}

# burst URL CLIENTS: the same of clients that ask once, all at the same moment.
burst() {
	in_container python3 "$TOOLS/burst.py" "$@"
}

# json_number NAME JSON: of what load and burst say.
json_number() {
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" <<<"$2"
}

# assert_all_answered WHAT JSON [N]: by 200, all of them; and they were N.
assert_all_answered() {
	echo "$1: $2"
	assert_matches "$1" "\"status\": \\{\"200\": ${3:-[0-9]+}\\}, \"errors\": \\{\\}" "$2"
}

# load_begin URL CLIENTS SECONDS: load, beside what the test does until load_end; load_stop before it ends the load early.
load_begin() {
	rm -f "$CONTAINER_ROOT/srv/load.stop"
	load "$@" /srv/load.stop >"$CONTAINER_ROOT/srv/load" &
	load_pid=$!
}

load_stop() {
	: >"$CONTAINER_ROOT/srv/load.stop"
}

# load_end WHAT [N]: all of it was answered by 200, and that were more than N requests.
load_end() {
	local result requests

	wait "$load_pid"
	result=$(<"$CONTAINER_ROOT/srv/load")
	assert_all_answered "$1" "$result"
	requests=$(json_number requests "$result")
	((requests > ${2:-0})) || fail "$1: only $requests requests"
}

# median NUMBER…
median() {
	printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}
