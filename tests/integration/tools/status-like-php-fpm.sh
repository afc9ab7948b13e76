#!/bin/bash
# pm.status_path answers as php-fpm does, in every format: headers and their order, names and order of the
# fields, what bytes of a client's become, HEAD, no script named; and fpm_get_status() in a script. Only ours
# say how many workers there may be, see the queue of a unix socket, count a kept connection once, and go on
# counting over a reload. The rest passes against php-fpm (run --php-fpm 54).

source "${BASH_SOURCE[0]%/*}/../lib.sh"

pool status <<'END'
pm.status_path = /status
END
write_page status nap.php <<'END'
<?php for ($i = 0; $i < 10; $i++) usleep(100000); echo "slept";
END
write_page status own.php <<'END'
<?php echo json_encode(fpm_get_status(), JSON_PRESERVE_ZERO_FRACTION);
END
write_page status later.php <<'END'
<?php register_shutdown_function('sleep', 1);
END
in_container systemctl start fpmd@status.service

socket=/run/fpmd/status.sock
ask() {
	in_container python3 "$TOOLS/status.py" "$1" "$socket" "${@:2}"
}
# Values become N, a time of day T; what only ours have goes.
shape() {
	sed -E -e '/^(# (HELP|TYPE) )?phpfpm_max_children /d' -e '/^(max children: |<max-children>|<tr><th>max children<)/d' \
		-e 's/,"max children":[0-9]+//' -e 's/[0-9]{2}\/[A-Z][a-z]{2}\/[0-9:]+ [+-][0-9]{4}/T/g' \
		-e '/^<!DOCTYPE|^<html|^<\?xml|^# /!s/\b[0-9]+(\.[0-9]+)?\b/N/g' -e 's/ +$//'
}

expires='Expires: Thu, 01 Jan 1970 00:00:00 GMT
Cache-Control: no-cache, no-store, must-revalidate, max-age=0'
assert_eq 'text' "$expires
Content-type: text/plain;charset=UTF-8" "$(ask headers '')"
assert_eq 'html' "$expires
Content-type: text/html;charset=UTF-8" "$(ask headers 'html')"
assert_eq 'xml' "$expires
Content-type: text/xml;charset=UTF-8" "$(ask headers 'xml')"
assert_eq 'json' "$expires
Content-Type: application/json" "$(ask headers 'json')"
assert_eq 'openmetrics' "$expires
Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8" "$(ask headers 'openmetrics&full')"
assert_matches 'HEAD' '^0 [45]$' "$(ask head 'json')"
assert_contains 'without a script' 'Status: 404' "$(ask bare /status)"
assert_contains 'a path that goes on' 'Status: 404' "$(in_container \
	python3 "$TOOLS/fcgi.py" "$socket" /srv/www/status/none.php SCRIPT_NAME=/status/x 2>/dev/null)"

peak_text='' peak_json=''
if [[ $FPMD_TEST_PHP != 8.[23] ]]; then
	peak_text=$'\nmemory peak:          N' peak_json=',"memory peak":N'
fi
assert_eq 'text, shape' 'pool:                 status
process manager:      static
start time:           T
start since:          N
accepted conn:        N
listen queue:         N
max listen queue:     N
listen queue len:     N
idle processes:       N
active processes:     N
total processes:      N
max active processes: N
max children reached: N
slow requests:        N'"$peak_text" "$(ask body '' | shape)"
assert_eq 'json, shape' '{"pool":"status","process manager":"static","start time":N,"start since":N,"accepted conn":N,"listen queue":N,"max listen queue":N,"listen queue len":N,"idle processes":N,"active processes":N,"total processes":N,"max active processes":N,"max children reached":N,"slow requests":N'"$peak_json"'}' \
	"$(ask body json | shape)"
for query in full html 'html&full' xml 'xml&full' 'json&full' openmetrics; do
	ask body "$query" >/dev/null
done
assert_contains 'html before json' '<!DOCTYPE' "$(ask body 'json&html')"
assert_contains 'one that is full' $'\n************************\npid:                  ' "$(ask body 'full')"
assert_contains 'openmetrics' 'phpfpm_total_processes 2' "$(ask body openmetrics)"
assert_eq 'total' 2 "$(ask get total\ processes)"
assert_eq 'active: who asks' 1 "$(ask get active\ processes)"
[[ $(ask get start\ since) -le 60 ]] || fail 'started long ago'

# Requests are counted, this one too.
before=$(ask get accepted\ conn)
fetch_status http://status.test/own.php >/dev/null
assert_eq 'accepted conn' $((before + 2)) "$(ask get accepted\ conn)"

# What the other worker does: state, method and URI of its request.
other() {
	ask body full | awk -F ': +' '/^state:/ { s = $2 } /^request method:/ { m = $2 }
		/^request URI:/ && $2 !~ "^/status" { print s, m, $2 }'
}
fetch http://status.test/nap.php >/dev/null &
sleep 0.3
assert_eq 'a script runs' 'Running GET /nap.php' "$(other)"
wait
fetch http://status.test/later.php >/dev/null &
sleep 0.3
assert_eq 'what runs after a script' 'Finishing GET /later.php' "$(other)"
wait
in_container python3 -c "import sys, time; sys.path.insert(0, '$TOOLS'); import fcgi
peer = fcgi.connect('$socket'); peer.sendall(fcgi.begin()); time.sleep(1)" &
sleep 0.4
assert_eq 'of half a head nothing is known' 'Reading headers - -' "$(other)"
wait

in_container python3 "$TOOLS/status.py" hostile "$socket" /srv/www/status/nap.php

assert_eq 'fpm_get_status()' 'pool str
process-manager str
start-time int
start-since int
accepted-conn int
listen-queue int
max-listen-queue int
listen-queue-len int
idle-processes int
active-processes int
total-processes int
max-active-processes int
max-children-reached int
slow-requests int
procs list
 pid int
 state str
 start-time int
 start-since int
 requests int
 request-duration int
 request-method str
 request-uri str
 query-string str
 request-length int
 user str
 script str
 last-request-cpu float
 last-request-memory int' "$(ask function /srv/www/status/own.php | grep -v '^max-children ')"

[[ -z ${FPMD_TEST_PHP_FPM:-} ]] || exit 0

# What only ours do.
assert_eq 'max active processes' 2 "$(ask get max\ active\ processes)"
assert_eq 'max children' 2 "$(ask get max\ children)"
assert_contains 'openmetrics' $'\nphpfpm_max_children 2\n# EOF' "$(ask body openmetrics)"
assert_eq 'backlog' 4096 "$(ask get listen\ queue\ len)"
assert_contains 'control bytes' 'user:                 a\x0apool: lie' "$(ask raw full REMOTE_USER=$'a\npool: lie')"

# Five wait behind two naps.
assert_all_answered 'seven at once' "$(burst http://status.test/nap.php 7)" 7
queued=$(ask get max\ listen\ queue)
((queued >= 4 && queued <= 5)) || fail "at most $queued waited, of 5"

accepted=$(ask get accepted\ conn)
started=$(ask get start\ time)
in_container systemctl reload fpmd@status.service
assert_eq 'start time after a reload' "$started" "$(ask get start\ time)"
now=$(ask get accepted\ conn)
((now > accepted + 1 && now <= accepted + 3)) || fail "accepted conn: $accepted before a reload, $now after"
assert_eq 'max active processes after a reload' 2 "$(ask get max\ active\ processes)"
assert_eq 'max listen queue after a reload' "$queued" "$(ask get max\ listen\ queue)"
