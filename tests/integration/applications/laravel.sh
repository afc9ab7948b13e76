#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# A Laravel application of Debian's packages under a loop as that of Octane's worker: the same answers as without it, but for
# dates and the values of cookies, in any order; nothing of a request in the next; reloads under load.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

in_container test -e /usr/share/php/Illuminate/Foundation/Application.php ||
	skip "package php-laravel-framework is not installed"
enable_extensions mbstring

# application NAME SCRIPT [LINE]
application() {
	local root=$CONTAINER_ROOT/srv/www/$1

	mkdir -p "$root"
	cp -r "${BASH_SOURCE[0]%/*}/laravel-app/." "$root/"
	mkdir -p "$root/bootstrap/cache" "$root/storage/framework/views" "$root/storage/framework/sessions"
	find "$root" -exec touch -d '1 hour ago' {} +
	chmod -R go+rX "$root"
	chmod -R go+w "$root/storage" "$root/bootstrap"
	pool "$1" <<-END
		env[APP_BASE_PATH] = /srv/www/$1
		$2
	END
	site "$1" "unix:/run/fpmd/$1.sock" "/srv/www/$1/public" \
		"fastcgi_param SCRIPT_FILENAME /srv/www/$1/public/index.php; fastcgi_param SCRIPT_NAME /index.php;"
}

application classic ''
application worker 'worker_script = /srv/www/worker/public/frankenphp-worker.php
worker_paths = /index.php
worker_warmup = /hello'

answer() {
	fetch --include "http://$1.test$2" "${@:3}" |
		sed -E "s/$1\.test/HOST/g; s/^(Date|Expires|Last-Modified): .*/\1: …/I; s/(laravel=)[^;]*/\1…/; s/(expires=)[^;]*/\1…/"
}

same() {
	assert_eq "$*" "$(answer classic "$@")" "$(answer worker "$@")"
}

for round in 1 2 3; do
	same '/hello?name=x'
	same /list
	same /config
	same /name
	same /none
	same /error
	same /session
	same /hello --data 'x=y'
	same /hello --head
	echo "round $round"
done

visit() {
	fetch --cookie "/srv/jar-$1" --cookie-jar "/srv/jar-$1" http://worker.test/session
}
for n in 1 2 3 4; do
	for visitor in a b; do
		assert_eq "visitor $visitor" "n=$n" "$(visit "$visitor")"
	done
	[[ $n != 1 ]] || assert_eq "one request of another" 'n=1' "$(visit c)"
done

load_begin http://worker.test/list 4 6
for _ in 1 2 3; do
	sleep 1
	in_container systemctl reload fpmd@worker.service
done
load_end "reloads" 50
