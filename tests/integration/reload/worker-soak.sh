#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 4000 s
#
# worker_script under mixed requests with exceptions, exits, errors, no memory and clients that leave, while it is reloaded and
# workers are killed: each answer is right, and a worker's private memory stays what it was after its first thousand requests.
# FPMD_TEST_SOAK=SECONDS sets for how long; 10 by default, in which only few come so far. 900 is the measure.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

seconds=${FPMD_TEST_SOAK:-10}
# Other tests have a pool of this name, whose workers die.
sleep 1
begun=$(in_container date '+%F %T')
write_page app index.php <<-'END'
	<?php
	for ($i = 0; $i < 200; $i++) eval("class Part$i { public \$a = [1, 2, 3]; function f(\$x) { return \$x . 'part$i'; } }");
	$n = 0;
	while (frankenphp_handle_request(function () use (&$n) {
		$n++;
		session_id('soak' . ($_GET['id'] ?? 0));
		switch ($_GET['do'] ?? '') {
		case 'session': session_start(); $_SESSION['x'] = str_repeat('x', 100); session_write_close(); break;
		case 'throw': throw new Exception('on purpose');
		case 'exit': exit('exited');
		case 'exit-finally': try { exit('exited'); } finally { echo 'never'; }
		case 'fatal': eval('class Twice {} class Twice {}'); break;
		case 'oom': ini_set('memory_limit', '6M'); str_repeat('x', 1 << 25); break;
		case 'post': echo md5(file_get_contents('php://input')); return;
		case 'settings': ini_set('precision', 3); putenv('A=B'); setlocale(LC_ALL, 'C.UTF-8'); chdir('/tmp');
			set_error_handler(fn () => true); ob_start(); stream_context_set_default(['http' => ['method' => 'X']]); break;
		case 'cycle': for ($i = 0; $i < 50; $i++) { $a = new stdClass; $a->a = $a; $a->b = str_repeat('y', 1000); } break;
		case 'flush': for ($i = 0; $i < 20; $i++) { echo str_repeat('z', 8192); flush(); usleep(500); } return;
		case 'finish': echo 'finished'; fastcgi_finish_request(); usleep(500); return;
		case 'memory':
			preg_match('/^Private_Dirty: *(\d+)/m', file_get_contents('/proc/self/smaps_rollup'), $m);
			echo getmypid(), ' ', $n, ' ', $m[1] ?? 0;
			return;
		}
		for ($i = 0; $i < 200; $i++) $x = (new ("Part$i"))->f('a');
		echo "done $x";
	})) gc_collect_cycles();
END
pool app <<-'END'
	pm.max_children = 4
	worker_script = /srv/www/app/index.php
	php_admin_value[session.save_path] = /tmp
END
wait_for 5 test "$(fetch_status http://app.test/index.php)" = 200

cat >"$CONTAINER_ROOT/srv/soak.py" <<-'END'
	import hashlib, http.client, json, random, sys, threading, time
	SECONDS, CLIENTS, MAY_GROW_KIB = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
	KINDS = (["plain"] * 30 + ["session"] * 8 + ["throw"] * 4 + ["exit"] * 4 + ["exit-finally", "fatal", "oom"] + ["post"] * 8
	         + ["settings"] * 6 + ["cycle"] * 6 + ["finish"] * 3 + ["flush", "leave"] + ["memory"] * 6)
	STATUS = {"throw": 500, "fatal": 500, "oom": 500}
	BODY = {"exit": b"exited", "exit-finally": b"exited", "finish": b"finished"}
	if len(sys.argv) > 4:  # without what makes a worker boot again
	    KINDS = [k for k in KINDS if k not in ("exit-finally", "fatal", "oom")]
	end = time.monotonic() + SECONDS
	lock, counts, wrong, memory = threading.Lock(), {}, {}, {}
	def ask(kind, n):
	    connection = http.client.HTTPConnection("app.test", timeout=20)
	    body = b"x" * random.randrange(100000) if kind == "post" else None
	    connection.request("POST" if body is not None else "GET", f"/index.php?do={'flush' if kind == 'leave' else kind}&id={n}", body)
	    if kind == "leave":
	        connection.sock.recv(1000)
	        connection.close()
	        return None
	    answer = connection.getresponse()
	    text = answer.read()
	    connection.close()
	    if answer.status != STATUS.get(kind, 200):
	        return f"status {answer.status}"
	    if kind == "post" and text.decode() != hashlib.md5(body).hexdigest():
	        return "body"
	    if kind in ("plain", "session", "cycle") and not text.startswith(b"done a"):
	        return f"text {text[:50]}"
	    if kind in BODY and text != BODY[kind]:
	        return f"text {text[:50]}"
	    if kind == "memory":
	        pid, served, kib = map(int, text.split())
	        with lock:
	            memory.setdefault(pid, []).append((served, kib))
	    return None
	def run(n):
	    while time.monotonic() < end:
	        kind = random.choice(KINDS)
	        try:
	            fault = ask(kind, n)
	        except OSError as error:
	            fault = f"{type(error).__name__}"
	        with lock:
	            counts[kind] = counts.get(kind, 0) + 1
	            if fault:
	                wrong[f"{kind}: {fault}"] = wrong.get(f"{kind}: {fault}", 0) + 1
	threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
	[t.start() for t in threads]
	[t.join() for t in threads]
	growth = []
	for pid, seen in memory.items():
	    seen.sort()
	    old = [k for n, k in seen if 1000 <= n < 1500]
	    new = [k for n, k in seen[-20:] if n >= 2000]
	    if old and new:
	        growth.append((seen[-1][0], sorted(old)[len(old) // 2], sorted(new)[len(new) // 2]))
	print(json.dumps({"requests": sum(counts.values()), "wrong": wrong, "workers": len(memory), "growth": growth}))
	bad = [g for g in growth if g[2] > g[1] + MAY_GROW_KIB]
	sys.exit(1 if sum(wrong.values()) or bad else 0)
END

# ASan keeps what was freed for a while, up to 256 MiB of it.
may_grow_kib=512
! is_sanitized || may_grow_kib=$((256 << 10))

# soak SECONDS [CALM]
soak() {
	local result

	result=$(in_container python3 /srv/soak.py "$1" 6 "$may_grow_kib" "${@:2}") || fail "$result"
	echo "$result"
}

# With all that ends a script, and reloads.
(
	while sleep 3; do in_container systemctl reload fpmd@app.service || true; done
) &
reloads=$!
soak $((seconds / 2))
kill "$reloads"
wait "$reloads" || true

# Without, so that workers grow old.
soak $((seconds / 2)) calm
if journal_of fpmd@app.service --since "$begun" | grep -E 'died|SIGSEGV|SIGABRT|Sanitizer'; then fail "a worker died"; fi
