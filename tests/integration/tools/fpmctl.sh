#!/bin/bash
# fpmctl list shows each pool in its state, with systemd's bus and without; status is JSON underneath; requests
# shows what each busy worker does, to those who may see it; an answer comes within 20 ms while every worker is
# busy and the queue is full; metrics passes promtool; check, config and directives say what the pool file says.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# state POOL: what list says of it
state() {
	in_container fpmctl list | sed -n "s/^$1  *\([a-z]*\) .*/\1/p"
}
# json COMMAND… PYTHON: of fpmctl COMMAND --json, which is j
json() {
	in_container fpmctl "${@:1:$# - 1}" --json |
		in_container python3 -c 'import json, sys; j = json.load(sys.stdin); print('"${*: -1}"')'
}
is_state() {
	[[ $(state "$1") == "$2" ]]
}

write_page ctl nap.php <<'END'
<?php
while (isset($_GET['file']) && !file_exists("/srv/{$_GET['file']}"))
	usleep(10000);
echo 'done';
END
pool ctl <<'END'
php_admin_value[memory_limit] = 64M
END
write_pool idle <<'END'
user = alice
pm = static
pm.max_children = 1
pm.idle_exit_timeout = 1s
END
write_pool waits <<'END'
user = alice
pm = static
pm.max_children = 1
END
write_pool broken <<'END'
user = nosuchuser
pm = static
pm.max_children = 1
END
write_pool off <<'END'
user = alice
pm = static
pm.max_children = 1
END

# --- list
in_container systemctl start fpmd@idle fpmd@waits.socket
assert_fails in_container systemctl start fpmd@broken 2>/dev/null
assert_eq 'answer' 'done' "$(fetch http://ctl.test/nap.php)"
assert_eq 'a pool that serves' serving "$(state ctl)"
assert_eq 'a pool that nobody has come to' listening "$(state waits)"
assert_eq 'a pool that cannot start' failed "$(state broken)"
assert_eq 'how it is brought back' \
	'fpmctl: pool broken has failed: correct what journalctl -u fpmd@broken names, then run systemctl restart fpmd@broken' \
	"$(in_container fpmctl list 2>&1 >/dev/null)"
assert_eq 'a pool that was not started' stopped "$(state off)"
wait_for 5 is_state idle idle
assert_eq 'names' 'broken ctl idle off waits www' "$(in_container fpmctl list --names | tr '\n' ' ' | sed 's/ $//')"
assert_eq 'a pool in JSON' 'serving 1' \
	"$(json list '[p["state"] + " " + str(p["status"]["requests"]) for p in j if p["pool"] == "ctl"][0]')"
assert_lacks 'a list that is no terminal' $'\033' "$(in_container fpmctl list)"

# Without the bus: what is under /run tells the rest.
nobus=$(in_container env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent fpmctl list)
assert_matches 'ctl without a bus' 'ctl +serving +1 ' "$nobus"
assert_matches 'waits without a bus' 'waits +listening ' "$nobus"
assert_matches 'off without a bus' 'off +stopped ' "$nobus"

# --- status
status=$(in_container fpmctl status ctl)
assert_contains 'status' 'workers:              2' "$status"
assert_contains 'status' 'process manager:      static' "$status"
assert_matches 'numbers in JSON' '^ok' "$(in_container fpmctl status ctl --json |
	in_container sh -c 'grep -E "\.[0-9]{14,}" || echo ok')"
assert_eq 'status in JSON' 'serving 2 1 True' \
	"$(json status ctl 'j["state"], j["workers"]["max"], j["requests"], j["memory_bytes"] > 1 << 20' | tr -d "',()")"

# --- all workers busy, the queue not empty: who does what, and how soon it is known
for _ in 1 2 3 4 5 6; do
	fetch --output /dev/null "http://ctl.test/nap.php?file=go&secret=xyz" &
done
all_busy() {
	[[ $(json status ctl 'j["workers"]["busy"], j["queue"]["now"]') == '2 4' ]]
}
wait_for 5 all_busy
best=$(in_container python3 - <<'END'
import subprocess, time
def ms():
    begin = time.monotonic()
    subprocess.run(["fpmctl", "status", "ctl"], check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - begin) * 1000
print(round(sorted(ms() for _ in range(15))[3]))
END
)
assert_at_most 'status while all is busy, ms' 20 "$best"

requests=$(in_container fpmctl requests ctl)
assert_eq 'lines of requests' 3 "$(wc -l <<<"$requests")"
assert_matches 'a request' \
	' *[01]  *[0-9]+  running  [0-9.]+s .* GET +/nap.php\?file=go&secret=xyz +/srv/www/ctl/nap.php' "$requests"
assert_eq 'the pids' "$(workers_of ctl | sort | tr '\n' ' ')" \
	"$(sed -n 's/^ *[01]  *\([0-9]*\) .*/\1/p' <<<"$requests" | sort | tr '\n' ' ')"

as() {
	in_container setpriv --reuid="$1" --regid="$2" --clear-groups "${@:3}"
}
grouped() {
	in_container setpriv --reuid=2002 --regid=2002 --groups=www-data "$@"
}
assert_contains 'what a stranger may see' 'busy:                 2' "$(as 2002 2002 fpmctl status ctl)"
refused=0
output=$(as 2002 2002 fpmctl requests ctl 2>&1) || refused=$?
assert_eq 'status of requests for a stranger' 77 "$refused"
assert_contains 'what a stranger is told' 'only root and the group' "$output"
assert_contains 'requests for the group' nap.php "$(grouped fpmctl requests ctl)"
refused=0
grouped fpmctl reload ctl 2>/dev/null || refused=$?
assert_eq 'status of a reload for the group' 77 "$refused"
assert_contains 'top without a terminal' 'ctl: generation 1, 2 busy' "$(in_container fpmctl top ctl)"
assert_matches 'top of all' 'ctl +serving +2 +0 +2 +4 ' "$(in_container fpmctl top --once --sort=busy)"

# --- metrics
metrics=$(in_container fpmctl metrics)
assert_contains 'metrics' 'fpmd_workers{pool="ctl",state="busy"} 2' "$metrics"
assert_contains 'metrics' 'fpmd_queue{pool="ctl"} 4' "$metrics"
assert_contains 'metrics' 'fpmd_up{pool="waits"} 1' "$metrics"
assert_eq 'one word for a state' "$(in_container fpmctl list | awk 'NR > 1 { print $1, $2 }')" \
	"$(sed -n 's/^fpmd_state{pool="\(.*\)",state="\(serving\|listening\|idle\|starting\|stopping\|stopped\|failed\|silent\)"} 1/\1 \2/p' <<<"$metrics")"
assert_contains 'metrics' 'fpmd_state{pool="waits",state="listening"} 1' "$metrics"
assert_contains 'metrics' 'fpmd_state{pool="ctl",state="serving"} 1' "$metrics"
assert_contains 'metrics' 'fpmd_state{pool="ctl",state="listening"} 0' "$metrics"
assert_contains 'metrics' 'fpmd_up{pool="ctl"} 1' "$metrics"
in_container promtool check metrics <<<"$metrics"
openmetrics=$(in_container fpmctl metrics --openmetrics)
assert_contains 'OpenMetrics' '# TYPE fpmd_requests counter' "$openmetrics"
assert_contains 'OpenMetrics' 'fpmd_requests_total{pool="ctl"}' "$openmetrics"
assert_eq 'the end of OpenMetrics' '# EOF' "$(tail -n 1 <<<"$openmetrics")"
touch "$CONTAINER_ROOT/srv/go"
wait

# --- reload: what counts goes on counting, also while the old generation drains
before=$(json status ctl 'j["requests"]')
fetch --output /dev/null "http://ctl.test/nap.php?file=again" &
sleep 0.2
assert_eq 'reload' reloaded "$(in_container fpmctl reload ctl)"
drains=$(in_container fpmctl requests ctl)
assert_contains 'a request of the old generation' nap.php "$drains"
(($(json status ctl 'j["requests"]') >= before)) || fail 'the number of requests went back'
touch "$CONTAINER_ROOT/srv/again"
wait
assert_eq 'generation' 2 "$(json status ctl 'j["generation"]')"

# --- the pool file
config=$(in_container fpmctl config ctl)
assert_matches 'a value of the file' 'pm.max_children +2 +/etc/fpmd/conf.d/ctl.conf:5' "$config"
assert_matches 'a default' 'pm.max_requests +0 +default' "$config"
assert_matches 'where it listens' 'listen +/run/fpmd/ctl.sock +default' "$config"
assert_matches 'the owner of its socket' 'listen.owner +www-data +default' "$config"
assert_matches 'its php.ini' "php_ini +/etc/php/$FPMD_TEST_PHP/fpm +default" "$config"
assert_matches 'an entry' 'php_admin_value\[memory_limit\] +64M +/etc/fpmd/conf.d/ctl.conf:6' "$config"
assert_eq 'config in JSON' "2 /etc/fpmd/conf.d/ctl.conf:5" \
	"$(json config ctl '[v["value"] + " " + v["source"] for v in j if v["name"] == "pm.max_children"][0]')"
assert_contains 'directives' 'pm.idle_exit_timeout' "$(in_container fpmctl directives)"
assert_eq 'a directive in JSON' '1 to 4096' "$(json directives '[d["range"] for d in j if d["name"] == "pm.max_children"][0]')"

checked=0
output=$(in_container fpmctl check 2>&1) || checked=$?
assert_eq 'status of check of all' 78 "$checked"
assert_contains 'what is wrong' 'nosuchuser' "$output"
assert_contains 'what is right' 'ctl.conf test is successful' "$output"
in_container fpmctl check ctl >/dev/null
assert_eq 'the path of a file' 'configuration file /etc/fpmd/conf.d/ctl.conf test is successful' \
	"$(in_container fpmctl check /etc/fpmd/conf.d/ctl.conf)"
assert_eq 'the path in a folder with a slash' 'configuration file /etc/fpmd/conf.d/ctl.conf test is successful' \
	"$(in_container fpmctl --conf-dir=/etc/fpmd/conf.d/ check ctl)"
assert_eq 'check in JSON' False "$(json check broken 'j[0]["good"]' || true)"

# --- on a terminal: colours, unless they are not wanted; top gives the terminal back
terminal() {
	in_container env TERM=xterm "${@:2}" script --quiet --echo never --command "$1" /dev/null </dev/null
}
assert_contains 'a list on a terminal' $'\033[32mserving' "$(terminal 'fpmctl list')"
assert_lacks 'a list with NO_COLOR' $'\033[' "$(terminal 'fpmctl list' NO_COLOR=1)"
head=$(terminal 'stty cols 40; fpmctl top --once ctl' | head -n 1 | tr -d '\r')
assert_contains 'top of one pool on a small terminal' 'ctl: generation ' "$head"
assert_at_most 'its columns' 40 ${#head}
top=$(in_container python3 - <<'END'
import os, pty, sys, termios, time, select
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execlp("fpmctl", "fpmctl", "top")
before = termios.tcgetattr(fd)
out = b""
def read(seconds):
    global out
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                return
            if not data:
                return
            out += data
read(1.6)
frames = out.count(b"\033[H")
raw = not termios.tcgetattr(fd)[3] & termios.ICANON
os.write(fd, b"b")
read(0.5)
os.write(fd, b"q")
read(1)
status = os.waitpid(pid, 0)[1]
print(frames >= 2, raw, status, b"ctl" in out, out.rstrip().endswith(b"\033[?25h\033[?1049l"))
END
)
assert_eq 'top on a terminal' 'True True 0 True True' "$top"

assert_contains 'help' 'Usage: fpmctl COMMAND' "$(in_container fpmctl help)"

# --- completion
# completions WORD…: for the last one, with bash's own words.
completions() {
	# shellcheck disable=SC2016  # the inner shell expands it
	in_container bash -c 'source /usr/share/bash-completion/bash_completion
		source /usr/share/bash-completion/completions/fpmctl
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_fpmctl; printf "%s\n" "${COMPREPLY[@]}"' bash fpmctl "$@" | sort | xargs
}
assert_contains 'completion of a pool' ctl "$(completions status '')"
assert_contains 'behind a folder' ctl "$(completions --conf-dir = /etc/fpmd/conf.d status '')"
assert_eq 'of a folder' /etc/fpmd/conf.d "$(completions list --conf-dir = /etc/fpmd/c)"
assert_eq 'of a column' 'busy cpu memory name queue rate' "$(completions top --sort =)"
in_container zsh -n /usr/share/zsh/vendor-completions/_fpmctl
for command in $(in_container fpmctl --help | sed -n 's/^  \([a-z]\{3,\}\) .*/\1/p'); do
	options=$(in_container fpmctl "$command" --help | sed -n 's/^  .*\(--[a-z-]*=\?\).*/\1/p' | sort | xargs)
	assert_eq "options of $command" "$options" "$(completions "$command" --)"
	in_container grep -qw "$command" /usr/share/bash-completion/completions/fpmctl || fail "bash does not complete $command"
	in_container grep -qw "$command" /usr/share/zsh/vendor-completions/_fpmctl || fail "zsh does not complete $command"
	in_container sh -c "man -l /usr/share/man/man1/fpmctl.1 2>/dev/null || zcat -f /usr/share/man/man1/fpmctl.1*" |
		grep -qw "$command" || fail "fpmctl(1) lacks $command"
done
