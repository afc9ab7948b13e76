#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# A Symfony application of Debian's packages, with worker_script and without: the same answers to the byte, but for dates,
# from the first page on, in any order, with sessions, errors and exit(); and through reloads under load.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

in_container test -e /usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php ||
	skip "packages php-symfony-framework-bundle and php-symfony-twig-bundle are not installed"
enable_extensions mbstring

# application NAME [LINE]
application() {
	local root=$CONTAINER_ROOT/srv/www/$1

	mkdir -p "$root/var"
	cp -r "${BASH_SOURCE[0]%/*}/symfony-app/." "$root/"
	find "$root" -exec touch -d '1 hour ago' {} +
	chmod -R go+rX "$root"
	chmod 777 "$root/var"
	pool "$1" <<-END
		env[APP_ENV] = prod
		$2
	END
	site "$1" "unix:/run/fpmd/$1.sock" "/srv/www/$1/public" \
		"fastcgi_param SCRIPT_FILENAME /srv/www/$1/public/index.php; fastcgi_param SCRIPT_NAME /index.php;"
}

application classic ''
application worker 'worker_script = /srv/www/worker/public/index.php'

# answer POOL PATH [curl option…]: headers too.
answer() {
	fetch --include "http://$1.test$2" "${@:3}" |
		sed -E "s/$1\.test/HOST/g; s/^(Date|Expires|Last-Modified): .*/\1: …/; s/(PHPSESSID=)[a-z0-9]{20,}/\1…/"
}

same() {
	assert_eq "$*" "$(answer classic "$@")" "$(answer worker "$@")"
}

for round in 1 2 3; do
	same /hello
	same '/hello?name=%C3%A4' --header 'Accept-Language: de'
	same /list
	same /none
	same /error
	same /stop
	same /session
	same /hello --data 'x=y'
	same /hello --head
	echo "round $round"
done

# Two visitors of the worker, in turn.
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
load_end "reloads" 100
