#!/bin/bash
# What a script finds in its environment: env[] of the pool file, nothing of systemd's and, with
# clear_env (the default), nothing of the manager's; "$NAME" as a value is taken from the manager.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

# shellcheck disable=SC2016  # PHP
page='<?php
foreach (["PLAIN", "QUOTED", "TAKEN", "OUTSIDE", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
	"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "INVOCATION_ID", "HOSTNAME"] as $name)
	echo $name, "=", var_export(getenv($name), true), "\n";'
for name in cleared kept; do
	write_page $name env.php <<<"$page"
	mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@$name.service.d"
	printf '[Service]\nEnvironment="OUTSIDE=from the unit"\n' \
		>"$CONTAINER_ROOT/etc/systemd/system/fpmd@$name.service.d/env.conf"
done

# shellcheck disable=SC2016  # the manager's
lines='env[PLAIN] = value
env[QUOTED] = "two words; and = more"
env[TAKEN] = $OUTSIDE'
pool cleared <<<"$lines"
pool kept <<<"$lines
clear_env = no"

for name in cleared kept; do
	reply=$(fetch "http://$name.test/env.php")
	assert_contains "$name" "PLAIN='value'" "$reply"
	assert_contains "$name" "QUOTED='two words; and = more'" "$reply"
	assert_contains "$name" "TAKEN='from the unit'" "$reply"
	for variable in NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID LISTEN_FDS LISTEN_PID LISTEN_FDNAMES; do
		assert_contains "$name" "$variable=false" "$reply"
	done
done
assert_contains cleared 'OUTSIDE=false' "$(fetch http://cleared.test/env.php)"
assert_contains kept "OUTSIDE='from the unit'" "$(fetch http://kept.test/env.php)"

# a request's parameters do not stay for the next one
write_page cleared param.php <<'END'
<?php echo var_export(getenv('HTTP_X_ONCE'), true);
END
assert_eq 'with the header' "'here'" "$(fetch -H 'X-Once: here' http://cleared.test/param.php)"
for _ in 1 2 3 4; do
	assert_eq 'without' false "$(fetch http://cleared.test/param.php)"
done
