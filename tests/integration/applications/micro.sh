#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 120 s
#
# A front controller that is written by hand, with worker_script and without, booted in each worker and in the zygote: the same
# answers to the byte, but for dates and the ids of new sessions, in any order; and reloads under load.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../applications.sh"

# shellcheck disable=SC2034  # of applications.sh
writable=()
# shellcheck disable=SC2034
varying='s/(PHPSESSID=)[a-z0-9]{20,}/\1…/'
application classic micro-app
application worker micro-app 'worker_script = /srv/www/worker/public/index.php'
echo 'of a visitor' >"$CONTAINER_ROOT/srv/upload"

pages() {
	same /
	same '/?name=%3Cyou%3E&from=1'
	same /list
	same '/list?from=30'
	same /section50/7
	same /section50/none
	same /item/5
	same /item/5 --header "If-None-Match: \"$(fetch http://classic.test/item/5 | md5sum | cut -d' ' -f1)\""
	same /item --data '{"name":"x","price":1.5}' --header 'Content-Type: application/json'
	same /item --data 'no json' --header 'Content-Type: application/json'
	same /item/3 --request PUT --data 'a=1&b[]=2'
	same /form --data 'text=said%20%C3%A4'
	same /upload --form file=@/srv/upload --form a=b
	same /visits
	same /login
	same /login --user me:secret
	same /stream
	same /file
	same /error
	same /stop
	same /late
	same /locale
	same /buffered
	same /late --head
	same / --request DELETE
}
for boot in worker zygote; do
	for round in 1 2 3; do
		pages
		echo "booted in the $boot, round $round"
	done
	printf 'worker_boot = zygote\nworker_warmup = /list\n' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/worker.conf"
	[[ $boot == zygote ]] || in_container systemctl reload fpmd@worker.service
done
for n in 1 2 3; do
	for visitor in a b; do
		assert_eq "visitor $visitor" "n=$n" \
			"$(fetch --cookie "/srv/jar-$visitor" --cookie-jar "/srv/jar-$visitor" http://worker.test/visits)"
	done
done
reloads /list 100
