#!/bin/bash
# pm.status_path?live in a real browser: workers and what they do are there as text, whatever a client has put into
# a URI; nothing runs but the page's own script and nothing is fetched from elsewhere; it says when an answer is
# late. php-fpm's keys mean what they always did.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page live nap.php <<'END'
<?php
usleep((int) ($_GET['ms'] ?? 0) * 1000);
for ($i = 0; isset($_GET['wait']) && !file_exists(__DIR__ . '/go') && $i < 600; $i++) {
	usleep(50000);
	clearstatcache();
}
echo 'ok';
END
pool live <<'END'
pm.status_path = /status
pm.status_listen = /run/fpmd/live-aside.sock
END
site live-aside unix:/run/fpmd/live-aside.sock
url=http://live.test/status

# --- without a browser
head=$(fetch --dump-header - --output /dev/null "$url?live" | tr -d '\r')
assert_matches 'type' '[Cc]ontent-[Tt]ype: text/html' "$head"
assert_contains 'policy' "Content-Security-Policy: default-src 'none'; connect-src 'self';" "$head"
assert_contains 'page' '<title>PHP pool</title>' "$(fetch "$url?live")"
assert_eq 'HEAD' '' "$(fetch --head "$url?live" | tr -d '\r' | sed '1,/^$/d')"
assert_matches 'json goes before live' '^\{"pool":"live"' "$(fetch "$url?live&json")"
assert_contains 'html goes before live' '<th>pool</th>' "$(fetch "$url?live&html")"

if ! in_container sh -c 'command -v chromium-headless-shell || command -v chromium' >/dev/null; then
	[[ ${CI:-} != true ]] || fail 'there is no chromium'
	skip 'there is no chromium'
fi

# look KEY [ARGUMENT…]: what chromium.py saw
look() {
	in_container python3 "$TOOLS/chromium.py" "${@:2}" | in_container python3 -c "
import json, sys
seen = json.load(sys.stdin)
print(seen['$1'] if isinstance(seen['$1'], str) else '\n'.join(seen['$1']))
if '$1' != 'urls' and '$1' != 'complaints':
	print('hosts:', *sorted({u.split('/')[2] for u in seen['urls'] if not u.startswith('data:')}))
	print('complaints:', seen['complaints'])"
}
rows='document.querySelectorAll("#workers tr").length'

# --- a hostile request
in_container python3 "$TOOLS/fcgi.py" /run/fpmd/live.sock /srv/www/live/nap.php \
	'SCRIPT_NAME=/x"<img src=http://evil.test/a onerror=document.title=1>&.php' \
	'QUERY_STRING=wait=1&<script src=http://evil.test/b></script>' 'REMOTE_USER=<b>u' >/dev/null &
hostile=$!
sleep 0.2
html=$(look html "$url?live" "$rows == 2 && document.body.innerText.includes('evil.test')")
assert_contains 'the URI as text' '/x"&lt;img src=http://evil.test/a onerror=document.title=1&gt;&amp;.php' "$html"
assert_lacks 'the URI' '<img' "$html"
assert_contains 'its state' '>Running<' "$html"
assert_contains 'the title' '<title>live: PHP pool</title>' "$html"
assert_contains 'who was asked' $'\nhosts: live.test\n' "$html"
assert_contains 'what the browser refused' $'\ncomplaints: []' "$html"

# --- all workers are busy: by its own address the page lives, by the pool's it says what is the matter
fetch --output /dev/null http://live.test/nap.php?wait=1 &
sleep 0.2
text=$(look text http://live-aside.test/status?live "$rows == 2")
assert_contains 'all busy' '2 of 2' "$text"
assert_contains 'all busy' Live "$text"
in_container touch /srv/www/live/go
wait "$hostile" %+
answers() {
	fetch http://live-aside.test/status?json | sed 's/.*"accepted conn":\([0-9]*\),.*/\1/'
}
is_watched() {
	(($(answers) >= before + 3)) # the page, and two of its questions
}
before=$(answers)
# Both workers, until the page has said it: how long that takes depends on when it asks.
hold() {
	wait_for 15 is_watched
	fetch --output /dev/null http://live.test/nap.php?wait=1 &
	fetch --output /dev/null http://live.test/nap.php?wait=1
	wait
}
in_container rm /srv/www/live/go
hold &
text=$(look text "$url?live" 'document.querySelector("#connection").className == "bad"')
assert_contains 'a late answer' 'The answer is late: all workers may be busy' "$text"
in_container touch /srv/www/live/go
wait

# --- the numbers move
in_container python3 "$TOOLS/load.py" http://live.test/nap.php 1 3 >/dev/null &
text=$(look text "$url?live" 'parseFloat(document.querySelector("#rate").textContent.replace(",", "")) > 20')
assert_matches 'the plot' 'now [0-9,.]+, at most' "$text"
wait
