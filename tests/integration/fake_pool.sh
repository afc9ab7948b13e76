# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# fake_pool.sh: for the tests that give the manager another pool program, fake_pool.py, to deal with. Each
# pool is named after what it does wrong.

mkdir -p "$CONTAINER_ROOT/srv/fake"
chmod 1777 "$CONTAINER_ROOT/srv/fake"

# fake NAME [LINE-OF-THE-UNIT…]: the pool fake-NAME.
fake() {
	local name=fake-$1 dropin
	shift

	dropin=$CONTAINER_ROOT/etc/systemd/system/fpmd@$name.service.d
	mkdir -p "$dropin"
	printf '%s\n' '[Service]' ExecStart= \
		"ExecStart=/usr/sbin/fpmd --pool-program=$TOOLS/fake_pool.py %i" "$@" >"$dropin/fake.conf"
	cat >"$CONTAINER_ROOT/etc/fpmd/conf.d/$name.conf" <<-END
		process_control_timeout = 1s
		[$name]
		user = alice
		pm = dynamic
		pm.max_children = 6
		pm.start_servers = 3
		pm.min_spare_servers = 2
		pm.max_spare_servers = 4
	END
}

# start_fakes NAME…
start_fakes() {
	in_container systemctl daemon-reload
	in_container systemctl start "${@/#/fpmd@fake-}"
}

# How often the pool program was started.
starts_of() {
	wc -l <"$CONTAINER_ROOT/srv/fake/fake-$1"
}

# What a process used of the CPU, in milliseconds.
cpu_of() {
	in_container sed 's/.*) //' "/proc/$1/stat" | awk '{ print ($12 + $13) * 10 }'
}

# Its manager is the first one, and serves.
is_in_order() {
	assert_eq "state of fake-$1" active "$(unit_property "fpmd@fake-$1.service" ActiveState)"
	assert_eq "restarts of fake-$1" 0 "$(unit_property "fpmd@fake-$1.service" NRestarts)"
}

# stop_fakes NAME…: with success, and nothing stays behind.
stop_fakes() {
	local name

	in_container systemctl stop "${@/#/fpmd@fake-}" 2>/dev/null
	for name; do
		assert_eq "processes of fake-$name" '' "$(processes_of "fake-$name")"
		assert_eq "Result of fake-$name" success "$(unit_property "fpmd@fake-$name.service" Result)"
	done
}
