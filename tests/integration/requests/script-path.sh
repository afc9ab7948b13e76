#!/bin/bash
# Which script a request means, and what the script then finds in $_SERVER, for what the several web servers
# send; what is answered in place of a script, to the client and to the web server's error log. As with
# php-fpm: run --php-fpm 37 has to say the same.
#
# shellcheck disable=SC2016  # PHP

source "${BASH_SOURCE[0]%/*}/../lib.sh"

www=/srv/www/path
write_page path env.php <<'END'
<?php
foreach (['SCRIPT_FILENAME', 'SCRIPT_NAME', 'PATH_INFO', 'PATH_TRANSLATED', 'PHP_SELF',
	'ORIG_SCRIPT_FILENAME', 'ORIG_SCRIPT_NAME', 'ORIG_PATH_INFO', 'ORIG_PATH_TRANSLATED'] as $name)
	if (isset($_SERVER[$name]))
		echo $name, '=', str_replace('/srv/www/path', '', $_SERVER[$name]), ' ';
END
write_page path sub/env.php <"$CONTAINER_ROOT$www/env.php"
write_page path secret.php <<<'<?php echo "ran";'
write_page path text.txt <<<'<?php echo "ran";'
mkdir -p "$CONTAINER_ROOT$www/dir.php"
chmod 600 "$CONTAINER_ROOT$www/secret.php"
pool path </dev/null

# ask SCRIPT_FILENAME [NAME=VALUE …]: headers and body, stderr in front
pool=path
ask() {
	in_container python3 "$TOOLS/fcgi.py" "/run/fpmd/$pool.sock" "$@" 2>&1
}

# sees WHAT EXPECTED SCRIPT_FILENAME [NAME=VALUE …]
sees() {
	local what=$1 expected=$2 reply
	shift 2

	reply=$(ask "$@")
	reply=${reply##*$'\n'}
	assert_eq "$what" "$expected" "${reply% }"
}

# answers WHAT STATUS BODY STDERR SCRIPT_FILENAME [NAME=VALUE …]
answers() {
	local what=$1 status=$2 body=$3 stderr=$4
	shift 4

	assert_eq "$what" "${stderr}Status: $status"$'\r\nContent-type: text/html; charset=UTF-8\r\n\r\n'"$body" "$(ask "$@")"
}

sees 'as it is' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PHP_SELF=/env.php' $www/env.php
sees 'split by nginx' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PATH_INFO=/x PHP_SELF=/env.php/x' \
	$www/env.php PATH_INFO=/x
sees 'not split' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PATH_INFO=/x PATH_TRANSLATED=/x PHP_SELF=/env.php/x ORIG_SCRIPT_FILENAME=/env.php/x ORIG_SCRIPT_NAME=/env.php/x ORIG_PATH_INFO=/env.php/x' \
	$www/env.php/x SCRIPT_NAME=/env.php/x PATH_INFO=/env.php/x DOCUMENT_ROOT=$www
sees 'a PATH_INFO shorter than the rest (CVE-2019-11043)' \
	'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PATH_INFO=/x PATH_TRANSLATED=/x PHP_SELF=/env.php/x ORIG_SCRIPT_FILENAME=/env.php/longer' \
	$www/env.php/longer SCRIPT_NAME=/env.php PATH_INFO=/x DOCUMENT_ROOT=$www
sees 'an empty PATH_INFO' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/n PATH_INFO= PATH_TRANSLATED= PHP_SELF=/n ORIG_SCRIPT_FILENAME=/env.php/x' \
	$www/env.php/x SCRIPT_NAME=/n PATH_INFO= DOCUMENT_ROOT=$www
# Decoded since PHP 8.3.18 and 8.4.5.
info='/a%20+'
[[ $FPMD_TEST_PHP == 8.2 ]] || info='/a +'
for scheme in proxy:fcgi://127.0.0.1:9000 proxy:balancer://php PROXY:FCGI://; do
	sees "Apache, $scheme" 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PHP_SELF=/env.php' \
		"$scheme$www/env.php?q" SCRIPT_NAME=/env.php
	sees "ProxyPass, $scheme" "SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PATH_INFO=$info PATH_TRANSLATED=$info PHP_SELF=/env.php$info ORIG_SCRIPT_FILENAME=/env.php/a%20+ ORIG_SCRIPT_NAME=/env.php/a +" \
		"$scheme$www/env.php/a%20+" 'SCRIPT_NAME=/env.php/a +' DOCUMENT_ROOT=$www
done
sees 'Apache, another PATH_INFO' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/o PATH_INFO=/x PATH_TRANSLATED=/x PHP_SELF=/o/x ORIG_SCRIPT_FILENAME=/env.php/x ORIG_SCRIPT_NAME=/env.php ORIG_PATH_INFO=/o' \
	proxy:fcgi://h$www/env.php/x SCRIPT_NAME=/env.php PATH_INFO=/o DOCUMENT_ROOT=$www
sees 'an Action of Apache' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PHP_SELF=/env.php ORIG_SCRIPT_FILENAME=/usr/bin/php ORIG_SCRIPT_NAME=/cgi ORIG_PATH_INFO=/env.php ORIG_PATH_TRANSLATED=/env.php' \
	/usr/bin/php SCRIPT_NAME=/cgi PATH_INFO=/env.php PATH_TRANSLATED=$www/env.php REDIRECT_URL=/env.php
sees 'an Action, with a rest' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PATH_INFO=/x PATH_TRANSLATED=/x PHP_SELF=/env.php/x ORIG_SCRIPT_FILENAME=/usr/bin/php ORIG_SCRIPT_NAME=/cgi ORIG_PATH_INFO=/env.php/x ORIG_PATH_TRANSLATED=/env.php/x' \
	/usr/bin/php SCRIPT_NAME=/cgi PATH_INFO=/env.php/x PATH_TRANSLATED=$www/env.php/x REDIRECT_URL=/env.php/x DOCUMENT_ROOT=$www
sees IIS 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/env.php PATH_INFO=/x PHP_SELF=/env.php/x ORIG_PATH_INFO=/env.php/x' \
	$www/env.php PATH_INFO=/env.php/x SERVER_SOFTWARE=Microsoft-IIS/10.0
sees 'PATH_TRANSLATED alone' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/p PATH_TRANSLATED=/env.php PHP_SELF=/p' \
	$www/x SCRIPT_FILENAME SCRIPT_NAME=/p PATH_TRANSLATED=$www/env.php
sees 'no document root' 'SCRIPT_FILENAME=/sub/env.php SCRIPT_NAME=/sub/env.php PATH_INFO=/x PATH_TRANSLATED=/x PHP_SELF=/sub/env.php/x ORIG_SCRIPT_FILENAME=/sub/env.php/x ORIG_PATH_INFO=/sub/env.php/x' \
	$www/sub/env.php/x SCRIPT_NAME=/sub/env.php PATH_INFO=/sub/env.php/x

missing=$'File not found.'
answers 'a missing script' '404 Not Found' "$missing" 'Primary script unknown' $www/none.php
answers 'a missing file of another kind' '404 Not Found' "$missing" 'Primary script unknown' $www/none.txt
answers 'a path up' '404 Not Found' "$missing" 'Primary script unknown' $www/sub/../env.php
answers 'no path' '404 Not Found' "$missing" 'Primary script unknown' x SCRIPT_FILENAME
answers 'a folder' '404 Not Found' "$missing" 'Primary script unknown' $www/sub/
answers 'another extension' '403 Forbidden' 'Access denied.' \
	"Access to the script '$www/text.txt' has been denied (see security.limit_extensions)" $www/text.txt
answers 'a folder without a slash' '403 Forbidden' 'Access denied.' \
	"Access to the script '$www/sub' has been denied (see security.limit_extensions)" $www/sub
answers 'an empty path' '403 Forbidden' 'Access denied.' \
	"Access to the script '' has been denied (see security.limit_extensions)" ''
assert_eq 'no REQUEST_METHOD' $'Content-type: text/html; charset=UTF-8\r\n\r' "$(ask $www/env.php REQUEST_METHOD)"

reply=$(ask $www/secret.php)
assert_contains 'what cannot be read' 'Status: 403 Forbidden' "$reply"
assert_contains 'its reason' "Unable to open primary script: $www/secret.php (Permission denied)" "$reply"
reply=$(ask $www/dir.php)
assert_contains 'a folder with the name of a script' 'Status: 404 Not Found' "$reply"
assert_contains 'its answer' 'No input file specified.' "$reply"

# the journal names the file, which the web server is not told
[[ -n ${FPMD_TEST_PHP_FPM:-} ]] || wait_for 5 journal_has fpmd@path "Primary script unknown: $www/none.php"

pool=unfixed
pool unfixed <<'END'
php_admin_value[cgi.fix_pathinfo] = 0
END
sees 'cgi.fix_pathinfo = 0' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/n PATH_INFO=/i PHP_SELF=/i' \
	$www/env.php SCRIPT_NAME=/n PATH_INFO=/i
sees 'PATH_TRANSLATED goes first' 'SCRIPT_FILENAME=/none SCRIPT_NAME=/n PATH_TRANSLATED=/env.php PHP_SELF=/n' \
	$www/none SCRIPT_NAME=/n PATH_TRANSLATED=$www/env.php
answers 'a rest behind the script' '403 Forbidden' 'Access denied.' \
	"Access to the script '$www/env.php/x' has been denied (see security.limit_extensions)" $www/env.php/x
reply=$(ask $www/none.php)
assert_contains 'missing, without a look' 'No input file specified.' "$reply"
assert_contains 'and its reason' "Unable to open primary script: $www/none.php (No such file or directory)" "$reply"

pool=discarding
pool discarding <<'END'
php_admin_value[cgi.fix_pathinfo] = 0
php_admin_value[cgi.discard_path] = 1
END
sees 'cgi.discard_path' 'SCRIPT_FILENAME=/env.php SCRIPT_NAME=/n PATH_TRANSLATED=/none.php PHP_SELF=/n' \
	$www/env.php SCRIPT_NAME=/n PATH_TRANSLATED=$www/none.php

pool=rooted
pool rooted <<'END'
php_admin_value[doc_root] = /srv/www/path/sub
END
page_of() {
	ask "$@" | tail -n 1
}
write_page path which.php <<<'<?php echo "the web server"; '
write_page path sub/which.php <<<'<?php echo "php.ini ", $_SERVER["DOCUMENT_ROOT"];'
assert_eq 'doc_root of php.ini' 'php.ini /srv/www/path/sub' "$(page_of $www/which.php SCRIPT_NAME=/which.php)"
