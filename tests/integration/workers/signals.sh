#!/bin/bash
# What each signal does to each process of a pool while a request runs, and to all of them (systemctl kill): as under
# php-fpm, or better. SIGQUIT loses a request nowhere. A child that a script forks takes signals as any program does.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
php_with_pcntl

pool signals <<'END'
php = 7.9
END
# Until the test says so. Not sleep(), which a signal cuts short.
write_page signals busy.php <<'END'
<?php
for ($i = 0; $i < 1000 && !file_exists(__DIR__ . '/end'); $i++)
	usleep(10000);
echo getmypid();
END
end=$CONTAINER_ROOT/srv/www/signals/end
write_page signals page.php <<<'<?php echo getmypid();'

# target NAME: its PID. The worker is the one that runs the request.
target() {
	case $1 in
	worker) in_container fpmctl requests --json signals | in_container python3 -c '
import json, sys
def find(node):
    if isinstance(node, dict):
        if "pid" in node: print(node["pid"])
        for value in node.values(): find(value)
    elif isinstance(node, list):
        for value in node: find(value)
find(json.load(sys.stdin))' ;;
	zygote) zygote_of signals ;;
	manager) manager_of signals ;;
	esac
}

send() {
	if [[ $1 == all ]]; then
		in_container systemctl kill --signal="$2" fpmd@signals.service
	else
		in_container kill -s "$2" "$(target "$1")"
	fi
}

# whole: the pool has its two workers
whole() {
	[[ $(workers_of signals | wc -l) == 2 && -n $(zygote_of signals) ]]
}

# one TARGET SIGNAL: "answered|lost worker:same|other zygote:… manager:…"
one() {
	local answer before=() after=() i result reply
	local names=(zygote manager)

	in_container systemctl start fpmd@signals.service
	wait_for 10 whole
	before=("$(zygote_of signals)" "$(manager_of signals)")
	rm -f "$end"
	fetch http://signals.test/busy.php >"$CONTAINER_ROOT/srv/reply" || true &
	reply=$!
	wait_for 5 is_busy
	send "$1" "$2"
	[[ $3 == lost* ]] || sleep 0.3 # in which a signal that should end nothing could end it
	[[ $3 == lost* ]] || : >"$end"
	wait "$reply"
	answer=$(<"$CONTAINER_ROOT/srv/reply")
	if [[ $answer =~ ^[0-9]+$ ]]; then
		result=answered
	else
		result=lost
	fi
	assert_matches "$1 $2: serves on" '^[0-9]+$' "$(fetch http://signals.test/page.php)"
	wait_for 10 whole
	# Of a reload the pool is whole before and after.
	if [[ $3 == *other-zygote* ]]; then
		wait_for 10 another_zygote signals "${before[0]}"
		wait_for 10 whole
	fi
	if [[ $result == answered ]]; then
		[[ $'\n'$(workers_of signals)$'\n' == *$'\n'$answer$'\n'* ]] && result+=' worker' || result+=' other-worker'
	fi
	after=("$(zygote_of signals)" "$(manager_of signals)")
	for i in 0 1; do
		[[ ${before[i]} == "${after[i]}" ]] && result+=" ${names[i]}" || result+=" other-${names[i]}"
	done
	assert_eq "$1 $2" "$3" "$result"
	in_container systemctl reset-failed fpmd@signals.service 2>/dev/null || true
}

is_busy() {
	[[ -n $(target worker) ]]
}

# target signal → the request; who is still there afterwards
while read -r who signal result; do
	one "$who" "$signal" "$result"
done <<'END'
worker QUIT answered other-worker zygote manager
worker USR1 answered other-worker zygote manager
worker USR2 answered other-worker zygote manager
worker HUP answered other-worker zygote manager
worker TERM lost zygote manager
worker INT lost zygote manager
zygote QUIT answered worker zygote manager
zygote USR1 answered worker zygote manager
zygote USR2 answered worker zygote manager
zygote HUP answered worker zygote manager
zygote TERM answered other-worker other-zygote manager
zygote INT answered other-worker other-zygote manager
manager QUIT answered other-worker other-zygote other-manager
manager USR1 answered worker zygote manager
manager USR2 answered other-worker other-zygote manager
manager HUP answered other-worker other-zygote manager
manager TERM answered other-worker other-zygote other-manager
manager INT lost other-zygote other-manager
all QUIT answered other-worker other-zygote other-manager
all USR1 answered other-worker zygote manager
all USR2 answered other-worker other-zygote manager
all HUP answered other-worker other-zygote manager
all TERM lost other-zygote other-manager
all INT lost other-zygote other-manager
END

# Idle workers leave at once, also when all get it at the same moment, and each time.
for _ in 1 2 3; do
	idle=$(workers_of signals)
	for pid in $idle; do
		in_container kill -s QUIT "$pid"
	done
	replaced() {
		whole && ! grep -qxF "$idle" <<<"$(workers_of signals)"
	}
	wait_for 2 replaced
done

# A zygote takes them as early as a helper that reads the pool file: in the middle of its exec.
in_container python3 - "$(manager_of signals)" <<'END' &
import os, signal, sys, time
children = f"/proc/{sys.argv[1]}/task/{sys.argv[1]}/children"
until = time.monotonic() + 20
while time.monotonic() < until and not os.path.exists("/srv/www/signals/over"):
    for pid in open(children).read().split():
        for number in signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2:
            try:
                os.kill(int(pid), number)
            except ProcessLookupError:
                pass
END
sender=$!
for _ in 1 2 3; do
	in_container fpmctl reload signals
done
in_container touch /srv/www/signals/over
wait "$sender"

write_page signals fork.php <<'END'
<?php
foreach ([SIGQUIT, SIGUSR1, SIGHUP] as $signal) {
	if (($pid = pcntl_fork()) == 0)
		for (;;)
			sleep(10);
	usleep(50000);
	posix_kill($pid, $signal);
	pcntl_waitpid($pid, $status);
	echo pcntl_wifsignaled($status) ? pcntl_wtermsig($status) - $signal : 'exited', ' ';
}
echo getmypid();
END
pid=$(fetch http://signals.test/page.php)
assert_matches 'children' '^0 0 0 [0-9]+$' "$(fetch http://signals.test/fork.php)"
