#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 180 s
#
# A Symfony application of Debian's packages, with worker_script, with preload = auto and without: the same answers to the
# byte, but for dates, from the first page on, in any order, with sessions, errors and exit(); and through reloads under load.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"
source "${BASH_SOURCE[0]%/*}/../applications.sh"

in_container test -e /usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php ||
	skip "packages php-symfony-framework-bundle and php-symfony-twig-bundle are not installed"
enable_extensions mbstring

# shellcheck disable=SC2034  # of applications.sh
writable=(var)
# shellcheck disable=SC2034
others=(worker auto)
# shellcheck disable=SC2034
varying='s/(PHPSESSID=)[a-z0-9]{20,}/\1…/'
environment=('env[APP_ENV] = prod')
forms=
if in_container test -e /usr/share/php/Symfony/Component/Form/Form.php &&
	in_container test -e /usr/share/php/Symfony/Component/Validator/Validation.php &&
	in_container test -e "/usr/share/php$FPMD_TEST_PHP-xml"; then
	enable_extensions dom simplexml
	forms=1
	environment+=('env[APP_FORMS] = 1')
fi
application classic symfony-app "${environment[@]}"
application auto symfony-app "${environment[@]}" 'pm.max_children = 1' 'preload = auto'
application worker symfony-app "${environment[@]}" 'worker_script = /srv/www/worker/public/index.php'

assert_contains 'a template' '<li class="odd">50 of 50: ITEM 50</li>' "$(fetch http://classic.test/list)"
for round in 1 2 3; do
	same /hello
	same '/hello?name=%C3%A4' --header 'Accept-Language: de'
	same /list
	same /none
	same /error
	same /stop
	same /main
	same /leave
	same /main
	same /session
	same /hello --data 'x=y'
	same /hello --head
	if [[ -n $forms ]]; then
		same /form
		assert_contains 'a form' 'not a valid email' "$(answer classic /form --data 'contact[email]=nowhere')"
		same /form --data 'contact[name]=A&contact[email]=nowhere&contact[subject]=1'
		same /form --data 'contact[name]=Ann&contact[email]=a@b.example&contact[subject]=1&contact[text]=x'
	fi
	echo "round $round"
done
visits
reloads /list 100

# exit() in a controller passes over the blocks in which Symfony takes the request off its list.
alone
stays /hello
stays /leave
boots_again /stop
assert_eq "behind exit()" mine "$(fetch http://worker.test/main)"
