#!/bin/bash
# The reason why a reload was refused stands on the terminal of whoever waits for `systemctl reload`, with file and
# line, once, before systemctl's own words; not on that of root who reloads another pool, nor of a user who
# calls himself systemctl; control characters of the pool file are no orders to the terminal.

source "${BASH_SOURCE[0]%/*}/lib.sh"
needs_fpmd

pool reason </dev/null
pool other </dev/null
in_container systemctl start fpmd@reason.service fpmd@other.service

# on_terminal COMMAND…: what a terminal shows of it.
on_terminal() {
	in_container script --quiet --return --command "$*" /dev/null </dev/null
}
# dummy NAME USER ARGUMENT…: a process of that user that calls itself systemctl, on a terminal.
dummy() {
	in_container setpriv --reuid "$2" --clear-groups script --quiet --flush --command \
		"/srv/systemctl -c 'sleep 30; :' $3 $4" "/tmp/$1" </dev/null >/dev/null 2>&1 &
}
in_container install -m 755 /bin/bash /srv/systemctl

assert_eq 'a reload that succeeds' '' "$(on_terminal systemctl reload fpmd@reason)"

write_pool reason <<<$'pm = static\npm.max_children = 1\x1b[31mmany'
dummy of-user alice reload fpmd@reason
dummy of-other root reload fpmd@other
wait_for 5 in_container pgrep -u alice -x systemctl
wait_for 5 in_container pgrep -u root -x systemctl
said=$(on_terminal systemctl reload fpmd@reason) && fail 'the reload succeeded'
printf '%s\n' "$said"
assert_contains 'file and line' '/etc/fpmd/conf.d/reason.conf:' "$said"
assert_eq 'no order to the terminal' '' "$(grep $'\x1b' <<<"$said" || true)"
assert_eq 'once' 1 "$(grep -c 'reason.conf:' <<<"$said")"
assert_contains 'reason first' 'reason.conf:' "$(head -n 1 <<<"$said")"
assert_contains 'then systemctl' 'Job for fpmd@reason.service failed' "$said"
assert_eq 'others saw' '' "$(in_container cat /tmp/of-user /tmp/of-other | grep 'reason.conf' || true)"
in_container pkill -x systemctl || true

# as with sudo: the process is root's, the terminal is not
# shellcheck disable=SC2016
said=$(on_terminal 'chown alice "$(tty)" && systemctl reload fpmd@reason') && fail 'the reload succeeded'
assert_contains 'on the terminal of who used sudo' 'reason.conf:' "$said"

# both at once, each on its terminal; a glob means the unit too
on_terminal systemctl reload fpmd@reason.service >/dev/null 2>&1 &
one=$!
said=$(on_terminal systemctl reload "'fpmd@rea*.service'") && fail 'the reload succeeded'
wait $one || true
assert_contains 'by a glob' 'reason.conf:' "$said"
