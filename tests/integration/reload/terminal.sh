#!/bin/bash
# The reason why a reload was refused stands on the terminal of whoever waits for `systemctl reload`, with file and
# line, once, before systemctl's own words; not on that of root who reloads another pool, nor of a user who
# calls himself systemctl, even by a set-user-id program, nor on the one whose number a container's root has;
# control characters of the pool file are no orders to the terminal.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool reason </dev/null
pool other </dev/null
in_container systemctl start fpmd@reason.service fpmd@other.service

# on_terminal COMMAND…: what a terminal shows of it.
on_terminal() {
	in_container script --quiet --return --command "$*" /dev/null </dev/null
}
# dummy NAME USER PROGRAM ARGUMENT…: a process of that user that calls itself systemctl, on a terminal.
# script(1) takes the shell of the account otherwise, which for alice is nologin.
dummy() {
	in_container env SHELL=/bin/sh setpriv --reuid "$2" --clear-groups script --quiet --flush --command \
		"$3 -pc 'sleep 30; :' $4 $5" "/tmp/$1" </dev/null >/dev/null 2>&1 &
}
# Not readable: what the kernel then says of the process' files is that they are root's.
in_container install -D -m 711 /bin/bash /srv/plain/systemctl
in_container install -D -m 4755 /bin/bash /srv/set-uid/sudo
in_container ln -s sudo /srv/set-uid/systemctl
# waiting N: so many call themselves systemctl, and are root's.
waiting() {
	[[ $(in_container pgrep -c -u root -x systemctl) == "$1" ]]
}

assert_eq 'a reload that succeeds' '' "$(on_terminal systemctl reload fpmd@reason)"

write_pool reason <<<$'pm = static\npm.max_children = 1\x1b[31mmany'
dummy of-user alice /srv/plain/systemctl reload fpmd@reason
wait_for 5 in_container pgrep -u alice -x systemctl
dummy of-other root /srv/plain/systemctl reload fpmd@other
dummy of-set-uid alice /srv/set-uid/systemctl reload fpmd@reason
wait_for 5 waiting 2
dummy of-contained root 'unshare --pid --fork /srv/plain/systemctl' reload fpmd@reason
wait_for 5 waiting 3
said=$(on_terminal systemctl reload fpmd@reason) && fail 'the reload succeeded'
printf '%s\n' "$said"
assert_contains 'file and line' '/etc/fpmd/conf.d/reason.conf:' "$said"
assert_eq 'no order to the terminal' '' "$(grep $'\x1b' <<<"$said" || true)"
assert_eq 'once' 1 "$(grep -c 'reason.conf:' <<<"$said")"
assert_contains 'reason first' 'reason.conf:' "$(head -n 1 <<<"$said")"
assert_contains 'then systemctl' 'Job for fpmd@reason.service failed' "$said"
in_container pgrep -a -x systemctl
waiting 3 || fail 'somebody did not wait until the end'
for name in of-user of-other of-set-uid of-contained; do
	assert_lacks "$name" reason.conf "$(in_container cat "/tmp/$name")"
done
in_container pkill -x systemctl || true

# as with sudo: the process is root's, the terminal is not
# shellcheck disable=SC2016
said=$(on_terminal 'chown alice "$(tty)" && systemctl reload fpmd@reason') && fail 'the reload succeeded'
assert_contains 'on the terminal of who used sudo' 'reason.conf:' "$said"

# both at once, each on its terminal; a glob means the unit too
on_terminal systemctl reload fpmd@reason.service >"$CONTAINER_ROOT/srv/one" 2>&1 &
one=$!
said=$(on_terminal systemctl reload "'fpmd@rea*.service'") && fail 'the reload succeeded'
wait $one || true
assert_contains 'by a glob' 'reason.conf:' "$said"
assert_contains 'the other of the two' 'reason.conf:' "$(<"$CONTAINER_ROOT/srv/one")"

# what PHP said while it started
write_pool reason <<'END'
user = alice
pm = static
pm.max_children = 1
php_admin_value[opcache.preload] = /srv/www/reason/preload.php
END
write_page reason preload.php <<<'<?php throw new Exception("red \e[31m red");'
said=$(on_terminal systemctl reload fpmd@reason) && fail 'the reload succeeded'
assert_contains 'the words of PHP' 'Uncaught Exception: red ' "$said"
assert_eq 'no order of PHP to the terminal' '' "$(grep $'\x1b' <<<"$said" || true)"
