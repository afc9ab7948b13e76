#!/bin/bash
# The pages of the pool: ping.path and pm.status_path in each format with true numbers, the queue of a unix
# socket among them, fpm_get_status(), and what a client chose made harmless. The first part is php-fpm's too.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

write_page status nap.php <<'END'
<?php usleep(400000); echo "ok";
END
write_page status array.php <<'END'
<?php
$s = fpm_get_status();
$own = array_column($s["procs"], null, "pid")[getmypid()];
echo $s["pool"], " ", $s["process-manager"], " ", $s["active-processes"], " ", count($s["procs"]), " ",
	$own["request-uri"], "\n", implode(",", array_keys($own)), "\n";
END
pool status <<'END'
pm.status_path = /pool/status
ping.path = /pool/ping
ping.response = alive
END
url=http://status.test/pool

# ping
assert_eq 'ping' alive "$(fetch $url/ping)"
head=$(fetch --head $url/ping | tr -d '\r')
assert_contains 'not cached' 'Cache-Control: no-cache, no-store, must-revalidate, max-age=0' "$head"
assert_matches 'its type' '[Cc]ontent-[Tt]ype: text/plain;charset=UTF-8' "$head"
assert_eq 'near the path there is no page' 404 "$(fetch_status $url/pinG)"
assert_eq 'POST' alive "$(fetch --data x=1 $url/ping)"

# the short page
text=$(fetch $url/status)
assert_matches 'the first field' $'^pool:                 status\nprocess manager:      static\n' "$text"
assert_matches 'processes' $'\ntotal processes:      2\n' "$text"
assert_matches 'this request runs' $'\nactive processes:     1\n' "$text"
assert_matches 'since' $'\nstart since:          [0-9]+\n' "$text"
declare -A types=([html]=text/html [xml]=text/xml [json]=application/json
	[openmetrics]='application/openmetrics-text; version=1.0.0; charset=utf-8')
for format in "${!types[@]}"; do
	head=$(fetch --dump-header - --output /dev/null "$url/status?$format" | tr -d '\r')
	assert_contains "$format: its type" "${types[$format]}" "$head"
done
assert_eq 'json is json' status "$(fetch "$url/status?json" | in_container python3 -c '
import json, sys; print(json.load(sys.stdin)["pool"])')"
in_container python3 -c '
import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.read())' <<<"$(fetch "$url/status?xml&full")" ||
	fail 'xml is no xml'

# the full page, with a request that runs, and hostile words in it
hostile="/srv/www/status/nap.php"
in_container python3 "$TOOLS/fcgi.py" /run/fpmd/status.sock "$hostile" 'SCRIPT_NAME=/x"<b>&.php' \
	'QUERY_STRING=a=<i>' 'REMOTE_USER=u<' >/dev/null &
sleep 0.15
full=$(fetch "$url/status?html&full")
wait $!
assert_contains 'html' '/x&quot;&lt;b&gt;&amp;.php?a=&lt;i&gt;' "$full"
assert_lacks 'html' '<b>' "$full"

# fpm_get_status()
assert_eq 'fpm_get_status()' "status static 1 2 /array.php
pid,state,start-time,start-since,requests,request-duration,request-method,request-uri,query-string,request-length,user,script,last-request-cpu,last-request-memory" \
	"$(fetch http://status.test/array.php)"

needs_fpmd

# one field more
assert_matches 'max children, last' $'\nslow requests:        0(\nmemory peak: .*)?\nmax children:         2$' "$text"

# the first page after a start by the socket, by a worker that has been there for no time
for _ in 1 2 3 4 5; do
	in_container systemctl stop fpmd@status.service
	assert_contains 'the first page' $'\nmax children:         2' "$(fetch $url/status)"
done

# requests are counted on through a reload
number() {
	fetch "$url/status?json" | in_container python3 -c "
import json, sys; print(json.load(sys.stdin)['$1'])"
}
before=$(number 'accepted conn')
in_container systemctl reload fpmd@status
after=$(number 'accepted conn')
((after > before && after <= before + 2)) || fail "accepted conn: $before, after a reload $after"

# the queue of a unix socket: of 14 two are served, and it is looked at once a second
burst http://status.test/nap.php 14 >/dev/null
assert_matches 'max listen queue' '^([2-9]|1[0-4])$' "$(number 'max listen queue')"
assert_eq 'max active processes' 2 "$(number 'max active processes')"

# what the last request cost
write_page status burn.php <<'END'
<?php $t = hrtime(true); while (hrtime(true) - $t < 50e6); $x = str_repeat("x", 3 << 20); echo strlen($x);
END
burst http://status.test/burn.php 6 >/dev/null
usage=$(fetch "$url/status?json&full" | in_container python3 -c '
import json, sys
for p in json.load(sys.stdin)["processes"]:
	if p["state"] == "Idle":
		print(p["last request cpu"] > 2, p["last request memory"] >= 3 << 20, p["request duration"] >= 40000)')
assert_eq 'cost of the last request' 'True True True' "$usage"
