#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# A Laravel application of Debian's packages under a loop as that of Octane's worker: the same answers as without it, but for
# dates and the values of cookies, in any order; nothing of a request in the next; reloads under load.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../applications.sh"

in_container test -e /usr/share/php/Illuminate/Foundation/Application.php ||
	skip "package php-laravel-framework is not installed"
enable_extensions mbstring

# shellcheck disable=SC2034  # of applications.sh
writable=(bootstrap/cache bootstrap storage/framework/views storage/framework/sessions storage)
# shellcheck disable=SC2034
varying='s/(laravel=)[^;]*/\1…/; s/(expires=)[^;]*/\1…/'
application classic laravel-app 'env[APP_BASE_PATH] = /srv/www/classic'
application worker laravel-app 'env[APP_BASE_PATH] = /srv/www/worker' \
	'worker_script = /srv/www/worker/public/frankenphp-worker.php' \
	'worker_paths = /index.php' 'worker_warmup = /hello'

for round in 1 2 3; do
	same '/hello?name=x'
	same /list
	same /config
	same /name
	same /none
	same /error
	same /stop
	same /session
	same /hello --data 'x=y'
	same /hello --head
	echo "round $round"
done
visits
reloads /list 50

# exit() in a controller passes over Laravel's own catch blocks.
alone
stays /hello
boots_again /stop
