#!/bin/bash
# Where pools are defined: several sections in one file, files that a panel writes to php-fpm's pool.d, what one file
# includes, and fpmd.conf with what holds for all. Each is a pool with units of its own for systemctl, fpmd and fpmctl;
# systemd.KEY of a pool file is a setting of its service.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

etc=$CONTAINER_ROOT/etc/fpmd
panel=$CONTAINER_ROOT/etc/panel/pool.d
mkdir -p "$etc/conf.d" "$panel"

cat >"$etc/fpmd.conf" <<'END'
[global]
rlimit_files = 4321
process.max = 3
pool_dirs = /etc/panel/pool.d

[defaults]
user = alice
pm = static
pm.max_children = 1
listen = /run/php/$pool.sock
env[WHO] = all
systemd.MemoryMax = 1G
END
cat >"$etc/conf.d/pair.conf" <<'END'
[one]
env[WHO] = one
systemd.MemoryMax = 300M
systemd.CPUWeight = 42
systemd.Environment = "PERCENT=50%n"
[two]
pm.max_children = 9
include = /etc/panel/more.inc
END
printf '[three]\n' >"$CONTAINER_ROOT/etc/panel/more.inc"
printf '[panel]\nlisten = /run/php/by-panel.sock\nrlimit_files = 1234\n' >"$panel/panel.conf"
in_container systemctl daemon-reload

for pool in one two three panel; do
	write_page "$pool" page.php <<-'END'
		<?php echo getenv('WHO'), ' ', posix_getrlimit()['soft openfiles'], ' ', getenv('PERCENT') ?: '-';
	END
done
sockets=(one:/run/php/one.sock two:/run/php/two.sock three:/run/php/three.sock panel:/run/php/by-panel.sock)
for both in "${sockets[@]}"; do
	in_container systemctl start "fpmd@${both%%:*}.socket"
	site "${both%%:*}" "unix:${both#*:}"
done
assert_eq 'own before default' 'one 4321 -' "$(fetch http://one.test/page.php)"
assert_eq 'the second section' 'all 4321 -' "$(fetch http://two.test/page.php)"
assert_eq 'a section of an include' 'all 4321 -' "$(fetch http://three.test/page.php)"
assert_eq 'the folder of a panel' 'all 1234 -' "$(fetch http://panel.test/page.php)"
assert_eq 'process.max' 3 "$(in_container fpmctl config two | awk '$1 == "pm.max_children" { print $2 }')"

# settings of the service
assert_eq 'MemoryMax of the pool' $((300 << 20)) "$(unit_property fpmd@one.service MemoryMax)"
assert_eq 'MemoryMax of all' $((1 << 30)) "$(unit_property fpmd@two.service MemoryMax)"
assert_eq 'CPUWeight' 42 "$(unit_property fpmd@one.service CPUWeight)"
assert_eq 'a percent sign is itself' 'PERCENT=50%n' "$(unit_property fpmd@one.service Environment)"

# the tools
assert_eq 'names' $'one\npanel\nthree\ntwo' "$(in_container fpmctl list --names | grep -v '^www$')"
in_container fpmctl check >/dev/null
in_container fpmctl check /etc/panel/pool.d/panel.conf >/dev/null
in_container fpmctl reload two
in_container systemctl reload fpmd@panel.service
assert_contains 'where a value is from' /etc/fpmd/fpmd.conf:3 "$(in_container fpmctl config one)"

# what is refused: a second definition names both places, and takes nothing from the first
printf '[global]\n[two]\nlisten = /run/php/second.sock\n' >"$panel/copy.conf"
in_container systemctl daemon-reload
assert_eq 'the address stays' '/run/php/two.sock (Stream)' "$(unit_property fpmd@two.socket Listen)"
output=$(in_container fpmctl check two 2>&1) && fail 'two places for one pool are right'
assert_contains 'both places' '/etc/fpmd/conf.d/pair.conf:6: [two] is a pool of /etc/panel/pool.d/copy.conf:2 too' "$output"
in_container fpmctl reload two && fail 'reloaded a pool of two places'
assert_eq 'it serves on' 'all 4321 -' "$(fetch http://two.test/page.php)"
rm "$panel/copy.conf"

# hostile settings and names
ln -s /dev/zero "$panel/zero.conf"
printf '[a b%%n]\n[../../x]\n' >"$panel/hostile.conf"
printf '[%0300d]\n[\xff\xfe]\n' 0 >"$panel/bytes.conf"
printf 'listen = /run/php/two-lines.sock\n' >"$panel/"$'two\nExecStartPre=lines.conf'
printf 'listen = /run/php/not-utf8.sock\n' >"$panel/"$'\xff\xfe.conf'
mkfifo "$panel/fifo.conf"
printf 'include = loop.*\n[loop]\n' >"$panel/loop.conf"
cat >"$panel/evil.conf" <<'END'
[evil]
systemd.User = alice
systemd.ExecStartPre = /bin/touch /root/pwned
systemd.Environment = 'A=1\'
systemd.MemoryMaximum = 1
systemd.Nice = 3
END
in_container systemctl daemon-reload
assert_eq 'only what is right' $'[Service]\nMemoryMax=1G\nNice=3' \
	"$(in_container sed '/^#/d' '/run/systemd/generator/fpmd@evil.service.d/60-pool-settings.conf')"
assert_eq 'units of pools alone' '' "$(in_container find /run/systemd/generator -maxdepth 1 -name 'fpmd@*' |
	grep -vE '/fpmd@(one|two|three|panel|evil|loop|www|zero|fifo)\.(socket|service)\.d$' || :)"
assert_eq 'and no other name' $'evil\nfifo\nloop\none\npanel\nthree\ntwo\nzero' "$(in_container fpmctl list --names | grep -v '^www$')"
output=$(in_container fpmctl check evil 2>&1) && fail 'the evil pool is right'
assert_contains 'with the reason' 'systemd.User: cannot be set here: the manager is root' "$output"
assert_contains 'the same' 'systemd.MemoryMaximum: ' "$output"
output=$(in_container fpmctl check loop 2>&1) && fail 'a loop is right'
assert_contains 'a loop' 'it includes itself' "$output"
in_container chown alice /etc/panel/pool.d/evil.conf
output=$(in_container fpmctl check evil 2>&1) && fail 'settings of alice'
assert_contains 'of root alone' 'systemd: may stand only in a file that root alone can change' "$output"
assert_eq 'the others serve' 'one 4321 -' "$(fetch http://one.test/page.php)"

in_container systemctl stop 'fpmd@*.socket' 'fpmd@*.service'
rm -r "$etc/fpmd.conf" "$etc/conf.d/pair.conf" "$CONTAINER_ROOT/etc/panel"
in_container systemctl daemon-reload
