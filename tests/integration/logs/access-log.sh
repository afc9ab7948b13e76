#!/bin/bash
# access.log: each request has one line, in php-fpm's words (run --php-fpm 54 has to say the same), and it is
# there when the client has its answer. What access.suppress_path names is left out, only if it succeeded and
# carried no data. Then what is ours: the journal as the log, in a chroot, a file that the pool's user cannot
# open, words of strangers that forge nothing, a path that cannot be opened refuses a start and a reload.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

log=$CONTAINER_ROOT/srv/log
mkdir "$log"

# format FORMAT: for a pool file, in quotes
format() {
	printf 'access.format = "%s"\n' "$1"
}
# pages NAME
pages() {
	write_page "$1" page.php <<-'END'
		<?php
		header('X-Mark: some thing');
		http_response_code($_GET['status'] ?? 200);
		echo getmypid(), ' ', posix_getppid();
	END
	write_page "$1" health.php <<-'END'
		<?php echo 'fine';
	END
	write_page "$1" broken.php <<-'END'
		<?php http_response_code(503);
	END
	write_page "$1" finish.php <<-'END'
		<?php
		echo 'answered';
		fastcgi_finish_request();
		usleep(700000);
	END
	write_page "$1" work.php <<-'END'
		<?php
		$x = str_repeat('x', 10 << 20);
		for ($end = microtime(true) + 0.2; microtime(true) < $end;)
			$y = md5($x[0]);
		usleep(200000);
	END
}
# last NAME: the last line of that log
last() {
	tail -n 1 "$log/$1"
}

pages access
pool access <<END
access.log = /srv/log/\$pool
$(format '%m|%r|%Q%q|%s|%n|%f|%l|%R|%u|%{REQUEST_URI}e|%{NONE}e|%{X-Mark}o|%{X-None}o|%%|%p %P')
access.suppress_path[] = /health.php
access.suppress_path[] = /broken.php
END
url=http://access.test
script=/srv/www/access/page.php

pids=$(fetch "$url/page.php?a=b&c=%22d")
assert_eq 'a request' "GET|/page.php|?a=b&c=%22d|200|access|$script|0|-||/page.php?a=b&c=%22d|-|some thing|-|%|$pids" \
	"$(last access)"
pids=$(fetch --data 'some=body' --user joe:secret "$url/page.php?status=404")
assert_eq 'another' "POST|/page.php|?status=404|404|access|$script|9|-|joe|/page.php?status=404|-|some thing|-|%|$pids" \
	"$(last access)"
fetch --head "$url/page.php" >"$log/none"
assert_matches 'HEAD' '^HEAD\|/page.php\|\|200\|' "$(last access)"
assert_eq 'no such script' 404 "$(fetch_status "$url/none.php")"
assert_matches 'no such script' '^GET\|/none.php\|\|404\|access\|-\|0\|' "$(last access)"
fetch "$url/finish.php" >"$log/none"
wait_for 2 grep -q '^GET|/finish.php||200|' "$log/access"

# what is left out
before=$(wc -l <"$log/access")
fetch "$url/health.php" >"$log/none"
fetch --head "$url/health.php" >"$log/none"
assert_eq 'lines left out' "$before" "$(wc -l <"$log/access")"
fetch "$url/health.php?x" >"$log/none"
assert_matches 'with a query' '^GET\|/health.php\|\?x\|200\|' "$(last access)"
fetch --data x=y "$url/health.php" >"$log/none"
assert_matches 'with a body' '^POST\|/health.php\|\|200\|' "$(last access)"
assert_eq 'one that fails' 503 "$(fetch_status "$url/broken.php")"
assert_matches 'one that fails' '^GET\|/broken.php\|\|503\|' "$(last access)"

# the file is root's, and one line is one line
assert_eq 'owner and mode' 'root 600' "$(stat --format='%U %a' "$log/access")"

# numbers and times
write_pool measured <<END
user = alice
pm = static
pm.max_children = 1
access.log = /srv/log/measured
$(format '%d %{milliseconds}d %{miliseconds}d %{microseconds}d|%C %{user}C %{system}C|%M %{kilo}M %{MEGAbytes}M|%t|%T|%{%s}t|%{%s}T')
END
pages measured
site measured
in_container systemctl start fpmd@measured.socket
now=$(date +%s)
fetch http://measured.test/work.php
line=$(last measured)
echo "$line"
time='[0-3][0-9]/[A-Z][a-z][a-z]/20[0-9][0-9]:[0-9:]{8} [+-][0-9]{4}'
assert_matches 'the form' "^0\.[0-9]{3} [0-9]{3}\.[0-9]{3} [0-9]{3}\.[0-9]{3} [0-9]{6}\|[0-9]+\.[0-9]{2} [0-9]+\.[0-9]{2} [0-9]+\.[0-9]{2}\|[0-9]{8} [0-9]{5} [0-9]{2}\|$time\|$time\|[0-9]{10}\|[0-9]{10}\$" "$line"
awk -F '[ |]' -v now="$now" '
	function between(what, least, number, most) {
		if (number < least || number > most) {
			print what ": " number " is not between " least " and " most
			bad = 1
		}
	}
	{
		between("seconds", 0.4, $1, 1.5)
		between("milliseconds", $1 * 1000 - 1, $2, $1 * 1000 + 1)
		between("microseconds", $2 * 1000 - 1, $4, $2 * 1000 + 1)
		between("CPU", 15, $5, 70)
		between("user and system", $5 - 0.02, $6 + $7, $5 + 0.02)
		between("memory", 10485760, $8, 20 * 1048576)
		between("KiB", $8 / 1024 - 1, $9, $8 / 1024)
		between("MiB", $8 / 1048576 - 1, $10, $8 / 1048576)
		between("start", now, $15, now + 2)
		between("end", $15, $16, $15 + 2)
	}
	END { exit bad }' <<<"$line" || fail 'figures'

[[ -z ${FPMD_TEST_PHP_FPM:-} ]] || exit 0

# ours: at once also after fastcgi_finish_request(), with the headers that went out
fetch "$url/finish.php" >"$log/none"
assert_matches 'a finished request' '^GET\|/finish.php\|\|200\|' "$(last access)"

write_pool own <<END
user = alice
pm = static
pm.max_children = 1
access.log = /srv/log/own
$(format '%s \"%r\" %{content-type}o %{microseconds}d')
END
pages own
write_page own late.php <<'END'
<?php
register_shutdown_function(function () { usleep(100000); http_response_code(418); });
END
write_page own open.php <<'END'
<?php
echo @fopen('/srv/log/own', 'a') ? 'by name ' : '';
foreach (scandir('/proc/self/fd') as $fd)
	if (@readlink("/proc/self/fd/$fd") === '/srv/log/own' && @fopen("/proc/self/fd/$fd", 'a'))
		echo 'by number ';
echo shell_exec('ls -l /proc/self/fd | grep -c srv/log');
END
site own
in_container systemctl start fpmd@own.socket
assert_eq 'what a script opens' 0 "$(fetch http://own.test/open.php)"
fetch http://own.test/late.php >"$log/none"
assert_matches 'an end in a shutdown function' '^418 "/late.php" text/html; charset=UTF-8 1[0-9]{5}$' "$(last own)"
before=$(wc -l <"$log/own")
in_container python3 "$TOOLS/fcgi.py" /run/fpmd/own.sock /srv/www/own/page.php \
	SCRIPT_NAME=$'/x" 200\n- "forged\x1b[2J\\' >"$log/none"
assert_eq 'lines of one request' $((before + 1)) "$(wc -l <"$log/own")"
assert_contains 'its line' '200 "/x\x22 200\x0a- \x22forged\x1b[2J\x5c" text/html' "$(last own)"
# more than php-fpm's 1024
long=$(printf 'y%.0s' {1..3000})
in_container python3 "$TOOLS/fcgi.py" /run/fpmd/own.sock /srv/www/own/page.php "SCRIPT_NAME=/$long" >"$log/none"
assert_matches 'a long one' "^200 \"/$long\" text/html" "$(last own)"

# the journal
for name in journal stderr; do
	target=journal
	[[ $name == journal ]] || target=/dev/stderr
	write_pool "$name" <<-END
		user = alice
		pm = static
		pm.max_children = 1
		access.log = $target
		$(format "at \$pool: %m %r %s")
	END
	pages "$name"
	site "$name"
	in_container systemctl start "fpmd@$name.socket"
	fetch "http://$name.test/page.php" >"$log/none"
	assert_contains "$name" "at $name: GET /page.php 200" "$(journal_of "fpmd@$name" --priority=6..6)"
done

# one that waited too long, and who connects by tcp
write_pool tcp <<END
user = alice
listen = 127.0.0.1:9054
pm = static
pm.max_children = 1
pm.queue_timeout = 1s
access.log = /srv/log/tcp
$(format '%R %s %r%Q%q')
END
write_page tcp nap.php <<'END'
<?php sleep(2);
END
site tcp 127.0.0.1:9054
in_container systemctl start fpmd@tcp.socket
fetch http://tcp.test/nap.php >"$log/none" &
sleep 0.2
assert_eq 'one that waited' 503 "$(fetch_status "http://tcp.test/nap.php?late")"
wait
assert_eq 'their lines' $'127.0.0.1 200 /nap.php\n127.0.0.1 503 /nap.php?late' "$(<"$log/tcp")"

# a pool in a chroot: the file is outside of it, times are those of the machine
jail=$CONTAINER_ROOT/srv/jail
mkdir "$jail"
cp -a "$CONTAINER_ROOT/srv/www/own" "$jail/www"
zone=$(in_container readlink /etc/localtime || true)
in_container ln -sf /usr/share/zoneinfo/Asia/Kolkata /etc/localtime
write_pool jail <<END
user = alice
chroot = /srv/jail
pm = static
pm.max_children = 1
access.log = /srv/log/jail
$(format '%t %f %s')
END
site jail unix:/run/fpmd/jail.sock /www
in_container systemctl start fpmd@jail.socket
fetch http://jail.test/page.php >"$log/none"
if [[ -n $zone ]]; then in_container ln -sf "$zone" /etc/localtime; else in_container rm /etc/localtime; fi
assert_matches 'in a chroot' '^[^ ]+ \+0530 /www/page.php 200$' "$(last jail)"

# with the folder that systemd makes, which --test knows of
write_pool usual <<'END'
user = alice
pm = static
pm.max_children = 1
access.log = /var/log/fpmd/$pool/access.log
END
pages usual
site usual
in_container rm -rf /var/log/fpmd/usual
in_container fpmd --test usual
in_container systemctl start fpmd@usual.socket
fetch http://usual.test/page.php >"$log/none"
assert_matches 'the usual place' "^- -  $time \"GET /page.php\" 200\$" \
	"$(in_container cat /var/log/fpmd/usual/access.log)"

# paths that are no good
refuses() {
	local text

	sed -i "s|^access.log = .*|access.log = $2|" "$CONTAINER_ROOT/etc/fpmd/conf.d/usual.conf"
	text=$(in_container fpmd --test usual 2>&1) && [[ $2 != /usr/* ]] && fail "$1: --test accepts it"
	[[ $2 == /usr/* ]] || assert_matches "$1" "usual.conf:5: access.log: '$2'.*$3" "$text"
	assert_fails in_container systemctl reload fpmd@usual
	assert_matches "$1: the journal" "usual.conf:5: access.log: '$2'.*$3" "$(journal_of fpmd@usual)"
	assert_eq 'and it goes on' 200 "$(fetch_status http://usual.test/page.php)"
}
ln -s /srv/log/own "$log/link"
mkfifo "$log/pipe"
refuses 'no folder' /srv/none/log 'No such file or directory; create its folder'
refuses 'a link' /srv/log/link 'is a symbolic link'
refuses 'a pipe' /srv/log/pipe 'is not a file'
# the service sees it so, --test does not
refuses 'read-only' /usr/access.log 'Read-only file system'
in_container systemctl stop fpmd@usual.service
assert_fails in_container systemctl start fpmd@usual.service
assert_eq 'exit status' 78 "$(unit_property fpmd@usual.service ExecMainStatus)"

# In a folder where root itself, without CAP_DAC_OVERRIDE, may not write: with the rights of the pool's user.
mkdir "$log/home"
in_container chown alice:alice /srv/log/home
in_container chmod 0700 /srv/log/home
write_pool home <<END
user = alice
pm = static
pm.max_children = 1
access.log = /srv/log/home/access
$(format 'home %s')
END
pages home
site home
in_container systemctl start fpmd@home.socket
fetch http://home.test/page.php >"$log/none"
assert_eq 'its line' 'home 200' "$(cat "$log/home/access")"
assert_eq 'the file is' 'alice 600' "$(in_container stat -c '%U %a' /srv/log/home/access)"
rm "$log/home/access"
in_container systemctl kill --kill-whom=main --signal=USR1 fpmd@home
wait_for 2 test -e "$log/home/access"
