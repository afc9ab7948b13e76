#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# An application of the micro framework Slim, of Debian's package, with a database that stays open: the same answers with
# worker_script and without, in any order, and reloads under load.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../applications.sh"

in_container test -e /usr/share/php/Slim/autoload.php || skip "package php-slim is not installed"
in_container test -e "/usr/share/php$FPMD_TEST_PHP-sqlite3" || skip "package php$FPMD_TEST_PHP-sqlite3 is not installed"
enable_extensions pdo pdo_sqlite

# shellcheck disable=SC2034  # of applications.sh
writable=(var)
# shellcheck disable=SC2034
varying=
application classic slim-app
application worker slim-app 'worker_script = /srv/www/worker/public/index.php' 'worker_warmup = /list'

for round in 1 2 3; do
	same /list
	same '/list?from=900' --header 'Accept-Language: de-AT,de'
	same '/hello?name=%C3%A4'
	same /hello --data 'name=x'
	same /api/resource7
	same /api/resource7/12
	same /api/resource7/5000
	same /api/resource19 --data 'a=b'
	same /api/resource19/3 --request DELETE
	same /api/resource19 --request PUT
	same /none
	same /error
	same /list --head
	echo "round $round"
done
reloads /list 100
