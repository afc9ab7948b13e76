#!/bin/bash
# Time limit: 240 s
# fpmctl migrate: nine pools in the manner of panels move from Debian's php-fpm to fpmd under load, and back. No request
# is lost, and each site answers as before. What is half understood is not written.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
php=$FPMD_TEST_PHP
[[ -e /usr/sbin/php-fpm$php ]] || skip "no php-fpm$php on this machine"

unit=php$php-fpm.service etc=$CONTAINER_ROOT/etc fpm=$CONTAINER_ROOT/etc/php/$php/fpm
rm -rf "${fpm:?}/pool.d" "$etc/systemd/system/$unit.d"
mkdir -p "$fpm/pool.d" "$etc/systemd/system/$unit.d" "$CONTAINER_ROOT"/srv/{jail,alice/tmp} \
	"$CONTAINER_ROOT"/var/lib/{"php$php-fpm",apache2/fastcgi} "$CONTAINER_ROOT/var/log/myapp"
chmod 0777 "$CONTAINER_ROOT/srv/alice/tmp"

cat >"$fpm/php-fpm.conf" <<'END'
; as Debian has it, and what an administrator adds
[global]
pid = /run/php/php@PHP@-fpm.pid
error_log = /var/log/php@PHP@-fpm.log
log_level = warning
emergency_restart_threshold = 10
emergency_restart_interval = 1m
process_control_timeout = 10s
rlimit_files = 1111
process.max = 100
include=/etc/php/@PHP@/fpm/pool.d/*.conf
END
printf '[Service]\n# more than the default\nLimitMEMLOCK=123456\nUser=root\nEnvironment=STAGE=live\n' \
	>"$etc/systemd/system/$unit.d/what is \"ours\".conf"

# Debian
cat >"$fpm/pool.d/www.conf" <<'END'
[www]
user = www-data
group = www-data
listen = /run/php/php@PHP@-fpm.sock
listen.owner = www-data
listen.group = www-data
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
END
# HestiaCP
cat >"$fpm/pool.d/hestia.test.conf" <<'END'
[hestia.test]
listen = /run/php/php@PHP@-fpm-hestia.test.sock
listen.owner = alice
listen.group = www-data
listen.mode = 0660

user = alice
group = alice

pm = ondemand
pm.max_children = 8
pm.max_requests = 4000
pm.process_idle_timeout = 10s
pm.status_path = /status

php_admin_value[upload_tmp_dir] = /srv/alice/tmp
php_admin_value[session.save_path] = /srv/alice/tmp
php_admin_value[open_basedir] = /srv/www:/srv/alice/tmp:/usr/bin
php_admin_value[sendmail_path] = "/usr/sbin/sendmail -t -i -f info@hestia.test"

env[PATH] = /usr/local/bin:/usr/bin:/bin
env[TMP] = /srv/alice/tmp
END
# froxlor
cat >"$fpm/pool.d/froxlor.conf" <<'END'
;PHP-FPM configuration for "froxlor.test" created on 2026-11-30
[froxlor.test]
listen = /var/lib/apache2/fastcgi/1-bob-froxlor.test-php-fpm.socket
listen.owner = bob
listen.group = web
listen.mode = 0666
user = bob
group = web
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
pm.max_requests = 0
security.limit_extensions = .php
env[PATH] = /usr/local/bin:/usr/bin:/bin
php_admin_value[disable_functions] = curl_multi_exec,exec,parse_ini_file,passthru,popen,proc_open,shell_exec,show_source,system
php_flag[display_errors] = off
php_value[error_reporting] = E_ALL & ~E_NOTICE
php_admin_flag[log_errors] = on
php_value[max_input_vars] = '2000'
; counts as the last one, for all pools
[global]
rlimit_files = 4096
END
# ISPConfig, with secrets
cat >"$fpm/pool.d/web1.conf" <<'END'
[web1]
listen = /var/lib/php@PHP@-fpm/web1.sock
listen.owner = alice
listen.group = www-data
listen.mode = 0660
user = alice
group = web
pm = ondemand
pm.max_children = 10
pm.process_idle_timeout = 10s
pm.max_requests = 0
chdir = /
env[HOSTNAME] = $HOSTNAME
env[TMP] = /srv/alice/tmp
php_admin_value[open_basedir] = none
php_admin_value[memory_limit] = 96M
END
chmod 600 "$fpm/pool.d/web1.conf"
# YunoHost
cat >"$fpm/pool.d/myapp.conf" <<'END'
[myapp]
user = bob
group = bob
chdir = /srv/www/myapp
listen = /var/run/php/php@PHP@-fpm-myapp.sock
listen.owner = www-data
listen.group = www-data
pm = ondemand
pm.max_children = 6
pm.process_idle_timeout = 10s
pm.max_requests = 500
request_slowlog_timeout = 5s
slowlog = /var/log/myapp/$pool.slow.log
request_terminate_timeout = 1d
catch_workers_output = yes
php_admin_value[upload_max_filesize] = 50M
php_admin_value[post_max_size] = 50M
END
# two in one file, with what they share
cat >"$fpm/pool.d/pair.conf" <<'END'
[shop]
user = alice
listen = /run/php/$pool.sock
include = /etc/php/@PHP@/fpm/common.inc
[blog]
user = bob
listen = /run/php/$pool.sock
include = /etc/php/@PHP@/fpm/common.inc
php_value[memory_limit] = 77M
END
printf 'listen.mode = 0666\npm = static\npm.max_children = 3\n' >"$fpm/common.inc"
# a chroot, and a port as for Apache elsewhere
cat >"$fpm/pool.d/jail.conf" <<'END'
[jail]
user = alice
listen = /run/php/jail.sock
listen.mode = 0666
pm = static
pm.max_children = 1
chroot = /srv/jail
chdir = /
[port]
user = alice
listen = 127.0.0.1:9099
listen.allowed_clients = 127.0.0.1
pm = static
pm.max_children = 2
END

sed -i "s,@PHP@,$php,g" "$fpm/php-fpm.conf" "$fpm/pool.d"/*.conf

names=(www hestia.test froxlor.test web1 myapp shop blog jail port)
declare -A address=([www]=/run/php/php$php-fpm.sock [hestia.test]=/run/php/php$php-fpm-hestia.test.sock
	[froxlor.test]=/var/lib/apache2/fastcgi/1-bob-froxlor.test-php-fpm.socket [web1]=/var/lib/php$php-fpm/web1.sock
	[myapp]=/var/run/php/php$php-fpm-myapp.sock [shop]=/run/php/shop.sock [blog]=/run/php/blog.sock
	[jail]=/run/php/jail.sock)
for name in "${names[@]}"; do
	write_page "$name" page.php <<-'END'
		<?php
		echo json_encode([posix_getuid(), posix_getgid(), getcwd(), getenv('TMP'), getenv('PATH'), getenv('USER'),
			posix_getrlimit()['soft openfiles'], ini_get('memory_limit'), ini_get('open_basedir'), ini_get('error_reporting'),
			ini_get('disable_functions'), ini_get('sendmail_path'), ini_get('upload_max_filesize'), ini_get('max_input_vars'),
			ini_get('session.save_path'), php_sapi_name(), $_SERVER['SCRIPT_FILENAME']]);
	END
	if [[ $name == jail ]]; then
		cp "$CONTAINER_ROOT/srv/www/jail/page.php" "$CONTAINER_ROOT/srv/jail/"
		site jail unix:/run/php/jail.sock /
	elif [[ $name == port ]]; then
		site port 127.0.0.1:9099
	else
		site "$name" "unix:${address[$name]}"
	fi
done
in_container mkdir -p /run/php
in_container systemctl daemon-reload
in_container systemctl enable --quiet "$unit"
in_container systemctl start "$unit"

answers() {
	local name

	for name in "${names[@]}"; do
		echo "$name $(fetch --retry 3 "http://$name.test/page.php")"
	done
}
before=$(answers)
assert_contains 'php-fpm serves' '"fpm-fcgi"' "$before"
assert_lacks 'all of them' 502 "$before"

# nothing is written where something is not understood
mkdir -p "$etc/fpmd"
conf=$(cd "$etc/fpmd" && find . -type f -exec sha256sum {} + | sort)
unchanged() {
	assert_eq "$1: nothing is written" "$conf" "$(cd "$etc/fpmd" && find . -type f -exec sha256sum {} + | sort)"
	[[ ! -e $CONTAINER_ROOT/var/lib/fpmd ]] || fail "$1: a state"
}
half_understood() {
	local output

	output=$(in_container fpmctl migrate "${@:3}" 2>&1) && fail "$1 is migrated"
	assert_contains "$1" "$2" "$output"
	unchanged "$1"
}
odd_inside=/etc/php/$php/fpm/odd.conf
odd=$CONTAINER_ROOT$odd_inside
printf 'include=%s\n[a]\nuser=alice\nlisten=/run/a\npm=static\npm.max_children=1\n' "$odd_inside" >"$odd"
half_understood 'a loop' 'nested deeper than 5 files' "$odd_inside"
printf '[a b]\nuser=alice\n[..]\n' >"$odd"
half_understood 'hostile names' '[a b]: a unit cannot have this name' "$odd_inside"
printf '[a]\nuser=alice\nlisten=/run/a\npm=static\npm.max_children=1\nfuture.directive = 1\n' >"$odd"
half_understood 'a new directive' 'odd.conf:6: future.directive: there is no such directive' "$odd_inside"
printf '[a]\nuser=nobody-at-all\nlisten=/run/a\npm=static\npm.max_children=1\n' >"$odd"
half_understood 'an unknown user' 'odd.conf:2: fpmd refuses it: user: ' "$odd_inside"
printf '[a]\nuser=alice\nlisten=/run/a\npm=static\npm.max_children=1\n[b]\nuser=bob\nlisten=/run/a\npm=static\npm.max_children=1\n' >"$odd"
half_understood 'one address in two pools' '/run/a' "$odd_inside"
printf '[a]\nuser=alice\npm=static\n' >"$odd"
half_understood 'no listen' 'has no listen' "$odd_inside"
rm "$odd"
ln -s /dev/zero "$odd"
half_understood 'a device' 'not a regular file' "$odd_inside"
rm "$odd"
echo '[shop]' >"$etc/fpmd/conf.d/mine.conf"
conf=$(cd "$etc/fpmd" && find . -type f -exec sha256sum {} + | sort)
half_understood 'a pool of that name' 'there is a pool [shop] already' "/etc/php/$php/fpm/php-fpm.conf"
rm "$etc/fpmd/conf.d/mine.conf"
conf=$(cd "$etc/fpmd" && find . -type f -exec sha256sum {} + | sort)

# what root's terminal would obey, in the file of a customer
# shellcheck disable=SC1003  # a backslash
printf '[a]\nuser=alice\nlisten=/run/a\npm=static\npm.max_children=1\nphp_value[user_agent] = "\033]0;evil\007 \302\2332J A\\B"\n' >"$odd"
output=$(in_container fpmctl migrate --dry-run "$odd_inside")
assert_contains 'escaped' '+php_value[user_agent] = "\x1b]0;evil\x07 \xc2\x9b2J A\B"' "$output"
assert_eq 'control bytes' '' "$(LC_ALL=C tr -d '\n\t -~' <<<"$output" | LC_ALL=C tr -d '\200-\377')"
printf '[a]\nuser=alice\nlisten=/run/a\npm=static\npm.max_children=1\nenv[T] = "\033]0;evil\007"\n' >"$odd"
half_understood 'control characters in env[]' 'odd.conf:6: ' "$odd_inside"
printf '[a]\nuser=alice\nlisten=/run/a\npm=\302\2332J\n' >"$odd"
half_understood 'of a value' 'odd.conf:4: ' "$odd_inside"
# not UTF-8: it is undone as well
printf '[a]\nuser=alice\nlisten=/run/a\npm=static\npm.max_children=1\nenv[T] = "M\374ller"\n' >"$odd"
in_container fpmctl migrate "$odd_inside" >/dev/null
grep -q $'M\374ller' "$etc/fpmd/conf.d/a.conf" || fail 'another text'
in_container fpmctl migrate --back >/dev/null
unchanged 'not UTF-8'
# five megabytes in all, as some two thousand pools have; and a state that is none undoes nothing, and says so
in_container python3 - "$odd_inside" <<'END'
import sys
with open(sys.argv[1], "w") as conf:
    for n in range(6):
        conf.write("include=/srv/large%d\n" % n)
        with open("/srv/large%d" % n, "w") as large:
            large.write("[p%d]\nuser=alice\nlisten=/run/p%d\npm=static\npm.max_children=1\n" % (n, n))
            for i in range(450):
                large.write("php_value[x%d] = %s\n" % (i, "x" * 1990))
END
in_container fpmctl migrate "$odd_inside" >/dev/null
mv "$CONTAINER_ROOT/var/lib/fpmd/migration.json" "$CONTAINER_ROOT/srv/state"
echo '{' >"$CONTAINER_ROOT/var/lib/fpmd/migration.json"
for option in --back --now; do
	assert_contains "$option" 'cannot read the state' "$(in_container fpmctl migrate $option 2>&1 >/dev/null || true)"
done
mv "$CONTAINER_ROOT/srv/state" "$CONTAINER_ROOT/var/lib/fpmd/migration.json"
in_container fpmctl migrate --back >/dev/null
unchanged 'large'
rm "$odd"
unchanged 'terminal escapes'

# the report
output=$(in_container fpmctl migrate --dry-run)
unchanged '--dry-run'
assert_contains 'where global lines live' 'rlimit_files = 4096' "$output"
assert_contains 'what has no effect here' 'messages go to the journal' "$output"
assert_contains 'the unit of php-fpm' 'LimitMEMLOCK=123456' "$output"
assert_contains 'with a reason' 'User=root' "$output"
assert_contains 'as a diff' '+++ /etc/fpmd/conf.d/web1.conf' "$output"
assert_contains 'its lines' '+php_admin_value[memory_limit] = 96M' "$output"

# there, under load
begin_loads() {
	loads=()
	for name in hestia.test shop web1 port; do
		load "http://$name.test/page.php" 3 "$1" >"$CONTAINER_ROOT/srv/load-$name" &
		loads+=($!)
	done
	sleep 0.5
}
end_loads() {
	local pid name

	for pid in "${loads[@]}"; do wait "$pid"; done
	for name in hestia.test shop web1 port; do
		assert_all_answered "$1, $name" "$(<"$CONTAINER_ROOT/srv/load-$name")"
	done
}
begin_loads 30
# one that does not start stops the move there: all sites are served, and it can go on
mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@web1.service.d"
printf '[Service]\nExecStartPre=/bin/false\n' >"$CONTAINER_ROOT/etc/systemd/system/fpmd@web1.service.d/no.conf"
output=$(in_container fpmctl migrate --now 2>&1) && fail 'moved a pool that does not start'
assert_contains 'it says which' 'pool web1: does not start; php-fpm goes on serving it' "$output"
assert_eq 'php-fpm still runs' active "$(unit_property "$unit" ActiveState)"
assert_eq 'each site answers' "$before" "$(answers)"
rm -r "$CONTAINER_ROOT/etc/systemd/system/fpmd@web1.service.d"
in_container systemctl daemon-reload
time in_container fpmctl migrate --now
end_loads 'to fpmd'
assert_eq 'php-fpm is gone' inactive "$(unit_property "$unit" ActiveState)"
assert_eq 'its master too' '' "$(in_container pgrep -f 'php-fpm: master process' || :)"
for name in "${names[@]}"; do
	in_container fpmctl check "$name" >/dev/null
	assert_eq "$name runs" active "$(unit_property "fpmd@$name.service" ActiveState)"
	assert_eq "$name is for the next boot" enabled "$(in_container systemctl is-enabled "fpmd@$name.service")"
	[[ $name == port ]] || assert_contains "$name: the address stays" "${address[$name]#/var}" \
		"$(in_container fpmctl config "$name" | grep '^listen ')"
done
assert_eq 'the same answers' "$before" "$(answers)"
assert_eq "for root's eyes only" '600 644' "$(cd "$etc/fpmd/conf.d" && stat -c %a web1.conf shop.conf | xargs)"
assert_eq 'of the unit' 123456 "$(unit_property fpmd@web1.service LimitMEMLOCK)"
output=$(in_container fpmctl migrate --now 2>&1) && fail 'migrated twice'
assert_contains 'twice' 'migrated already' "$output"

# the sockets stay over all that may come before the next boot
in_container systemctl daemon-reload
in_container systemctl restart fpmd@shop.socket fpmd@shop.service
assert_eq 'after restarts' "$(grep ^shop <<<"$before")" "shop $(fetch http://shop.test/page.php)"
# what a boot leaves: links of folders that last, and no drop-in
in_container sh -c 'rm -rf /run/systemd/system/fpmd@web1.socket.d && systemctl daemon-reload && systemctl restart fpmd@web1.socket fpmd@web1.service'
assert_eq 'after a boot' "$(grep ^web1 <<<"$before")" "web1 $(fetch http://web1.test/page.php)"
assert_eq 'a socket again' socket "$(in_container stat -c %F "/var/lib/php$php-fpm/web1.sock")"

# back
echo '; by hand' >>"$etc/fpmd/conf.d/blog.conf"
echo 'from before' >"$etc/fpmd/conf.d/blog.conf.changed"
begin_loads 20
time in_container fpmctl migrate --back
end_loads 'to php-fpm'
assert_eq 'php-fpm again' active "$(unit_property "$unit" ActiveState)"
assert_eq 'at boot' enabled "$(in_container systemctl is-enabled "$unit")"
assert_eq 'the answers of before' "$before" "$(answers)"
assert_contains 'what was changed by hand' '; by hand' "$(<"$etc/fpmd/conf.d/blog.conf.changed.2")"
assert_eq 'what was kept before' 'from before' "$(<"$etc/fpmd/conf.d/blog.conf.changed")"
rm "$etc/fpmd/conf.d/blog.conf.changed" "$etc/fpmd/conf.d/blog.conf.changed.2"
unchanged 'back'
assert_eq 'no pool of fpmd' '' "$(in_container systemctl list-units --no-legend --plain --state=active 'fpmd@*')"
in_container systemctl restart "$unit"
assert_eq 'after a restart of php-fpm' "$before" "$(answers)"
in_container systemctl disable --quiet --now "$unit"
