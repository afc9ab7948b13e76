#!/bin/bash
# reload_warm: a new generation has compiled what the old one had in use before it takes over. What it cannot compile
# holds it up for that time at most: the list is a claim of processes of the pool's user, and a path may have become
# anything since.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# Which scripts opcache has, without those that this request itself brings.
write_state() {
	write_page "$1" state.php <<-'END'
		<?php
		$status = opcache_get_status();
		$names = array_map(fn($path) => substr($path, strlen(__DIR__) + 1), array_keys($status['scripts'] ?? []));
		sort($names);
		echo implode(' ', array_diff($names, ['state.php'])), ' misses ', $status['opcache_statistics']['misses'];
	END
}
# warm_pool NAME LINE…
warm_pool() {
	local name=$1 n
	shift

	printf '%s\n' "$@" | pool "$name"
	write_state "$name"
	for n in a b; do
		write_page "$name" "$n.php" <<<"<?php if (!class_exists('Same')) { class Same {} } echo 'page $n';"
	done
	# Declares what another one does, too; does not compile; was never asked for.
	write_page "$name" same.php <<<"<?php class Other {} function f() {} echo 'same';"
	write_page "$name" twice.php <<<"<?php class Other {} function f() {} echo 'twice';"
	write_page "$name" wrong.php <<<'<?php this is no PHP'
	write_page "$name" never.php <<<"<?php echo 'never';"
}
visit() {
	local name=$1 page
	shift

	for page in "$@"; do
		fetch "http://$name.test/$page.php" >/dev/null
		fetch "http://$name.test/$page.php" >/dev/null
	done
}

### what was in use is there before the first request

for name in hot disabled; do
	lines=('pm.max_children = 1')
	case $name in
	disabled) lines+=('php_admin_value[opcache.restrict_api] = /srv/www/disabled/state.php') ;;
	esac
	warm_pool $name "${lines[@]}"
done
for name in hot disabled; do
	visit $name state a b same twice wrong
	in_container systemctl reload fpmd@$name.service
	assert_eq "after a reload of $name" 'a.php b.php same.php twice.php misses 5' "$(fetch http://$name.test/state.php)"
	# Nobody has asked for any of them since: a second reload soon after still knows them.
	in_container systemctl reload fpmd@$name.service
	assert_eq "after the next one of $name" 'a.php b.php same.php twice.php misses 5' "$(fetch http://$name.test/state.php)"
	assert_eq 'page' 'twice' "$(fetch http://$name.test/twice.php)"
	assert_lacks "warnings of $name" reload_warm "$(journal_of fpmd@$name.service --priority=notice)"
done

### what was changed is what is compiled

write_page hot a.php <<<"<?php echo 'another page';"
rm "$CONTAINER_ROOT/srv/www/hot/b.php"
in_container systemctl reload fpmd@hot.service
assert_eq 'a changed page' 'another page' "$(fetch http://hot.test/a.php)"
assert_eq 'without one that is gone' 'a.php same.php twice.php misses 4' "$(fetch http://hot.test/state.php)"

### what hangs, or is no file any more

visit hot a same
for page in same twice; do rm "$CONTAINER_ROOT/srv/www/hot/$page.php"; done
in_container mkfifo /srv/www/hot/same.php
in_container ln -s /srv/www/hot/never.php /srv/www/hot/twice.php
begin=$SECONDS
in_container systemctl reload fpmd@hot.service
((SECONDS - begin < 20)) || fail 'a pipe held the reload up'
assert_eq 'beside a pipe and a link' 'a.php misses 2' "$(fetch http://hot.test/state.php)"

# More than fits into the time.
in_container rm /srv/www/hot/same.php /srv/www/hot/twice.php
for n in $(seq 60); do
	{ echo '<?php return ['; seq -s "+$n," 1 20000; echo '];'; } >"$CONTAINER_ROOT/srv/www/hot/large$n.php"
	touch -d '1 hour ago' "$CONTAINER_ROOT/srv/www/hot/large$n.php"
done
# shellcheck disable=SC2016  # PHP
write_page hot large.php <<<'<?php for ($n = 1; $n <= 60; $n++) { include "large$n.php"; opcache_compile_file(__DIR__ . "/large$n.php"); } echo "read";'
assert_eq 'large ones' read "$(fetch http://hot.test/large.php)"
printf 'reload_warm = 1s\nphp_admin_value[opcache.optimization_level] = -1\n' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/hot.conf"
in_container systemctl reload fpmd@hot.service
assert_matches 'serves' '\.php' "$(fetch http://hot.test/state.php)"

### off

warm_pool cold 'reload_warm = 0'
visit cold state a b
in_container systemctl reload fpmd@cold.service
assert_eq 'reload_warm = 0' ' misses 1' "$(fetch http://cold.test/state.php)"

### another user's: what that one had in use is not for this one

warm_pool moved
visit moved state a b
sed -i 's/^user = alice/user = bob/' "$CONTAINER_ROOT/etc/fpmd/conf.d/moved.conf"
in_container systemctl reload fpmd@moved.service
assert_eq 'of another user' ' misses 1' "$(fetch http://moved.test/state.php)"
