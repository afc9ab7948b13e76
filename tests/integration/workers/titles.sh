#!/bin/bash
# ps -ef shows what each process of a pool is, and nothing of requests: every user of the machine can read it. With
# process.show_request it shows which request a worker is in, without the query and without anything that a terminal
# would obey; between requests nothing of the last one stays. The environment, whose memory titles are written over,
# is as it was.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page titles nap.php <<'END'
<?php usleep(600000); echo getenv('MARK'), ' ', getenv('HOME'), ' ', var_export(getenv('FPMD_GENERATION'), true), ' ', count(array_filter(getenv()));
END
pool titles <<'END'
env[MARK] = still-here
END
in_container systemctl start fpmd@titles.service
titles() {
	processes_of titles | while read -r pid _; do
		in_container ps -o args= -p "$pid" || true
	done
}
idle=$'/usr/sbin/fpmd titles\nfpmd: titles: zygote (generation 1)\nfpmd: titles: worker 0\nfpmd: titles: worker 1'
assert_eq 'idle' "$idle" "$(titles)"
assert_eq 'as fpmd-migrate(7) counts them' 2 "$(in_container pgrep -c -f '^fpmd: titles: worker')"

shows() {
	[[ $(titles) == *"$1"* ]]
}
fetch 'http://titles.test/nap.php/reset-password/TOKEN?x=1' >/dev/null &
sleep 0.2
assert_eq 'busy, by default' "$idle" "$(titles)"
wait
secrets=$(in_container sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ' 2>/dev/null | tr '\0' '\n' | grep -a TOKEN || true)
assert_eq 'no trace of it' '' "$secrets"

pool titles <<'END'
env[MARK] = still-here
process.show_request = yes
END
in_container systemctl restart fpmd@titles.service
wait_for 5 shows 'worker 1'
fetch --globoff 'http://titles.test/nap.php/a%1b[31m%c3%a4?password=secret' >"$CONTAINER_ROOT/srv/out" &
wait_for 1 shows ': GET /nap.php/a'
busy=$(titles)
wait
assert_matches 'busy' 'fpmd: titles: worker [01]: GET /nap.php/a%1b\[31m%c3%a4($|
)' "$busy"
assert_lacks 'the query' password "$busy"
assert_matches 'environment' '^still-here /nonexistent false [0-9]+$' "$(<"$CONTAINER_ROOT/srv/out")"
assert_eq 'idle again' "$idle" "$(titles)"

# longer than there is room for, and bytes that are no text
long=$(printf 'x%.0s' {1..3000})
fetch "http://titles.test/nap.php/$long" >/dev/null &
wait_for 1 shows ': GET /nap.php/xxxx'
busy=$(titles | grep xxxx)
wait
((${#busy} < 256)) || fail "the title has ${#busy} bytes"
in_container python3 "$TOOLS/fcgi.py" /run/fpmd/titles.sock /srv/www/titles/nap.php \
	"REQUEST_METHOD=G"$'\e]0;evil\a' "REQUEST_URI=/"$'\e[2J\n\x7f' >/dev/null &
wait_for 1 shows ': G?]0;evil? /?[2J??'
wait

in_container systemctl reload fpmd@titles.service
wait_for 2 shows 'zygote (generation 2)'

# The name that syslog() begins a line with is the program's, not what a client has asked for.
write_page titles say.php <<'END'
<?php syslog(LOG_ERR, "said by syslog");
END
fetch "http://titles.test/say.php" >/dev/null
in_container journalctl --sync
assert_matches 'syslog()' ' php(-fpm[0-9.]*)?\[[0-9]+\]: said by syslog$' "$(in_container journalctl --quiet --grep='said by syslog')"
