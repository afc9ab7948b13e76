#!/bin/bash
# idle_warm: what PHP has compiled is there when a pool that has left starts again, in a folder of its own that nobody
# else can read. What was changed meanwhile is compiled anew, whatever time it bears. A folder that is somebody else's,
# full or a link is one line in the journal, and the pool works without. It stays within its bound while the pool runs,
# and is empty after an emergency restart.
# A start reads ahead what was in use, whatever stands in the list of that.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# warm_pool NAME LINE…: leaves after a second.
warm_pool() {
	local name=$1
	shift

	pool "$name" <<-END
		pm = ondemand
		pm.idle_exit_timeout = 1s
		$(printf '%s\n' "$@")
	END
	write_page "$name" part.php <<-'END'
		<?php return 'old';
	END
	# opcache counts as a miss what it has to compile, not what it finds in its folder.
	write_page "$name" page.php <<-'END'
		<?php
		$cache = ini_get('opcache.file_cache');
		$text = include 'part.php';
		echo json_encode(['text' => $text, 'cache' => $cache,
			'misses' => opcache_get_status(false)['opcache_statistics']['misses'],
			'files' => $cache ? (int) shell_exec("find $cache -name '*.bin' | wc -l") : 0]);
	END
}

# ask NAME: the page, of a pool that has just started.
ask() {
	wait_for 10 is_inactive "$1"
	fetch "http://$1.test/page.php"
}
is_inactive() {
	[[ $(unit_property "fpmd@$1.service" ActiveState) == inactive ]]
}
field() {
	sed -n "s/.*\"$1\":\"\\?\\([^,\"}]*\\).*/\\1/p" <<<"$2" | sed 's/\\//g'
}

warm_pool warm
warm_pool other
warm_pool fewer 'php_admin_value[disable_functions] = system'
warm_pool without 'idle_warm = 0'
warm_pool own 'php_admin_value[opcache.file_cache] = /srv/own-cache'
warm_pool unvalidated 'php_admin_value[opcache.validate_timestamps] = 0'
warm_pool preload 'php_admin_value[opcache.preload] = /srv/www/preload/part.php'
warm_pool jit 'php_admin_value[opcache.jit] = tracing' 'php_admin_value[opcache.jit_buffer_size] = 8M'
in_container install -d -o alice /srv/own-cache

# One that stays, and compiles more than its bound: looked at below, half a minute later.
write_page bounded fill.php <<'END'
<?php
for ($i = 0; $i < 40; $i++) {
	file_put_contents(__DIR__ . "/f$i.php", "<?php return ['" . implode("','", range(0, 4000)) . "', $i];");
	touch(__DIR__ . "/f$i.php", time() - 3600);
	include __DIR__ . "/f$i.php";
}
echo 'filled';
END
in_container chown alice /srv/www/bounded
pool bounded <<'END'
idle_warm = 1M
php_admin_value[opcache.file_update_protection] = 0
END
begin_bounded=$SECONDS
assert_eq 'to fill' filled "$(fetch http://bounded.test/fill.php)"
kept_by() {
	in_container du -sk "/var/cache/fpmd/$1" | cut -f 1
}
filled=$(kept_by bounded)
((filled > 1200)) || fail "$filled KiB are not more than the bound"

in_container sleep 2.2 # a script that was changed just before it was compiled would be compiled again

### what was compiled stays, in a folder of its own

for name in warm unvalidated; do
	first=$(ask "$name")
	echo "$first"
	folder=/var/cache/fpmd/$name/2001/opcache
	assert_eq "the folder of $name" $folder "$(field cache "$first")"
	assert_eq 'its mode' 'alice 700' "$(in_container stat -c '%U %a' $folder)"
	assert_eq 'that above it' 'root 711' "$(in_container stat -c '%U %a' ${folder%/*})"
	second=$(ask "$name")
	assert_eq 'the text' old "$(field text "$second")"
	assert_eq 'compiled at first' 2 "$(field misses "$first")"
	assert_eq 'compiled later' 0 "$(field misses "$second")"
done
assert_fails in_container runuser -u bob -- ls /var/cache/fpmd/warm/2001/opcache 2>/dev/null
assert_eq 'lines of warm' '' "$(journal_of fpmd@warm.service --priority=warning)"

### what was changed is compiled anew: with its old time, and where nobody validates

for name in warm unvalidated; do
	wait_for 10 is_inactive $name
	for time in 'now - 1 hour' '1970-01-02'; do
		write_page $name part.php <<<"<?php return 'new $time';"
		in_container touch -d "$time" "/srv/www/$name/part.php"
		assert_eq "after a change, $name" "new $time" "$(field text "$(ask $name)")"
	done
done

### opcache_reset() empties it; and so does systemd

write_page warm reset.php <<<"<?php var_dump(opcache_reset());"
[[ $(in_container find /var/cache/fpmd/warm -name '*.bin' | wc -l) -ge 2 ]] || fail 'nothing is kept'
assert_contains 'reset' 'bool(true)' "$(fetch http://warm.test/reset.php)"
assert_eq 'after opcache_reset()' '' "$(in_container find /var/cache/fpmd/warm -name 'pa*.bin')"
wait_for 10 is_inactive unvalidated
in_container systemctl clean --what=cache fpmd@unvalidated.service
assert_fails in_container test -e /var/cache/fpmd/unvalidated
assert_eq 'after that' 2 "$(field misses "$(ask unvalidated)")"

### pools that have none, or their own

assert_eq 'functions are disabled' '' "$(field cache "$(ask fewer)")"
assert_eq 'idle_warm = 0' '' "$(field cache "$(ask without)")"
assert_eq 'with preload' '' "$(field cache "$(ask preload)")"
assert_eq 'with JIT' '' "$(field cache "$(ask jit)")"
assert_eq 'its own' /srv/own-cache "$(field cache "$(ask own)")"

### folders that cannot be used

# refused NAME TEXT: the pool serves, and says in one line why not from its folder.
refused() {
	local answer

	answer=$(ask "$1")
	assert_eq "text with a bad folder: $2" old "$(field text "$answer")"
	assert_eq "cache: $2" '' "$(field cache "$answer")"
	assert_eq "lines: $2" 1 "$(journal_of "fpmd@$1.service" | grep -c "compiled scripts cannot be used.*$2")"
}

folder=/var/cache/fpmd/other/2001/opcache
assert_eq 'first it can be' $folder "$(field cache "$(ask other)")"
wait_for 10 is_inactive other
in_container chown bob $folder
refused other "somebody else's"
wait_for 10 is_inactive other
in_container sh -c "rm -r $folder && ln -s /var/cache/fpmd/warm/2001/opcache $folder"
refused other 'no folder'
wait_for 10 is_inactive other
in_container sh -c "rm $folder && mkdir -m 700 $folder && chown alice $folder && mount -t tmpfs -o size=1M,uid=2001,mode=700 cache $folder"
refused other 'full'
wait_for 10 is_inactive other
in_container umount $folder

# What another PHP has left there, files that are cut, and nonsense.
in_container sh -c "
	cd $folder && mkdir -p 0123456789abcdef0123456789abcdef/srv/www/other odd &&
	echo nonsense >0123456789abcdef0123456789abcdef/srv/www/other/part.php.bin && mkfifo odd/fifo &&
	ln -s /etc/passwd odd/link && chown -R alice ."
assert_eq 'beside nonsense' old "$(field text "$(ask other)")"
wait_for 10 is_inactive other
in_container sh -c "find $folder -name '*.bin' -exec truncate -s 200 {} +"
answer=$(ask other)
assert_eq 'with files that are cut' "old $folder" "$(field text "$answer") $(field cache "$answer")"
in_container test -s /etc/passwd

# What another PHP has compiled of the same script, as the pool's user: the command line's has an ID of its own. Not even
# under the pool's own ID is it taken.
wait_for 10 is_inactive other
ids() {
	in_container sh -c "ls $folder | grep -xE '[0-9a-f]{32}' | grep -v 0123" || true
}
own=$(ids)
in_container sh -c "echo \"<?php return 'foreign';\" >/srv/www/other/part.php && touch -d 2024-01-01 /srv/www/other/part.php"
in_container runuser -u alice -- "php$FPMD_TEST_PHP" -n -d zend_extension=opcache -d opcache.enable_cli=1 -d "opcache.file_cache=$folder" \
	-d opcache.file_cache_only=1 -d opcache.file_update_protection=0 /srv/www/other/part.php
theirs=$(ids | grep -vx "$own")
in_container sh -c "echo \"<?php return 'old';\" >/srv/www/other/part.php && touch -d 2024-01-01 /srv/www/other/part.php
	install -D -o alice -m 600 $folder/$theirs/srv/www/other/part.php.bin $folder/$own/srv/www/other/part.php.bin
	touch -d 'now + 20 seconds' $folder/*/srv/www/other/part.php.bin"
assert_eq 'beside what another PHP has compiled' "old $folder" "$(answer=$(ask other) && echo "$(field text "$answer") $(field cache "$answer")")"

### what was in use is read ahead

# With ?parts the page takes all of its 40 parts, else none: those that are there then were read ahead.
write_page ahead page.php <<'END'
<?php
for ($i = 0; isset($_GET['parts']) && $i < 40; $i++)
	$text = include __DIR__ . "/part$i.php";
$end = microtime(true) + ($_GET['wait'] ?? 0);
do {
	usleep(10000);
	$status = opcache_get_status();
	$n = count(preg_grep('/part/', array_keys($status['scripts'])));
} while ($n < 40 && microtime(true) < $end);
echo json_encode(['text' => $text ?? '', 'parts' => $n, 'misses' => $status['opcache_statistics']['misses']]);
END
for i in {0..39}; do
	write_page ahead "part$i.php" <<<"<?php return 'old $i';"
done
# With the time of one CPU a reader would only be in the way: no list.
write_page quota page.php <<'END'
<?php
for ($i = 0; $i < 20; $i++)
	include __DIR__ . "/part$i.php";
echo 'all';
END
for i in {0..19}; do
	write_page quota "part$i.php" <<<"<?php return $i;"
done
pool quota <<<'pm = ondemand
pm.idle_exit_timeout = 1s
systemd.CPUQuota = 100%'
in_container install -d -o alice /srv/sessions
pool ahead <<<'pm = ondemand
pm.idle_exit_timeout = 1s
php_admin_value[session.auto_start] = 1
php_admin_value[session.save_path] = /srv/sessions'
in_container sleep 2.2
count_sessions() {
	find "$CONTAINER_ROOT/srv/sessions" -name 'sess_*' | wc -l
}
folder=$CONTAINER_ROOT/var/cache/fpmd/ahead/2001/opcache
assert_eq 'with a quota' all "$(fetch http://quota.test/page.php)"
ask_ahead() {
	wait_for 10 is_inactive ahead
	fetch "http://ahead.test/page.php?$1"
}
# leaves_list LINES: what the pool notes when it leaves; none is an empty list. With one CPU it notes nothing.
leaves_list() {
	wait_for 10 is_inactive ahead
	(($(nproc) == 1)) || assert_eq 'lines of the list' "$1" "$(cat "$folder"/*.scripts 2>/dev/null | wc -l)"
}

assert_eq 'at first' 40 "$(field parts "$(ask_ahead parts)")"
leaves_list 41
list=$(dirname "$folder"/*/srv).scripts
if (($(nproc) > 1)); then
	assert_eq 'the first one' /srv/www/ahead/page.php "$(head -1 "$list")"
	assert_eq 'its mode' '2001 600' "$(stat -c '%u %a' "$list")"
	in_container systemctl start fpmd@ahead.service
	leaves_list 41 # nobody has asked for anything
	answer=$(ask_ahead wait=20)
	assert_eq 'read ahead' '40 0' "$(field parts "$answer") $(field misses "$answer")"
	leaves_list 0 # nobody has asked for the parts
	assert_eq 'sessions of two visits' 2 "$(count_sessions)" # none of what was read or noted
	assert_eq 'not read ahead' 0 "$(field parts "$(ask_ahead wait=0.3)")"
	ask_ahead parts >/dev/null
	leaves_list 41
fi

wait_for 10 is_inactive quota
assert_eq 'lists with a quota' '21 0' "$(in_container sh -c "find /var/cache/fpmd/quota -name '*.bin' | wc -l; find /var/cache/fpmd/quota -name '*.scripts' | wc -l" | xargs)"

# What has changed while the pool was asleep, with its old time; and what scripts may write there.
write_page ahead part39.php <<<"<?php return 'new';"
mkfifo "$CONTAINER_ROOT/srv/www/ahead/fifo.php"
cp -p "${list%.scripts}/srv/www/ahead/page.php.bin" "${list%.scripts}/srv/www/ahead/fifo.php.bin"
touch -d 'now + 20 seconds' "${list%.scripts}/srv/www/ahead/fifo.php.bin"
{
	printf '%s\n' nonsense '' /etc/shadow /srv/www/ahead /srv/www/ahead/fifo.php
	[[ ! -e $list ]] || cat "$list"
	printf /srv/www
} >/tmp/list.$$
cat /tmp/list.$$ >"$list"
rm /tmp/list.$$
assert_eq 'part 39' new "$(field text "$(ask_ahead parts)")"
leaves_list 41
# One of which nothing is there any more goes with a visit of few scripts.
if (($(nproc) > 1)); then
	seq -f '/srv/www/ahead/gone%g.php' 40 >"$list"
	assert_eq 'with what is gone' 0 "$(field parts "$(ask_ahead few)")"
	leaves_list 0
fi
for bad in 'mkfifo' 'ln -s /dev/zero' 'mkdir' 'ln -s /etc/shadow' 'truncate -s 5M'; do
	wait_for 10 is_inactive ahead
	rm -rf "$list"
	$bad "$list"
	assert_eq "with $bad" 'new 40' "$(answer=$(ask_ahead parts) && echo "$(field text "$answer") $(field parts "$answer")")"
done
wait_for 10 is_inactive ahead
find "${list%.scripts}" -name 'part1*.bin' -exec truncate -s 300 {} +
assert_eq 'with files that are cut' 'new 40' "$(answer=$(ask_ahead parts) && echo "$(field text "$answer") $(field parts "$answer")")"
assert_eq 'lines of ahead' '' "$(journal_of fpmd@ahead.service --priority=warning | grep -v 'cannot read from file')"

### a script that was compiled wrongly would crash each worker that reads it: an emergency restart begins anew

if ! is_sanitized; then # which catches SIGSEGV
	write_page suspect part.php <<<"<?php return 'part';"
	write_page suspect crash.php <<'END'
<?php
include 'part.php';
if (isset($_GET['crash'])) {
	posix_kill(getmypid(), 11);
	sleep(1);
}
echo 'ok';
END
	write_pool suspect <<-'END'
		emergency_restart_threshold = 1
		emergency_restart_interval = 60s
		[suspect]
		user = alice
		pm = static
		pm.max_children = 1
		idle_warm = 8M
		reload_warm = 0
		php_admin_value[opcache.file_update_protection] = 0
	END
	site suspect
	in_container systemctl start fpmd@suspect.socket fpmd@suspect.service
	in_container sleep 2.2
	compiled() {
		in_container find /var/cache/fpmd/suspect -name '*.bin' | wc -l
	}
	assert_eq 'before' ok "$(fetch http://suspect.test/crash.php)"
	assert_eq 'compiled' 2 "$(compiled)"
	fetch_status 'http://suspect.test/crash.php?crash' >/dev/null
	wait_for 5 journal_has fpmd@suspect.service 'Restarted after crashes'
	assert_eq 'after the emergency restart' 0 "$(compiled)"
	assert_eq 'it serves' ok "$(fetch http://suspect.test/crash.php)"
	assert_eq 'compiled anew' 2 "$(compiled)"
fi

### while a pool runs, what it keeps stays within its bound

is_bounded() {
	(($(kept_by bounded) <= 1024 + 100))
}
wait_for $((45 + begin_bounded > SECONDS ? 45 + begin_bounded - SECONDS : 1)) is_bounded
echo "idle_warm = 1M: $filled KiB, later $(kept_by bounded) KiB"
assert_eq 'it was not started again' 1 "$(pool_status bounded generation)"
assert_eq 'it serves' filled "$(fetch http://bounded.test/fill.php)"

### the end

in_container fpmctl remove other
assert_fails in_container test -e /var/cache/fpmd/other
