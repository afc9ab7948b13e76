#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 240 s
#
# worker_watch: what has been compiled counts, not what is in a file when somebody looks at it for the first time. The boot and
# the request of this application wait in the middle, with their files compiled, while those are written anew. And a
# deployment is noticed that moves a folder, or makes a file again that was gone when a reload failed.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

app=$CONTAINER_ROOT/srv/www/app
mkdir -p "$app/src"
cat >"$app/index.php" <<-'END'
	<?php
	function hold($what) {
		if (!file_exists(__DIR__ . "/hold-$what"))
			return;
		touch(__DIR__ . "/held-$what");
		while (file_exists(__DIR__ . "/hold-$what")) {
			usleep(2000);
			clearstatcache();
		}
	}
	require __DIR__ . '/src/boot.php';
	hold('boot');
	while (frankenphp_handle_request(function () {
		if (isset($_GET['lazy'])) {
			require_once __DIR__ . '/src/lazy.php';
			hold('lazy');
		}
		echo BOOT, ' ', defined('LAZY') ? LAZY : '';
	}));
END
write() {
	echo "<?php const ${1^^} = '$2';" >"$app/src/$1.php"
}
write boot first
write lazy first
ln -s index.php "$app/worker.php"
chown -R 2001:2001 "$app"
find "$app" -exec touch -d '1 hour ago' {} +

all_say() {
	several_say "$1" "http://app.test/x.php$2"
}
hold() {
	rm -f "$app/held-$1"
	touch "$app/hold-$1"
}
# In the same moment: whoever watches already has no time to tell.
write_and_release() {
	write "$1" "$2"
	rm "$app/hold-$1"
}

lazy=first
for boot in zygote worker without-opcache; do
	pool app <<-END
		worker_script = /srv/www/app/worker.php
		worker_paths = *
		worker_watch = yes
		worker_boot = ${boot/without-opcache/worker}
		php_admin_value[opcache.validate_timestamps] = 0
		php_admin_value[opcache.enable] = $([[ $boot == without-opcache ]] && echo 0 || echo 1)
	END

	# a start: no other generation watches
	hold boot
	in_container systemctl restart --no-block fpmd@app.service
	wait_for 10 test -e "$app/held-boot"
	sleep 0.3
	write_and_release boot "$boot-start"
	wait_for 30 all_say "$boot-start " ''

	# a reload
	hold boot
	in_container systemctl reload --no-block fpmd@app.service
	wait_for 10 test -e "$app/held-boot"
	sleep 0.3
	write_and_release boot "$boot-reload"
	wait_for 30 all_say "$boot-reload " ''

	# a request
	hold lazy
	fetch 'http://app.test/x.php?lazy' >"$CONTAINER_ROOT/srv/held" &
	wait_for 10 test -e "$app/held-lazy"
	write_and_release lazy "$boot-request"
	wait $!
	assert_eq "$boot: what was compiled before" "$boot-reload $lazy" "$(<"$CONTAINER_ROOT/srv/held")"
	lazy=$boot-request
	wait_for 30 all_say "$boot-reload $boot-request" '?lazy'
	# the script is another file when it boots for the second time, in the zygote; both are new, so that opcache keeps none
	# and PHP holds them open
	[[ $boot == zygote ]] || continue
	touch "$app/index.php"
	hold boot
	in_container systemctl restart --no-block fpmd@app.service
	wait_for 10 test -e "$app/held-boot"
	cp "$app/index.php" "$app/index2.php"
	ln -s index2.php "$app/worker.next"
	mv -T "$app/worker.next" "$app/worker.php"
	rm "$app/hold-boot"
	wait_for 30 all_say "$boot-reload " ''
	assert_lacks "$boot: the second boot" 'only the first time' "$(journal_of fpmd@app.service)"
done

# A folder in the place of another one: nothing happens to the files in it.
sleep 2.2 # what comes sooner waits longer each time
cp -a "$app/src" "$app/src.next"
echo "<?php const BOOT = 'swapped';" >"$app/src.next/boot.php"
mv "$app/src" "$app/src.old"
mv "$app/src.next" "$app/src"
wait_for 30 all_say 'swapped ' ''

# The old generation goes on without a file, and sees it come.
sleep 2.2
rm "$app/src/boot.php"
wait_for 10 journal_has fpmd@app.service 'Reload refused'
sleep 1
assert_eq 'the old generation' 'swapped ' "$(fetch http://app.test/x.php)"
write boot again
wait_for 15 all_say 'again ' ''
