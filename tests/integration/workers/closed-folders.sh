#!/bin/bash
# The manager is root and overrides no permissions. What a pool file names below folders that its user, or somebody else,
# keeps to himself is found all the same: the socket, the root directory, folders, php.ini and logs. A pool file that
# root cannot read is told of in a line that says what to do.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

home=/srv/closed
install -d "$CONTAINER_ROOT$home"
in_container install -d -o alice -g www-data -m 0710 $home/run
in_container install -d -o alice -g alice -m 0700 $home/alice $home/alice/jail $home/alice/jail/www $home/alice/logs
in_container install -d -o bob -g web -m 0710 $home/bob $home/bob/www
printf 'memory_limit = 77M\n' >"$CONTAINER_ROOT$home/alice/php.ini"
printf '<?php echo posix_geteuid(), " ", getcwd(), " ", ini_get("memory_limit"), " ", (int) file_exists("/etc/passwd");\n' \
	>"$CONTAINER_ROOT$home/alice/jail/www/page.php"
cp "$CONTAINER_ROOT$home/alice/jail/www/page.php" "$CONTAINER_ROOT$home/bob/www/page.php"
in_container chown -R alice $home/alice
listens="listen = $home/run/NAME.sock
listen.owner = alice
listen.group = www-data
pm.status_path = /status"

# as NAME LINE…
closed_pool() {
	local name=$1
	shift

	{ printf 'user = alice\npm = ondemand\npm.max_children = 2\n%s\n' "${listens//NAME/$name}"; printf '%s\n' "$@"; } |
		write_pool "$name"
	in_container systemctl daemon-reload
	in_container systemctl start "fpmd@$name.socket"
}

closed_pool jailed "chroot = $home/alice/jail" 'chdir = /www' "php_ini = $home/alice/php.ini" \
	"access.log = $home/alice/logs/access" "slowlog = $home/alice/logs/slow" 'request_slowlog_timeout = 5s'
site jailed "unix:$home/run/jailed.sock" /www
assert_eq 'in a chroot' '2001 /www 77M 0' "$(fetch http://jailed.test/page.php)"
closed_pool others "chdir = $home/bob/www"
site others "unix:$home/run/others.sock" $home/bob/www
assert_matches 'in a folder of bob' "^2001 $home/bob/www [0-9]+M 1$" "$(fetch http://others.test/page.php)"
# a root directory below a folder that neither root nor the pool's user may enter
in_container install -d -o bob -g bob -m 0750 $home/kept
in_container install -d -o bob -g bob -m 0755 $home/kept/jail $home/kept/jail/www
cp "$CONTAINER_ROOT$home/bob/www/page.php" "$CONTAINER_ROOT$home/kept/jail/www/page.php"
closed_pool kept "chroot = $home/kept/jail" 'chdir = /www'
site kept "unix:$home/run/kept.sock" /www
assert_matches 'in a chroot of bob' '^2001 /www [0-9]+M 0$' "$(fetch http://kept.test/page.php)"

for name in jailed others kept; do
	in_container fpmctl check $name
	in_container fpmctl reload $name
	assert_matches "$name after a reload" '^2001 ' "$(fetch http://$name.test/page.php)"
	in_container systemctl restart fpmd@$name.service
	assert_matches "$name after a restart" '^2001 ' "$(fetch http://$name.test/page.php)"
	assert_eq "$name: warnings" '' "$(journal_of fpmd@$name.service --identifier=fpmd --priority=warning)"
done
assert_eq 'its log' 'alice 600' "$(in_container stat -c '%U %a' $home/alice/logs/access)"
assert_contains 'its log' /page.php "$(in_container cat $home/alice/logs/access)"

# a socket that is gone is noticed there, too
in_container rm $home/run/others.sock
in_container systemctl restart fpmd@others.service
wait_for 5 journal_has fpmd@others.service "The path $home/run/others.sock is gone"
in_container systemctl restart fpmd@others.socket
in_container systemctl start fpmd@others.service

# pool files
advice='the manager overrides no permissions, so give the file and its folder to root'
own=/etc/fpmd/conf.d/others.conf
in_container chown alice $own
in_container chmod 0600 $own
said=$(in_container fpmctl check others 2>&1) && fail 'a file that root cannot read'
assert_contains 'the check' "$own: cannot read it: Permission denied; $advice" "$said"
said=$(in_container fpmctl reload others 2>&1) && fail 'a reload of a file that root cannot read'
assert_contains 'the reload' "$advice" "$said"
in_container chown root $own
in_container fpmctl reload others

printf 'pm.max_requests = 9\n' >"$CONTAINER_ROOT$home/alice/more.conf"
printf 'include = %s\n' $home/alice/more.conf >>"$CONTAINER_ROOT$own"
said=$(in_container fpmctl check others 2>&1) && fail 'an included file that root cannot see'
assert_contains 'the check' "include: cannot look for $home/alice/more.conf: Permission denied; $advice" "$said"
