#!/bin/bash
# POSTs, which nginx sends once and no second time, over connections that it keeps: none is lost when the pool
# restarts, when its manager or its zygote is killed, when the last worker of a pool on demand leaves, or when a pool
# is about to leave for pm.idle_exit_timeout. Kept connections live on meanwhile in systemd's hands; after a stop they
# are closed.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

cat >"$CONTAINER_ROOT/srv/posts.py" <<'END'
import collections
import http.client
import sys
import threading
import time

name, n_clients, seconds, *pauses = sys.argv[1:]
until = time.monotonic() + float(seconds)
answers = collections.Counter()
HEADERS = {"Host": f"{name}.test", "Content-Type": "application/x-www-form-urlencoded"}

def post_all():
    client = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
    turn = 0
    while time.monotonic() < until:
        client.request("POST", "/post.php", body="a=1", headers=HEADERS)
        answer = client.getresponse()
        answers["good" if answer.read() == b"1" else answer.status] += 1
        if pauses:
            time.sleep(float(pauses[turn % len(pauses)]))
            turn += 1

threads = [threading.Thread(target=post_all) for _ in range(int(n_clients))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("good", answers.pop("good", 0), "lost", sum(answers.values()), dict(answers))
END

# kept_site NAME [LINE]: nginx keeps its connections to the pool.
kept_site() {
	write_page "$1" post.php <<-'END'
		<?php usleep(3000); echo $_POST['a'] ?? 'none';
	END
	printf 'upstream %s { server unix:/run/fpmd/%s.sock; keepalive 16; %s }\n' "$1" "$1" "${2:-}" \
		>"$CONTAINER_ROOT/etc/nginx/sites-enabled/0$1.conf"
	site "$1" "$1" "/srv/www/$1" 'fastcgi_keep_conn on;'
	in_container systemctl start "fpmd@$1.socket"
}

# while_posting WHAT COMMAND…: none is lost while the command runs, and answers go on after it.
while_posting() {
	local what=$1
	shift

	in_container python3 /srv/posts.py posts 8 "$1" >"$CONTAINER_ROOT/srv/posts" &
	shift
	sleep 0.2
	"$@"
	wait $!
	echo "$what: $(<"$CONTAINER_ROOT/srv/posts")"
	assert_matches "$what" '^good [0-9]{3,} lost 0 ' "$(<"$CONTAINER_ROOT/srv/posts")"
}

restarts() {
	for _ in 1 2 3 4; do
		in_container systemctl restart fpmd@posts.service
		sleep 0.2
	done
}

manager_kills() {
	local manager

	for _ in 1 2 3; do
		manager=$(manager_of posts)
		in_container kill -KILL "$manager"
		wait_for 3 another_manager posts "$manager"
		sleep 0.2
	done
}

zygote_kills() {
	for _ in 1 2 3 4; do
		in_container kill -KILL "$(zygote_of posts | head -n 1)"
		sleep 0.4
	done
}

stored() {
	unit_property fpmd@posts.service NFileDescriptorStore
}

nothing_is_stored() {
	[[ $(stored) == 0 ]]
}

# --- what the pool does while requests come ---

write_pool posts <<'END'
user = alice
pm = static
pm.max_children = 4
END
kept_site posts
in_container systemctl start fpmd@posts.service
while_posting 'restarts' 2 restarts
while_posting 'a killed manager' 3 manager_kills
while_posting 'a killed zygote' 2 zygote_kills
assert_eq 'what systemd stores' 2 "$(stored)"

# --- and what it does without them ---

idle=(idle0 idle1 idle2 idle3 demand0 demand1)
for name in "${idle[@]}"; do
	how=$'pm = static\npm.idle_exit_timeout = 1s'
	[[ $name == idle* ]] || how=$'pm = ondemand\npm.process_idle_timeout = 1s'
	write_pool "$name" <<-END
		user = alice
		pm.max_children = 2
		$how
	END
done
kept_site idle0
kept_site idle1
kept_site idle2 'keepalive_timeout 300ms;'
kept_site idle3 'keepalive_timeout 300ms;'
kept_site demand0
kept_site demand1

# With connections that stay open, and with ones that nginx has closed when the pool leaves.
pauses=(0.990 0.997 1.000 1.003 1.006)
late=(1.290 1.296 1.300 1.304 1.310)
pids=()
for name in "${idle[@]}"; do
	in_container python3 /srv/posts.py "$name" 1 4.5 "${pauses[@]}" >"$CONTAINER_ROOT/srv/$name.out" &
	pids+=($!)
	pauses=("${pauses[@]:1}" "${pauses[0]}")
	case $name in
	idle1) pauses=("${late[@]}") ;;
	idle3) pauses=(1.993 1.997 2.000 2.003 2.006) ;;
	esac
done
wait "${pids[@]}"
for name in "${idle[@]}"; do
	echo "$name: $(<"$CONTAINER_ROOT/srv/$name.out"), $(journal_of "fpmd@$name.service" | grep -c Ready) starts"
	assert_matches "$name" '^good [0-9]+ lost 0 ' "$(<"$CONTAINER_ROOT/srv/$name.out")"
done

# --- another user takes nothing of the one before, and leaves nothing behind ---

sed -i 's/alice/bob/' "$CONTAINER_ROOT/etc/fpmd/conf.d/posts.conf"
in_container systemctl restart fpmd@posts.service
while_posting 'as bob' 0.5 true
sed -i 's/bob/alice/' "$CONTAINER_ROOT/etc/fpmd/conf.d/posts.conf"
in_container systemctl reload fpmd@posts.service
while_posting 'as alice again' 0.5 true
assert_eq 'what systemd stores after two changes' 2 "$(stored)"

# --- the end ---

in_container systemctl stop fpmd@posts.socket fpmd@posts.service
wait_for 3 nothing_is_stored
