#!/bin/bash
# php = X.Y: the version that the pool names is the one that runs, in php-fpm's own program and under its name, and a
# reload changes it under load without a lost request. A version that is not there, a program that is not PHP, or an
# engine that does not fit, is refused in one line. Neither a script nor what it executes sees how the engine came
# there; an LD_PRELOAD of the administrator's stays.
# Time limit: 180 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

php=$FPMD_TEST_PHP

# with_php VERSION [VALUE]: the pool with that php =
with_php() {
	write_pool ver <<-END
		user = alice
		group = alice
		pm = static
		pm.max_children = 4
		php = $1
		php_admin_value[memory_limit] = ${2:-128M}
	END
}

write_page ver who.php <<'END'
<?php echo readlink('/proc/self/exe'), ' ', trim(file_get_contents('/proc/self/comm')), ' ', PHP_VERSION, ' ', PHP_BINARY, ' ',
	ini_get('memory_limit');
END
write_page ver env.php <<'END'
<?php echo 'child:', shell_exec('env'), 'self:', getenv('LD_PRELOAD') ?: '-', ' ', getenv('FPMD_ENGINE') ?: '-', ' ',
	preg_match('/libz|stat\.so/', file_get_contents('/proc/self/maps'));
END
write_page ver size.php <<<'<?php echo @filesize("/srv/by-library") ?: "-";'
write_page ver slow.php <<'END'
<?php usleep(20000); echo ini_get('memory_limit');
END
site ver
unit=fpmd@ver.service

### the program

with_php "$php"
in_container systemctl start "$unit"
program=$(in_container readlink "/usr/libexec/fpmd/$php/php-fpm")
assert_matches 'who runs' "^$program php-fpm$php $php\.[0-9.]+[^ ]* $program 128M\$" "$(fetch http://ver.test/who.php)"
assert_matches 'what is loaded' "/usr/libexec/fpmd/$php/engine.so" "$(in_container cat "/proc/$(zygote_of ver)/maps")"
for pid in $(workers_of ver); do
	assert_contains "pidof, by which sessionclean finds workers" " $pid " " $(in_container pidof "php-fpm$php") "
done
reply=$(fetch http://ver.test/env.php)
assert_contains 'own environment' 'self:- -' "$reply"
assert_lacks 'environment of a child' LD_PRELOAD "$reply"
assert_lacks 'environment of a child' FPMD_ "$reply"

### another version by reload, there and back, under load

# there_and_back VERSION PHP-VERSION
there_and_back() {
	load_begin http://ver.test/slow.php 8 5
	for _ in 1 2 3; do
		with_php "$1" 64M
		in_container systemctl reload "$unit"
		sleep 0.5
		assert_matches "after the reload with $1" " $2\\.[^ ]* [^ ]* 64M\$" "$(fetch http://ver.test/who.php)"
		assert_matches 'the engine' "/usr/libexec/fpmd/$1/engine.so" "$(in_container cat "/proc/$(zygote_of ver)/maps")"
		with_php "$php"
		in_container systemctl reload "$unit"
		sleep 0.5
	done
	assert_matches 'back again' " $php\\.[^ ]* [^ ]* 128M\$" "$(fetch http://ver.test/who.php)"
	load_end answers 300
}
php_side 7.4 "$program"
there_and_back 7.4 "$php"

# Where the build is for more than one PHP: the others.
read -ra sides < <(sed -n 's/^PHP_SIDES = //p' "$FPMD_TEST_BUILD/Makefile")
for side in "${sides[@]}"; do
	other=${side%%:*}
	[[ $other != "$php" ]] || continue
	php_side "$other" "${side##*:}" "$FPMD_TEST_BUILD/php/$other/engine.so"
	ln -sfn "/etc/php/$other/fpm" "$CONTAINER_ROOT/usr/libexec/fpmd/$other/ini"
	there_and_back "$other" "$other"
	rm -r "${CONTAINER_ROOT:?}/usr/libexec/fpmd/$other"
done

### what is not there, and what does not fit

refused() {
	local output status=0

	with_php "$2"
	output=$(in_container fpmd --test ver 2>&1) || status=$?
	assert_eq "$1: exit status of --test" 78 "$status"
	assert_contains "$1: fpmd --test" "$3" "$output"
	assert_contains "$1: fpmctl check" "$3" "$(in_container fpmctl check ver 2>&1 || true)"
	assert_fails in_container systemctl reload "$unit" 2>/dev/null
	assert_eq "$1: the pool serves" 200 "$(fetch_status http://ver.test/who.php)"
}
refused 'not installed' 9.9 "ver.conf:6: php: 9.9 is not installed here; there are 7.4 and $php"
refused 'one number' 8 "ver.conf:6: php: '8' is not a version of PHP"
refused 'a path' /usr/bin/php "ver.conf:6: php: '/usr/bin/php' is not a version of PHP"
refused 'nothing' '' 'ver.conf:6: php: is empty'
php_side 7.3 /usr/sbin/php-fpm-gone
refused 'a program that was removed' 7.3 "ver.conf:6: php: 7.3 is not installed here; there are 7.4 and $php"

# misfit WHAT VERSION LINE: refused at start, once, with this line, and a reload changes nothing.
misfit() {
	local begin

	with_php "$2"
	assert_fails in_container systemctl reload "$unit" 2>/dev/null
	assert_eq "$1: the pool serves" 200 "$(fetch_status http://ver.test/who.php)"
	in_container systemctl stop fpmd@ver.socket "$unit"
	begin=$EPOCHREALTIME
	assert_fails in_container systemctl start "$unit" 2>/dev/null
	assert_eq "$1: exit status" 78 "$(unit_property "$unit" ExecMainStatus)"
	assert_eq "$1: restarts" 0 "$(unit_property "$unit" NRestarts)"
	assert_contains "$1: journal" "$3" "$(journal_of "$unit" --priority=err --since="@$begin")"
	with_php "$php"
	in_container systemctl reset-failed
	in_container systemctl start "$unit"
}
php_side 7.2 "$program" "$CONTAINER_ROOT/usr/libexec/fpmd/preload.so"
misfit 'an engine that is none' 7.2 "php-fpm$php does not fit the engine that fpmd has for it"
php_side 7.1 /usr/bin/mawk
misfit 'a program without PHP' 7.1 'mawk does not fit the engine that fpmd has for it'
for side in "${sides[@]}"; do
	other=${side%%:*}
	[[ $other != "$php" ]] || continue
	php_side 7.0 "$program" "$FPMD_TEST_BUILD/php/$other/engine.so"
	misfit "the engine of $other" 7.0 "engine"
done

### LD_PRELOAD of the unit

library=$(in_container sh -c 'ls /lib/*/libz.so.1 /usr/lib/*/libz.so.1 2>/dev/null | head -n 1')
size=-
if command -v cc >/dev/null; then
	library=/srv/stat.so size=4711
	cat >"$CONTAINER_ROOT/srv/stat.c" <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
int stat(const char *path, struct stat *ret) {
	if (strcmp(path, "/srv/by-library") != 0)
		return fstatat(AT_FDCWD, path, ret, 0);
	*ret = (struct stat){ .st_mode = S_IFREG | 0644, .st_size = 4711 };
	return 0;
}
END
	cc -shared -fPIC -o "$CONTAINER_ROOT$library" "$CONTAINER_ROOT/srv/stat.c"
fi
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/$unit.d"
printf '[Service]\nEnvironment=LD_PRELOAD=%s\n' "$library" >"$CONTAINER_ROOT/etc/systemd/system/$unit.d/preload.conf"
in_container systemctl daemon-reload
echo 'clear_env = no' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/ver.conf"
in_container systemctl restart "$unit"
reply=$(fetch http://ver.test/env.php)
assert_contains 'as the unit says' "self:$library - 1" "$reply"
assert_eq 'it is called for what ours has, too' "$size" "$(fetch http://ver.test/size.php)"
assert_contains 'for children too' "LD_PRELOAD=$library"$'\n' "$reply"
assert_lacks 'for children too' FPMD_ "$reply"
sed -i '/clear_env/d' "$CONTAINER_ROOT/etc/fpmd/conf.d/ver.conf"
in_container systemctl restart "$unit"
assert_contains 'cleared' 'self:- -' "$(fetch http://ver.test/env.php)"

### replaced on disk

# outdated WHAT REMEDY: every place says so, and no longer after the remedy.
outdated() {
	is_told() {
		journal_has "$unit" "$1 was replaced on disk since the pool was started: $2 the pool"
	}

	assert_matches 'fpmctl status' "outdated: +$1 was replaced on disk since; $2 the pool" "$(in_container fpmctl status ver)"
	assert_matches 'fpmctl list' 'ver +[a-z]+, outdated' "$(in_container fpmctl list)"
	assert_contains 'fpmctl check NAME' "ver runs, and $1 was replaced on disk since: $2 the pool" "$(in_container fpmctl check ver)"
	assert_contains 'fpmctl check' "ver runs, and $1 was" "$(in_container fpmctl check)"
	assert_contains 'fpmctl check --json' "ver runs, and $1 was" "$(in_container fpmctl check --json)"
	wait_for 20 is_told "$1" "$2"
	in_container systemctl "$2" "$unit"
	assert_lacks "status after a $2" outdated "$(in_container fpmctl status ver)"
	assert_lacks "check after a $2" replaced "$(in_container fpmctl check)"
}

### another build of fpmd, installed before anybody has restarted the pool

# another_build FILE: in its place, with another edition of what manager and engine agree on
another_build() {
	in_container python3 - "$1" <<'END'
import os, shutil, sys
data, mark = open(sys.argv[1], "rb").read(), b"fpmd contract: \0"
assert data.count(mark) == 1
at = data.index(mark) + len(mark)
open("/srv/another", "wb").write(data[:at] + bytes([data[at] + 1]) + data[at + 1:])
shutil.copymode(sys.argv[1], "/srv/another")
shutil.copy("/srv/another", sys.argv[1] + ".new")
os.rename(sys.argv[1] + ".new", sys.argv[1])
END
}
manager=$(manager_of ver)
another_build "/usr/libexec/fpmd/$php/engine.so"
refusal=$(in_container fpmctl reload ver 2>&1) && fail 'a manager starts the engine of another build'
assert_contains 'a reload' 'of another build of fpmd than the manager that runs: systemctl restart fpmd@ver' "$refusal"
assert_eq 'the pool serves' 200 "$(fetch_status http://ver.test/who.php)"
another_build /usr/sbin/fpmd
in_container kill -KILL "$(zygote_of ver)"
wait_for 10 another_manager ver "$manager"
assert_eq 'without its zygote' 200 "$(fetch_status http://ver.test/who.php)"
journal_has "$unit" 'leaving the pool to the manager that is there now'
assert_lacks 'given up' 'giving up' "$(journal_of "$unit")"
another_build "/usr/libexec/fpmd/$php/engine.so"
another_build /usr/sbin/fpmd
in_container systemctl restart "$unit"

assert_lacks 'status before' outdated "$(in_container fpmctl status ver)"
assert_lacks 'check before' replaced "$(in_container fpmctl check)"
touch "$CONTAINER_ROOT/usr/libexec/fpmd/$php/engine.so"
outdated "fpmd's engine" reload
# shellcheck disable=SC2016
in_container sh -c 'd=$(readlink -f "/usr/libexec/fpmd/$1/extensions") && touch "$d/new.so" && rm "$d/new.so"' x "$php"
outdated 'an extension' reload
# shellcheck disable=SC2016
in_container sh -c 'd=$(readlink -f "/usr/libexec/fpmd/$1/ini") && touch "$d/conf.d/99-new.ini" && rm "$d/conf.d/99-new.ini"' x "$php"
outdated 'the configuration of extensions' reload
# shellcheck disable=SC2016
in_container sh -c 'touch "$(readlink -f "/usr/libexec/fpmd/$1/ini/php.ini")"' x "$php"
outdated php.ini reload
in_container sh -c 'cp /usr/sbin/fpmd /usr/sbin/fpmd.new && mv /usr/sbin/fpmd.new /usr/sbin/fpmd'
outdated fpmd restart
# shellcheck disable=SC2016
in_container sh -c 'cp "$1" "$1.new" && mv "$1.new" "$1"' x "$program"
outdated 'the program of php-fpm' reload
