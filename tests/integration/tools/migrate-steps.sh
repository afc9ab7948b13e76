#!/bin/bash
# Time limit: 600 s
# fpmctl migrate --now and --back with two versions of PHP, on unix paths, tcp4 and tcp6: no request is lost there and back.
# Nor is one when fpmctl is killed at each step and run again, and after each of these one side would have all pools at a
# boot. Of two at once the second is refused. Where a port cannot be shared, it says so.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
php=$FPMD_TEST_PHP another=8.9
[[ -e /usr/sbin/php-fpm$php ]] || skip "no php-fpm$php on this machine"

etc=$CONTAINER_ROOT/etc
restore_systemctl() {
	rm -rf "$CONTAINER_ROOT"/srv/{step,hold,held}
	[[ ! -e $CONTAINER_ROOT/usr/bin/systemctl.real ]] ||
		mv "$CONTAINER_ROOT/usr/bin/systemctl.real" "$CONTAINER_ROOT/usr/bin/systemctl"
}
# For the tests behind this one.
leave() {
	restore_systemctl
	in_container systemctl disable --quiet --now "php$php-fpm.service" "php$another-fpm.service" || :
	rm -rf "$etc/php/$another" "$CONTAINER_ROOT/usr/libexec/fpmd/$another" "$etc/systemd/system/php$another-fpm.service" \
		"$etc/php/$php/fpm/pool.d"/*.conf "$CONTAINER_ROOT/var/lib/fpmd"
	in_container systemctl daemon-reload
}
trap leave EXIT
php_side "$another" "/usr/sbin/php-fpm$php"
sed "s,/etc/php/$php/,/etc/php/$another/,g; /socket-helper/d" "/usr/lib/systemd/system/php$php-fpm.service" \
	>"$etc/systemd/system/php$another-fpm.service"
for version in "$php" "$another"; do
	rm -rf "$etc/php/$version/fpm/pool.d"
	mkdir -p "$etc/php/$version/fpm/pool.d"
	printf '[global]\nerror_log = /var/log/php%s.log\ninclude=/etc/php/%s/fpm/pool.d/*.conf\n' "$version" "$version" \
		>"$etc/php/$version/fpm/php-fpm.conf"
done
in_container mkdir -p /run/php

names=(path top four six any later port)
declare -A listen=([path]=/run/php/path.sock [top]=/run/top.sock [four]=127.0.0.1:9104 [six]='[::1]:9106' [any]=9107
	[later]=/run/php//./later.sock [port]=127.0.0.1:9204)
declare -A version_of=([later]=$another [port]=$another)
for name in "${names[@]}"; do
	write_page "$name" page.php <<-'END'
		<?php echo getenv('POOL'), ' ', posix_getuid(), ' ', $_SERVER['SCRIPT_NAME'], "\n";
	END
	# shellcheck disable=SC2016
	printf '[%s]\nuser = alice\nlisten = %s\nlisten.owner = bob\nlisten.group = www-data\nlisten.mode = 0660\npm = static\npm.max_children = 2\nenv[POOL] = $pool\n' \
		"$name" "${listen[$name]}" >"$etc/php/${version_of[$name]:-$php}/fpm/pool.d/$name.conf"
	pass=${listen[$name]}
	[[ $pass == /* ]] && pass=unix:$pass
	[[ $name != any ]] || pass=127.0.0.1:9107
	site "$name" "$pass"
done
in_container systemctl daemon-reload
in_container systemctl enable --quiet --now "php$php-fpm.service" "php$another-fpm.service"

answers() {
	fetch --retry 3 "${names[@]/%/.test/page.php}"
}
before=$(answers)
assert_eq 'php-fpm serves' "$(printf '%s\n' "${names[@]}" | sed 's,$, 2001 /page.php,')" "$before"

begin_loads() {
	local name

	rm -f "$CONTAINER_ROOT/srv/load.stop"
	loads=()
	for name in "${names[@]}"; do
		load "http://$name.test/page.php" 1 200 /srv/load.stop >"$CONTAINER_ROOT/srv/load-$name" &
		loads+=($!)
	done
	sleep 0.3
}
end_loads() {
	local pid name

	sleep 0.3
	load_stop
	for pid in "${loads[@]}"; do wait "$pid"; done
	for name in "${names[@]}"; do
		assert_all_answered "$1, $name" "$(<"$CONTAINER_ROOT/srv/load-$name")"
	done
}

# who WHAT SIDE: all pools are served by that side, and it has them at a boot.
who() {
	local name active=active enabled=enabled fpm_active=inactive fpm_enabled=disabled

	[[ $2 == fpmd ]] || active=inactive enabled=disabled fpm_active=active fpm_enabled=enabled
	assert_eq "$1: the answers" "$before" "$(answers)"
	for name in "${names[@]}"; do
		assert_eq "$1: $name" "$active $enabled" \
			"$(unit_property "fpmd@$name.service" ActiveState) $(in_container systemctl is-enabled "fpmd@$name.service")"
	done
	for name in "$php" "$another"; do
		assert_eq "$1: php-fpm $name" "$fpm_active $fpm_enabled" \
			"$(unit_property "php$name-fpm.service" ActiveState) $(in_container systemctl is-enabled "php$name-fpm.service")"
	done
	for name in path later; do
		assert_eq "$1: who may connect" 'bob www-data 660' \
			"$(in_container stat --dereference --format='%U %G %a' "${listen[$name]}")"
	done
}
nothing_left() {
	assert_eq "$1: nothing is left" '' "$(in_container find /run/php /run /run/systemd/system -maxdepth 1 \
		\( -name '*.fpmd' -o -name '*.php-fpm' -o -name 'fpmd*' -path '/run/systemd/*' -o -name 'php*.d' \))"
	[[ ! -e $CONTAINER_ROOT/var/lib/fpmd/migration.json ]] || fail "$1: a state"
}

# --- there and back at once
begin_loads
output=$(in_container fpmctl migrate --now)
end_loads 'to fpmd'
assert_lacks 'all ports are shared' 'closed' "$output"
who 'to fpmd' fpmd
assert_contains 'which PHP' "php = $another" "$(<"$etc/fpmd/conf.d/later.conf")"
assert_contains 'of each' "php = $php" "$(<"$etc/fpmd/conf.d/path.conf")"
for name in "${names[@]}"; do in_container fpmctl check "$name" >/dev/null; done
begin_loads
in_container fpmctl migrate --back
end_loads 'to php-fpm'
who 'to php-fpm' php-fpm
nothing_left 'to php-fpm'

# --- killed at each step: the program that fpmctl calls kills it
mv "$CONTAINER_ROOT/usr/bin/systemctl" "$CONTAINER_ROOT/usr/bin/systemctl.real"
cat >"$CONTAINER_ROOT/usr/bin/systemctl" <<'END'
#!/bin/bash
if [[ -e /srv/step && $(</proc/$PPID/comm) == fpmctl && " $* " != *' show '* ]]; then
	read -r left </srv/step
	if ((left == 0)); then
		kill -KILL $PPID
		exit 1
	fi
	echo $((left - 1)) >/srv/step
fi
if [[ -e /srv/hold ]] && mkdir /srv/held 2>/dev/null; then
	while [[ -e /srv/hold ]]; do sleep 0.05; done
fi
exec -a systemctl /usr/bin/systemctl.real "$@"
END
chmod 0755 "$CONTAINER_ROOT/usr/bin/systemctl"

one_side_has_all() {
	local version name units states

	for version in "$php" "$another"; do
		units=("php$version-fpm.service")
		for name in "${names[@]}"; do
			[[ ${version_of[$name]:-$php} != "$version" ]] || units+=("fpmd@$name.service")
		done
		states=$(in_container systemctl is-enabled "${units[@]}" || :)
		[[ $(tail -n +2 <<<"$states" | sort -u) == enabled || $(uniq <<<"$states") == $'enabled\ndisabled' ]] ||
			fail "$1: at a boot nobody would serve all pools of $version"
	done
}
kill_at_each_step() {
	local step=0 status

	while :; do
		((step < 100)) || fail "$1: it does not come to an end"
		echo "$step" >"$CONTAINER_ROOT/srv/step"
		status=0
		in_container fpmctl migrate "$1" >"$CONTAINER_ROOT/srv/said" 2>&1 || status=$?
		((status != 0)) || break
		assert_eq "$1 is killed at step $step: $(<"$CONTAINER_ROOT/srv/said")" 137 "$status"
		assert_eq "$1, killed at step $step" "$before" "$(answers)"
		one_side_has_all "$1, killed at step $step"
		step=$((step + 1))
	done
	rm -f "$CONTAINER_ROOT/srv/step"
	echo "$1: killed at $step steps"
	((step > 10)) || fail "$1: only $step steps"
}
begin_loads
kill_at_each_step --now
end_loads 'to fpmd, killed at each step'
who 'to fpmd, killed at each step' fpmd
begin_loads
kill_at_each_step --back
end_loads 'to php-fpm, killed at each step'
who 'to php-fpm, killed at each step' php-fpm
nothing_left 'to php-fpm, killed at each step'

# --- the power is cut half-way: what is in /run is gone, and what is enabled starts, sockets first
boot() {
	# shellcheck disable=SC2016
	in_container sh -c '
		systemctl kill --kill-who=all --signal=KILL "fpmd@*.service" "php*-fpm.service" 2>/dev/null
		systemctl stop "fpmd@*.socket" "fpmd@*.service" "fpmd-back-*.socket" "php*-fpm.service" 2>/dev/null
		rm -rf /run/systemd/system/* /run/php/* /run/top.sock*
		systemctl daemon-reload
		systemctl reset-failed
		for unit in /etc/systemd/system/sockets.target.wants/fpmd@*.socket; do
			[ ! -L "$unit" ] || systemctl start "${unit##*/}"
		done
		for unit in /etc/systemd/system/multi-user.target.wants/php*-fpm.service; do
			[ ! -L "$unit" ] || systemctl start "${unit##*/}"
		done' >"$CONTAINER_ROOT/srv/said" 2>&1 || :
}
for way in --now --back; do
	echo 9 >"$CONTAINER_ROOT/srv/step"
	assert_fails in_container fpmctl migrate "$way"
	rm -f "$CONTAINER_ROOT/srv/step"
	boot
	assert_eq "$way, the power was cut" "$before" "$(answers)"
	in_container fpmctl migrate "$way" >/dev/null
	who "$way, the power was cut" "$([[ $way == --now ]] && echo fpmd || echo php-fpm)"
done
nothing_left 'the power was cut'

# --- half-way there, and back; not there again once it goes back
begin_loads
echo 11 >"$CONTAINER_ROOT/srv/step"
assert_fails in_container fpmctl migrate --now
assert_contains 'half-way' fpmd "$(in_container readlink /run/php/path.sock /run/top.sock)"
echo 2 >"$CONTAINER_ROOT/srv/step"
assert_fails in_container fpmctl migrate --back
rm -f "$CONTAINER_ROOT/srv/step"
output=$(in_container fpmctl migrate --now 2>&1) && fail 'there, while it goes back'
assert_contains 'it says so' 'the way back to php-fpm has stopped half-way' "$output"
in_container fpmctl migrate --back
end_loads 'half-way there and back'
who 'half-way there and back' php-fpm
nothing_left 'half-way there and back'

# --- two at once, of which the first waits for systemd
for way in --now --back; do
	rm -rf "$CONTAINER_ROOT/srv/held"
	: >"$CONTAINER_ROOT/srv/hold"
	in_container fpmctl migrate "$way" >"$CONTAINER_ROOT/srv/said" 2>&1 &
	first=$!
	wait_for 10 test -d "$CONTAINER_ROOT/srv/held"
	for second in --now --back --conf-dir=/etc/fpmd/conf.d; do
		status=0
		output=$(in_container timeout 20 fpmctl migrate "$second" 2>&1) || status=$?
		assert_eq "$second beside $way: status" 75 "$status"
		assert_eq "$second beside $way" 'fpmctl: another fpmctl migrate runs: run this again when it has ended' "$output"
	done
	assert_lacks "a dry run beside $way" 'another fpmctl' "$(in_container timeout 20 fpmctl migrate --dry-run 2>&1 || :)"
	rm "$CONTAINER_ROOT/srv/hold"
	wait "$first" || fail "the first one, $way: $(<"$CONTAINER_ROOT/srv/said")"
	who "the first of two, $way" "$([[ $way == --now ]] && echo fpmd || echo php-fpm)"
done
nothing_left 'two at once'
restore_systemctl

# --- without the right to share ports
output=$(in_container setpriv --bounding-set=-sys_ptrace fpmctl migrate --now 2>&1)
assert_contains 'it says so' 'pool four: its port cannot be shared with php-fpm, so it will be closed for a moment: Operation not permitted' "$output"
assert_contains 'and that it was' 'moved four, which was closed for that moment' "$output"
who 'plain' fpmd
output=$(in_container setpriv --bounding-set=-sys_ptrace fpmctl migrate --back 2>&1)
assert_contains 'back, too' 'pool four: its port cannot be shared with php-fpm' "$output"
who 'plain, back' php-fpm
nothing_left 'plain, back'
