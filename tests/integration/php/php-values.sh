#!/bin/bash
# php_value, php_flag, php_admin_value and php_admin_flag set what php.ini sets; a script may change the
# former for its own request only, and the latter not at all.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

long=$(printf 'phpinfo,%.0s' {1..80})exec,passthru
write_page values ini.php <<'END'
<?php
echo json_encode([
	'user' => ini_get('precision'), 'user_set' => ini_set('precision', '9'), 'user_after' => ini_get('precision'),
	'flag' => ini_get('display_errors'),
	'admin' => ini_get('user_agent'), 'admin_set' => ini_set('user_agent', 'mine'), 'admin_after' => ini_get('user_agent'),
	'admin_flag' => ini_get('html_errors'), 'admin_flag_set' => ini_set('html_errors', '1'),
	'perdir' => ini_get('post_max_size'), 'system' => ini_get('upload_max_filesize'),
	'exec' => function_exists('exec'), 'strlen' => function_exists('strlen'),
	'quoted' => ini_get('error_append_string'),
]);
END
pool values <<END
php_value[precision] = 7
php_flag[display_errors] = on
php_admin_value[user_agent] = "the pool; its agent"
php_admin_flag[html_errors] = off
php_value[post_max_size] = 3M
php_admin_value[upload_max_filesize] = 5M
php_admin_value[disable_functions] = $long
php_value[error_append_string] = 'single = quoted'
END

for round in 1 2 3 4; do
	reply=$(fetch http://values.test/ini.php)
	assert_contains "php_value, round $round" '"user":"7","user_set":"7","user_after":"9"' "$reply"
	assert_contains "php_flag, round $round" '"flag":"1"' "$reply"
	assert_contains "php_admin_value, round $round" \
		'"admin":"the pool; its agent","admin_set":false,"admin_after":"the pool; its agent"' "$reply"
	assert_matches "php_admin_flag, round $round" '"admin_flag":"0?","admin_flag_set":false' "$reply"
	assert_contains "PERDIR and SYSTEM entries, round $round" '"perdir":"3M","system":"5M"' "$reply"
	assert_contains "disable_functions, round $round" '"exec":false,"strlen":true' "$reply"
	assert_contains "single quotes, round $round" '"quoted":"single = quoted"' "$reply"
done

# an admin value cannot be undone by the web server's PHP_VALUE
needs_fpmd
write_page values agent.php <<'END'
<?php echo ini_get('user_agent');
END
assert_contains 'PHP_VALUE against an admin value' 'the pool; its agent' "$(in_container \
	python3 "$TOOLS/fcgi.py" /run/fpmd/values.sock /srv/www/values/agent.php 'PHP_VALUE=user_agent=foreign')"
