#!/bin/bash
# PHP_VALUE and PHP_ADMIN_VALUE of the web server: what they set, what they say about mistakes, that all of it
# ends with the request, and that neither touches what the pool file has set as admin.
#
# shellcheck disable=SC2016  # PHP

source "${BASH_SOURCE[0]%/*}/../lib.sh"

write_page ini value.php <<'END'
<?php
$functions = function_exists('exec');
try { $exec = exec('echo ran'); } catch (Error $e) { $exec = $e->getMessage(); }
echo json_encode([
	'user' => ini_get('precision'), 'set' => ini_set('precision', '9'), 'exec' => $exec,
	'off' => ini_get('disable_functions'), 'agent' => ini_get('user_agent'), 'basedir' => ini_get('open_basedir'),
	'access' => array_diff(array_column(ini_get_all(), 'access'), [1, 2, 4, 6, 7]) == [],
	'type' => ini_get('default_mimetype'), 'limit' => ini_get('memory_limit'), 'sendmail' => ini_get('sendmail_path'),
]);
END
# opcache writes the value of what only the administrator may set into its code, which all requests share
write_page ini folded.php <<<'<?php echo ini_get("error_append_string");'
# from the moment of the request on
write_page ini post.php <<<'<?php echo count($_POST), " ", ini_get("post_max_size");'
write_page ini display.php <<'END'
<?php echo ini_get('display_errors'), '|'; ob_start(); trigger_error('x'); echo (int) (ob_get_clean() != '');
END
write_pool ini <<'END'
user = alice
pm = static
pm.max_children = 1
php_value[precision] = 7
php_admin_value[user_agent] = pool
php_admin_value[open_basedir] = /srv/www/ini:/tmp
END
site ini
in_container systemctl start fpmd@ini.socket

ask() {
	in_container python3 "$TOOLS/fcgi.py" /run/fpmd/ini.sock "/srv/www/ini/$1" "${@:2}" 2>&1
}

plain=$(ask value.php)
assert_contains 'the pool' '"user":"7","set":"7","exec":"ran","off":"","agent":"pool","basedir":"\/srv\/www\/ini:\/tmp"' \
	"$plain"
# [] what nobody has set
nobody() {
	[[ -n ${FPMD_TEST_PHP_FPM:-} ]] || assert_eq "after $1" "$plain" "$(ask value.php)"
}

reply=$(ask value.php $'PHP_VALUE=precision=5\ndefault_mimetype="text/x-a; b"\nsendmail_path = /bin/mine')
assert_contains 'PHP_VALUE' '"user":"5","set":"5"' "$reply"
assert_contains 'PHP_VALUE, quoted' '"type":"text\/x-a; b"' "$reply"
assert_lacks 'PHP_VALUE' FastCGI "$reply"
# in php-fpm the value that opcache saw first
[[ -n ${FPMD_TEST_PHP_FPM:-} ]] ||
	assert_contains 'PHP_VALUE, a SYSTEM entry' '"sendmail":"\/bin\/mine"' "$reply"
nobody PHP_VALUE

reply=$(ask value.php $'PHP_ADMIN_VALUE=precision=4\nmemory_limit=64M')
assert_contains 'PHP_ADMIN_VALUE' '"user":"4","set":false' "$reply"
assert_contains 'PHP_ADMIN_VALUE, the second' '"limit":"64M"' "$reply"
assert_contains 'what an entry is open to' '"access":true' "$reply"
nobody PHP_ADMIN_VALUE

reply=$(ask value.php $'PHP_VALUE=nonsense=1\n[x]\nprecision=3')
assert_contains 'an unknown name, a section' \
	"Passing INI directive through FastCGI: unable to set 'nonsense'; Passing INI directive through FastCGI: only classic entries are allowed" \
	"$reply"
assert_contains 'the rest of it' '"user":"3"' "$reply"
reply=$(ask value.php $'PHP_VALUE=precision=2\n=\nuser_agent')
assert_contains 'a syntax error: what stands before it' '"user":"2"' "$reply"
reply=$(ask value.php $'PHP_VALUE=precision=2\nextra')
assert_contains 'a name alone' "FastCGI: empty value for key 'extra'" "$reply"
reply=$(ask value.php 'PHP_ADMIN_VALUE=opcache.enable=1')
# 8.5 refuses nothing that is so already
[[ $FPMD_TEST_PHP == 8.[5-9] ]] || assert_contains 'one that PHP refuses' "can't be temporary enabled" "$reply"
assert_contains 'it runs all the same' '"exec":"ran"' "$reply"
nobody mistakes

# values that PHP has something to say about, before there is an output; and display_errors itself
for value in session.save_handler=none date.timezone=Nowhere/At_all memory_limit=1 output_handler=none \
		display_errors=1 display_errors=0 zend.assertions=1; do
	reply=$(ask value.php "PHP_VALUE=$value" PHP_ADMIN_VALUE=html_errors=off)
	[[ $value == output_handler* ]] ||
		assert_contains "$value" '"exec":"ran"' "$reply"
done
nobody 'strange values'
for value in 0 1; do
	assert_contains "display_errors" "$value|$value" "$(ask display.php PHP_VALUE=display_errors=$value)"
done

needs_fpmd

# POST under a limit that the request itself brings
body=a=$(printf '%.0sx' {1..3000})
assert_contains 'post_max_size' '0 1K' "$(ask post.php PHP_VALUE=post_max_size=1K "BODY=$body" \
	CONTENT_TYPE=application/x-www-form-urlencoded)"
assert_contains 'without' '1 8M' "$(ask post.php "BODY=$body" CONTENT_TYPE=application/x-www-form-urlencoded)"

# neither undoes what the pool file has set as admin
for name in PHP_VALUE PHP_ADMIN_VALUE; do
	reply=$(ask value.php "$name=open_basedir=/"$'\nuser_agent=foreign')
	assert_contains "$name against the pool" '"agent":"pool","basedir":"\/srv\/www\/ini:\/tmp"' "$reply"
done
nobody 'an attempt'
wait_for 5 journal_has fpmd@ini "sends 'open_basedir' as PHP_VALUE or PHP_ADMIN_VALUE, which the pool file has set as admin"
assert_eq 'said once' 1 "$(journal_of fpmd@ini | grep -c 'has set as admin')"

# disabled functions stay so for this request
reply=$(ask value.php 'PHP_ADMIN_VALUE=disable_functions=exec,passthru')
assert_contains 'disable_functions' '"exec":"Call to undefined function exec()","off":"exec,passthru"' "$reply"
nobody disable_functions

# two virtual hosts, one file: each sees its own, and so does who sends none
for round in 1 2 3; do
	for host in a b; do
		assert_contains "round $round" "<$host>" \
			"$(ask folded.php "PHP_ADMIN_VALUE=error_append_string=<$host>")"
	done
	assert_lacks "round $round, none" '<' "$(ask folded.php | tail -n 1)"
done

pool refusing <<'END'
php_value_from_request = no
pm.max_children = 1
END
write_page refusing value.php <"$CONTAINER_ROOT/srv/www/ini/value.php"
for _ in 1 2; do
	reply=$(in_container python3 "$TOOLS/fcgi.py" /run/fpmd/refusing.sock /srv/www/refusing/value.php \
		PHP_VALUE=precision=5 PHP_ADMIN_VALUE=auto_prepend_file=/etc/passwd)
	assert_contains 'refused' '"user":"14"' "$reply"
	assert_lacks 'refused' 'root:' "$reply"
done
wait_for 5 journal_has fpmd@refusing 'because of php_value_from_request = no'
assert_eq 'said once, too' 1 "$(journal_of fpmd@refusing | grep -c php_value_from_request)"
