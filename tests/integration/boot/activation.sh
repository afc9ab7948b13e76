#!/bin/bash
# The first connection to the pool's socket starts the pool, and nginx gets a page that says uid, gid
# and groups of the pool's user. No process that has PHP in it runs as root; zygote and workers hold
# no capability.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

write_page activation who.php <<'END'
<?php
$groups = posix_getgroups();
sort($groups);
echo implode(' ', [posix_getuid(), posix_geteuid(), posix_getgid(), posix_getegid(), implode(',', $groups)]);
END

pool activation
assert_eq 'the socket before' active "$(unit_property fpmd@activation.socket ActiveState)"
assert_eq 'the service before' inactive "$(unit_property fpmd@activation.service ActiveState)"

assert_eq 'ids of the page' '2001 2001 2001 2001 2001,2100' "$(fetch http://activation.test/who.php)"
assert_eq 'the service after' active "$(unit_property fpmd@activation.service ActiveState)"
assert_eq 'status of nginx' 200 "$(fetch_status http://activation.test/who.php)"

needs_fpmd
manager=$(manager_of activation)
assert_eq 'command of MainPID' fpmd "$(in_container ps -o comm= -p "$manager")"

n_php=0
while read -r pid uid command; do
	maps=$(in_container grep -c php-fpm "/proc/$pid/maps" || true)
	if [[ $pid == "$manager" ]]; then
		assert_eq 'PHP in the manager' 0 "$maps"
		continue
	fi
	n_php=$((n_php + 1))
	assert_eq "user of $command" 2001 "$uid"
	status=$(in_container cat "/proc/$pid/status")
	for set in CapInh CapPrm CapEff CapAmb; do
		assert_matches "$set of $command" "$set:[[:space:]]*0000000000000000" "$status"
	done
	assert_matches "all uids of $command" $'Uid:\t2001\t2001\t2001\t2001' "$status"
	assert_matches "all gids of $command" $'Gid:\t2001\t2001\t2001\t2001' "$status"
done < <(processes_of activation)
assert_eq 'a zygote and two workers' 3 "$n_php"
# What the manager says to nss-systemd is not for programs of scripts.
assert_eq 'NSS in the environment' '' "$(in_container sh -c "tr '\\0' '\\n' </proc/$(zygote_of activation)/environ" | grep NSS || true)"

# A group of which systemd alone knows: id(1) asks as everybody does.
in_container mkdir /etc/userdb
echo '{ "groupName": "known", "gid": 2150, "disposition": "regular" }' >"$CONTAINER_ROOT/etc/userdb/known.group"
in_container ln -s known.group /etc/userdb/2150.group
echo '{}' >"$CONTAINER_ROOT/etc/userdb/alice:known.membership"
known=$(in_container id -G alice | tr ' ' '\n' | sort -n | paste -sd, -)
in_container systemctl restart fpmd@activation
groups=$(fetch http://activation.test/who.php)
in_container rm -r /etc/userdb
assert_eq "groups of systemd's" "2001 2001 2001 2001 $known" "$groups"
echo "$groups"
