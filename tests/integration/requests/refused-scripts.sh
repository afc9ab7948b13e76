#!/bin/bash
# What is no script is not run: a missing file is 404 "File not found.", an extension outside
# security.limit_extensions (.php and .phar, or what the pool file says) 403 "Access denied.", and so
# is a file that the pool's user cannot read. As with php-fpm.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

# answer URL STATUS BODY
answer() {
	assert_eq "$1" "$2 $3" "$(fetch_status "$1") $(fetch "$1")"
}

code='<?php echo "ran";'
for name in refused widened unlimited; do
	for file in a.php a.phar a.txt a.inc noextension .php; do
		write_page $name $file <<<"$code"
	done
done
mkdir -p "$CONTAINER_ROOT/srv/www/refused/dir.php"
write_page refused secret.php <<<"$code"
chmod 600 "$CONTAINER_ROOT/srv/www/refused/secret.php"

pool refused </dev/null
answer http://refused.test/a.php 200 ran
answer http://refused.test/a.phar 200 ran
answer http://refused.test/a.txt 403 'Access denied.'
answer http://refused.test/a.inc 403 'Access denied.'
answer http://refused.test/noextension 403 'Access denied.'
answer http://refused.test/missing.php 404 'File not found.'
answer http://refused.test/missing.txt 404 'File not found.'
assert_eq 'a directory' 404 "$(fetch_status http://refused.test/dir.php)"
assert_eq 'another' 404 "$(fetch_status http://refused.test/)"
answer http://refused.test/secret.php 403 'Access denied.'
assert_contains 'content type of the refusal' 'text/html' \
	"$(fetch --head http://refused.test/missing.php)"
# it goes on after all that
answer http://refused.test/a.php 200 ran

pool widened <<'END'
security.limit_extensions = .php .inc
END
answer http://widened.test/a.inc 200 ran
answer http://widened.test/a.php 200 ran
answer http://widened.test/a.txt 403 'Access denied.'
answer http://widened.test/a.phar 403 'Access denied.'

pool unlimited <<'END'
security.limit_extensions =
END
answer http://unlimited.test/a.txt 200 ran
