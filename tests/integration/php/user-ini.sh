#!/bin/bash
# Settings by directory and by host: .user.ini from the document root down, remembered for
# user_ini.cache_ttl, and the sections [PATH=] and [HOST=] of php.ini. None of them stays for the next request
# or undoes what the pool file has set as admin.
#
# shellcheck disable=SC2016  # PHP

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

page='<?php foreach (["precision", "user_agent", "serialize_precision", "sendmail_path", "post_max_size"] as $name)
	echo ini_get($name), "|"; echo count($_POST);'
for file in ini.php a/ini.php a/b/ini.php; do
	write_page dirs $file <<<"$page"
done
write_page elsewhere deep/ini.php <<<"$page"
echo 'precision = 1' >"$CONTAINER_ROOT/srv/www/dirs/.user.ini"
printf 'precision = 2\nuser_agent = foreign\nsendmail_path = /bin/foreign\n' >"$CONTAINER_ROOT/srv/www/dirs/a/.user.ini"
printf 'serialize_precision = 3\npost_max_size = 1K\n' >"$CONTAINER_ROOT/srv/www/dirs/a/b/.user.ini"
echo 'precision = 6' >"$CONTAINER_ROOT/srv/www/elsewhere/.user.ini"
echo 'serialize_precision = 5' >"$CONTAINER_ROOT/srv/www/elsewhere/deep/.user.ini"

mkdir -p "$CONTAINER_ROOT/etc/fpmd/dirs"
cat >"$CONTAINER_ROOT/etc/fpmd/dirs/php.ini" <<'END'
sendmail_path = /bin/global
[HOST=special.test]
serialize_precision = 12
[PATH=/srv/www/dirs/a]
sendmail_path = /bin/of-a
END
cp "$CONTAINER_ROOT/etc/fpmd/dirs/php.ini" "$CONTAINER_ROOT/etc/fpmd/dirs/forgetful.ini"
sed -i '1i user_ini.cache_ttl = 0' "$CONTAINER_ROOT/etc/fpmd/dirs/forgetful.ini"
for name in dirs forgetful; do
	[[ $name == dirs ]] && ini=php || ini=$name
	write_pool $name <<-END
		user = alice
		pm = static
		pm.max_children = 1
		php_ini = /etc/fpmd/dirs/$ini.ini
		php_value[precision] = 9
		php_admin_value[user_agent] = pool
	END
	in_container systemctl start fpmd@$name.socket
done
pool=dirs

# ask PATH [NAME=VALUE …]
ask() {
	in_container python3 "$TOOLS/fcgi.py" "/run/fpmd/$pool.sock" "/srv/www/$1" "${@:2}" 2>&1 | tail -n 1
}
root=DOCUMENT_ROOT=/srv/www/dirs

for round in 1 2; do
	assert_eq "the root, round $round" '1|pool|-1|/bin/global|8M|0' "$(ask dirs/ini.php $root)"
	assert_eq "below, round $round" '2|pool|-1|/bin/of-a|8M|0' "$(ask dirs/a/ini.php $root/)"
	assert_eq "further below, round $round" '2|pool|3|/bin/of-a|1K|0' "$(ask dirs/a/b/ini.php $root)"
	assert_eq "outside, round $round" '9|pool|5|/bin/global|8M|0' "$(ask elsewhere/deep/ini.php $root)"
	assert_eq "no document root, round $round" '9|pool|-1|/bin/of-a|8M|0' "$(ask dirs/a/ini.php)"
	assert_eq "a host, round $round" '9|pool|12|/bin/global|8M|0' "$(ask dirs/ini.php SERVER_NAME=Special.TEST)"
done

# the limit of a body counts for the request that the file is for
body=a=$(printf '%.0sx' {1..3000})
form=CONTENT_TYPE=application/x-www-form-urlencoded
assert_eq 'a body above it' '2|pool|3|/bin/of-a|1K|0' "$(ask dirs/a/b/ini.php $root "BODY=$body" $form)"
assert_eq 'elsewhere' '2|pool|-1|/bin/of-a|8M|1' "$(ask dirs/a/ini.php $root "BODY=$body" $form)"

# remembered, or read again after the time that it may be, here a second; also a file that is new or gone
pool=forgetful
assert_eq 'before' '1|pool|-1|/bin/global|8M|0' "$(ask dirs/ini.php $root)"
assert_eq 'before, below' '2|pool|-1|/bin/of-a|8M|0' "$(ask dirs/a/ini.php $root)"
pool=dirs
echo 'precision = 4' >"$CONTAINER_ROOT/srv/www/dirs/.user.ini"
rm "$CONTAINER_ROOT/srv/www/dirs/a/.user.ini"
assert_eq 'remembered' '1|pool|-1|/bin/global|8M|0' "$(ask dirs/ini.php $root)"
assert_eq 'remembered, below' '2|pool|-1|/bin/of-a|8M|0' "$(ask dirs/a/ini.php $root)"
pool=forgetful
root_is_new() {
	[[ $(ask dirs/ini.php $root) == '4|'* && $(ask dirs/a/ini.php $root) == '4|'* ]]
}
wait_for 6 root_is_new

# a mistake in one is a message, and nothing more
echo 'precision = ((' >"$CONTAINER_ROOT/srv/www/dirs/.user.ini"
mistake_is_told() {
	[[ $(ask dirs/ini.php $root) == *'|8M|0' ]] && journal_has fpmd@forgetful 'syntax error'
}
wait_for 6 mistake_is_told
