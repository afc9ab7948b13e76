#!/bin/bash
# A reload starts a new generation beside the old one: what changed in the pool file counts afterwards, a
# request that runs meanwhile ends in its own time, and whatever is wrong (pool file, php.ini, extension,
# preload script) leaves the old generation serving, while `systemctl reload` fails and says why.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page reload gen.php <<'END'
<?php echo ini_get('user_agent'), ' ', posix_geteuid(), ' ', getenv('COLOUR');
END
write_page reload nap.php <<'END'
<?php $t = microtime(true); sleep(3); printf('%.1f', microtime(true) - $t);
END

conf() {
	write_pool reload
}
nap_file=$(mktemp)
trap 'rm -f "$nap_file"' EXIT

conf <<END
user = alice
pm = static
pm.max_children = 2
env[COLOUR] = red
php_value[user_agent] = one
END
site reload
in_container systemctl start fpmd@reload.socket
url=http://reload.test/gen.php
assert_eq 'before' "one $(in_container id -u alice) red" "$(fetch $url)"
manager=$(manager_of reload)

# Everything changes, the user too; a nap that began before goes on.
fetch http://reload.test/nap.php >"$nap_file" &
nap=$!
sleep 0.5
conf <<END
user = bob
pm = static
pm.max_children = 3
env[COLOUR] = blue
php_value[user_agent] = two
END
in_container systemctl reload fpmd@reload
assert_eq 'after' "two $(in_container id -u bob) blue" "$(fetch $url)"
assert_eq 'the manager is the same' "$manager" "$(manager_of reload)"
assert_eq 'the journal says it once, beside systemd' 1 "$(journal_of fpmd@reload.service | grep -ci '^reloaded$')"
wait $nap
assert_eq 'the nap was not cut short' '3.0' "$(cat "$nap_file")"

# refused TEXT: the reload fails, says TEXT, and the old generation goes on.
refused() {
	if reason=$(in_container fpmctl reload reload 2>&1); then
		fail "a reload that should be refused ($1) succeeded"
	fi
	assert_contains 'the reason on the terminal' "$1" "$reason"
	in_container systemctl reload fpmd@reload 2>/dev/null && fail "systemctl reload ($1) succeeded"
	wait_for 5 log_has "$1"
	assert_eq "still serving after: $1" "two $(in_container id -u bob) blue" "$(fetch $url)"
}
log_has() {
	[[ $(journal_of fpmd@reload.service) == *"$1"* ]]
}

conf <<END
user = bob
pm = sttaic
END
refused 'reload.conf:'

good='user = bob
pm = static
pm.max_children = 2'
conf <<END
$good
chroot = /nowhere
END
refused '/nowhere'

conf <<END
$good
php_admin_value[extension] = nosuch
END
refused 'nosuch'

printf '<?php this is no php' | in_container tee /srv/www/reload/preload.php >/dev/null
conf <<END
$good
php_admin_value[opcache.preload] = /srv/www/reload/preload.php
END
refused 'preload.php'

printf 'memory_limit = "128M\nbroken = (\n' | in_container tee /srv/www/reload/php.ini >/dev/null
conf <<END
$good
php_ini = /srv/www/reload/php.ini
END
refused '/srv/www/reload/php.ini on line 3'

in_container mkdir /srv/www/reload/scan
printf '\nbroken = (\n' | in_container tee /srv/www/reload/scan/half.ini >/dev/null
conf <<END
$good
php_ini_scan_dir = /srv/www/reload/scan
END
refused '/srv/www/reload/scan/half.ini on line 3'
conf <<END
$good
php_ini = /srv/www/reload/php.ini
END
refused '/srv/www/reload/php.ini on line 3'
assert_contains 'systemctl status' 'last trouble: Reload refused' "$(unit_property fpmd@reload StatusText)"

# Signals do the same, and reloads that overlap end in the last state.
conf <<END
$good
php_value[user_agent] = three
END
in_container kill -HUP "$manager"
in_container kill -USR2 "$manager"
in_container systemctl reload fpmd@reload
assert_contains 'after signals' 'three ' "$(fetch $url)"
no_trouble() {
	[[ $(unit_property fpmd@reload StatusText) != *'last trouble'* ]]
}
wait_for 2 no_trouble

# A start takes what a reload would not, as php-fpm does, and says so.
conf <<END
$good
php_ini = /srv/www/reload/php.ini
END
in_container systemctl restart fpmd@reload
assert_contains 'a start with half a php.ini' "$(in_container id -u bob)" "$(fetch $url)"
wait_for 5 log_has 'PHP has started all the same, but a reload would be refused: syntax error'
