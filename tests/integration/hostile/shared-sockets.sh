#!/bin/bash
# What a process of the pool can do to the sockets and the eventfd that it shares with the manager and the other workers
# holds nobody up: the manager waits for none of them, what was done is told at the next start or reload and undone, and
# where only systemd can help the line says how.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

cat >"$CONTAINER_ROOT/srv/rogue.py" <<'END'
"""rogue.py PID WHAT: does to a descriptor of that process what the process itself could do."""
import ctypes
import fcntl
import os
import socket
import sys
import threading
import time

pid, what = int(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
pidfd = os.pidfd_open(pid)


def steal(matches):
    for name in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        fd = libc.syscall(438, pidfd, int(name), 0)
        if fd >= 0 and matches(fd, target):
            return fd
    sys.exit(f"no such descriptor in {pid}")


def is_listener(family):
    def matches(fd, target):
        if not target.startswith("socket:"):
            return False
        with socket.socket(fileno=os.dup(fd)) as peer:
            return peer.family == family and bool(peer.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    return matches


def is_pair(fd, target):
    if not target.startswith("socket:"):
        return False
    with socket.socket(fileno=os.dup(fd)) as peer:
        return peer.type == socket.SOCK_SEQPACKET and not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK == 0


def is_paths(fd, target):
    """The end on which a worker names what it has compiled, alone, has a time limit (zygote_files.c)."""
    if not target.startswith("socket:"):
        return False
    with socket.socket(fileno=os.dup(fd)) as peer:
        return any(peer.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16)) and peer.type == socket.SOCK_SEQPACKET


if what == "block":
    fcntl.fcntl(steal(is_listener(socket.AF_UNIX)), fcntl.F_SETFL, os.O_RDWR)
elif what == "shorten":
    libc.listen(steal(is_listener(socket.AF_UNIX)), 0)
elif what == "shutdown-unix":
    libc.shutdown(steal(is_listener(socket.AF_UNIX)), 2)
elif what == "shutdown-unix-for-reading":
    libc.shutdown(steal(is_listener(socket.AF_UNIX)), 0)
elif what == "shutdown-tcp":
    libc.shutdown(steal(is_listener(socket.AF_INET)), 2)
elif what == "hold":
    steal(is_listener(socket.AF_INET))
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
elif what == "shutdown-pair":
    libc.shutdown(steal(is_pair), 2)
elif what == "shutdown-paths":
    libc.shutdown(steal(is_paths), 1)
elif what == "wake":
    # Reads what was written before the manager does, and has cleared the flag.
    fd = steal(lambda fd, target: "eventfd" in target)
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_RDWR)
    for _ in range(2):
        threading.Thread(target=lambda: [os.read(fd, 8) for _ in range(10 ** 9)], daemon=True).start()
    until = time.monotonic() + float(sys.argv[3])
    while time.monotonic() < until:
        os.write(fd, (1).to_bytes(8, "little"))
    os._exit(0)
END

rogue() {
	in_container python3 /srv/rogue.py "$@"
}

# Those of the manager before may be on their way out.
any_worker() {
	workers_of shared | tail -n 1
}

page_is_served() {
	[[ $(in_container python3 "$TOOLS/fcgi.py" "${1:-/run/fpmd/shared.sock}" /srv/www/shared/page.php) == *hello ]]
}

# milliseconds COMMAND…
milliseconds() {
	local begin
	begin=$(date +%s%3N)
	"$@" >&2
	echo $(($(date +%s%3N) - begin))
}

# shellcheck disable=SC2016  # awk
cpu_ticks() {
	in_container awk '{ print $14 + $15 }' "/proc/$1/stat"
}

pool shared <<'END'
listen = /run/fpmd/shared.sock
listen = 127.0.0.1:9301
pm = static
pm.max_children = 3
END
write_page shared page.php <<<'hello'
wait_for 3 page_is_served

# --- the eventfd ---

rogue "$(any_worker)" wake 4 &
sleep 0.5
for _ in 1 2 3 4 5; do
	assert_at_most 'fpmctl status while a process reads the eventfd, ms' 1500 \
		"$(milliseconds in_container fpmctl status shared)" >/dev/null
	sleep 0.3
done
assert_at_most 'a reload meanwhile, ms' 3000 "$(milliseconds in_container systemctl reload fpmd@shared)"
wait $!

# --- the listener's flag ---

rogue "$(any_worker)" block
for _ in 1 2 3 4 5 6; do
	page_is_served
done
assert_at_most 'a restart with workers that hang in accept, ms' 6000 \
	"$(milliseconds in_container systemctl restart fpmd@shared)"
rogue "$(any_worker)" block
in_container systemctl reload fpmd@shared
assert_contains 'the flag' 'had cleared O_NONBLOCK of the socket /run/fpmd/shared.sock' "$(journal_of fpmd@shared)"

# --- the backlog ---

rogue "$(any_worker)" shorten
in_container systemctl restart fpmd@shared
assert_contains 'the backlog' 'The queue of the socket /run/fpmd/shared.sock was set to 0' "$(journal_of fpmd@shared)"
wait_for 3 page_is_served

# --- the pair: kept connections are served where they are ---

rogue "$(any_worker)" shutdown-pair
wait_for 3 page_is_served
wait_for 3 journal_has fpmd@shared 'has shut down a socket that all workers share'
before=$(for pid in $(workers_of shared); do cpu_ticks "$pid"; done | awk '{ n += $1 } END { print n }')
sleep 1
after=$(for pid in $(workers_of shared); do cpu_ticks "$pid"; done | awk '{ n += $1 } END { print n }')
assert_at_most 'CPU of the workers behind it, of 100' 5 $((after - before))
assert_at_most 'a restart, ms' 6000 "$(milliseconds in_container systemctl restart fpmd@shared)"
wait_for 3 page_is_served

# --- listeners that are shut down ---

rogue "$(any_worker)" shutdown-tcp
wait_for 3 journal_has fpmd@shared 'has shut down a socket that all workers share'
page_is_served
in_container systemctl restart fpmd@shared
assert_contains 'tcp' 'had shut down the socket 127.0.0.1:9301: it listens again' "$(journal_of fpmd@shared)"
wait_for 3 page_is_served 127.0.0.1:9301

# What systemd has closed is open for a moment longer: in a child of systemd's that has not run yet, say.
rogue "$(any_worker)" hold 1.5 >"$CONTAINER_ROOT/srv/held" &
wait_for 3 grep -q held "$CONTAINER_ROOT/srv/held"
in_container systemctl restart fpmd@shared.socket fpmd@shared.service
wait_for 3 page_is_served 127.0.0.1:9301
wait $!

# For reading alone, a unix socket is as dead, and its poll(2) does not report a hang-up.
for how in shutdown-unix shutdown-unix-for-reading; do
	since=$(in_container date '+%F %T')
	n_lines=$(journal_of fpmd@shared | grep -c 'has shut down a socket that all workers share' || :)
	sleep 1
	rogue "$(any_worker)" $how
	sleep 0.5
	before=$(for pid in $(workers_of shared) $(manager_of shared); do cpu_ticks "$pid"; done | awk '{ n += $1 } END { print n }')
	sleep 1
	after=$(for pid in $(workers_of shared) $(manager_of shared); do cpu_ticks "$pid"; done | awk '{ n += $1 } END { print n }')
	assert_at_most "$how: CPU of manager and workers behind it, of 100" 5 $((after - before))
	in_container journalctl --sync
	assert_eq "$how: a line of a worker" $((n_lines + 1)) \
		"$(journal_of fpmd@shared | grep -c 'has shut down a socket that all workers share')"
	in_container systemctl reload fpmd@shared
	assert_contains "$how: reload" 'has shut down the socket /run/fpmd/shared.sock, which gets no connections any more: systemctl restart fpmd@shared.socket fpmd@shared.service' \
		"$(in_container journalctl --quiet --unit fpmd@shared --since "$since")"
	page_is_served 127.0.0.1:9301
	in_container systemctl restart fpmd@shared.socket fpmd@shared.service
	wait_for 3 page_is_served
done

# --- a manager that counts on connections ---

pool demand <<'END'
pm = ondemand
pm.max_children = 2
pm.process_idle_timeout = 60s
END
write_page demand page.php <<<'hello'
fetch http://demand.test/page.php >/dev/null
rogue "$(workers_of demand | head -n 1)" shutdown-unix
sleep 0.5
before=$(cpu_ticks "$(manager_of demand)")
sleep 1
assert_at_most 'CPU of the manager behind it, of 100' 5 $(($(cpu_ticks "$(manager_of demand)") - before))

# Without any listener the next manager leaves, and systemd, which has the socket back, makes another one.
in_container systemctl restart fpmd@demand.service || :
demand_is_served() {
	[[ $(fetch http://demand.test/page.php) == hello ]]
}
wait_for 5 demand_is_served

# --- the socket on which workers name what they compile ---

write_page watch worker.php <<'END'
<?php while (frankenphp_handle_request(function () { echo 'hello'; }));
END
pool watch <<'END'
worker_script = /srv/www/watch/worker.php
worker_watch = yes
END
watch_is_served() {
	[[ $(fetch http://watch.test/page.php) == hello ]]
}
wait_for 5 watch_is_served
rogue "$(workers_of watch | head -n 1)" shutdown-paths
wait_for 3 journal_has fpmd@watch 'has shut down the socket on which workers say what they have compiled'
before=$(cpu_ticks "$(zygote_of watch)")
sleep 1
assert_at_most 'CPU of the zygote behind it, of 100' 5 $(($(cpu_ticks "$(zygote_of watch)") - before))
watch_is_served
