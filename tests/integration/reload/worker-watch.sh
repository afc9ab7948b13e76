#!/bin/bash
# SPDX-License-Identifier: MIT
# Time limit: 150 s
#
# worker_watch: a change of what the application has compiled makes a reload, one for many files, also of a file that only a
# request has compiled, and of a deployment by a symbolic link; the same content again makes none. A mistake in a file leaves
# the old generation. An application that writes its own code does not reload without an end.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/..
source "${BASH_SOURCE[0]%/*}/../lib.sh"

app=$CONTAINER_ROOT/srv/www/app
release() {
	mkdir -p "$app/$1"
	cat >"$app/$1/index.php" <<-'END'
		<?php
		require __DIR__ . '/boot.php';
		while (frankenphp_handle_request(function () {
			if (isset($_GET['lazy'])) require_once __DIR__ . '/lazy.php';
			if (isset($_GET['write'])) file_put_contents(__DIR__ . '/own.php', '<?php // ' . hrtime(true));
			if (isset($_GET['own'])) require __DIR__ . '/own.php';
			echo BOOT, ' ', defined('LAZY') ? LAZY : '';
		}));
	END
	echo "<?php const BOOT = '$1';" >"$app/$1/boot.php"
	echo "<?php const LAZY = '$1';" >"$app/$1/lazy.php"
	echo "<?php // nothing" >"$app/$1/own.php"
	chown -R 2001:2001 "$app/$1"
	find "$app/$1" -exec touch -d '1 hour ago' {} +
}
release one
release two
ln -sfn one "$app/current"
pool app <<-'END'
	worker_script = /srv/www/app/current/index.php
	worker_paths = *
	worker_watch = yes
	php_admin_value[opcache.validate_timestamps] = 0
END

says() {
	[[ $(fetch "http://app.test/x.php$2") == "$1" ]]
}
reloads() {
	journal_of fpmd@app.service | grep -c '^Reloaded$' || true
}

for boot in worker zygote; do
	# what has booted
	wait_for 5 says 'one ' ''
	before=$(reloads)
	echo "<?php const BOOT = 'edited';" >"$app/one/boot.php"
	wait_for 10 says 'edited ' ''
	assert_eq "$boot: one reload" $((before + 1)) "$(reloads)"
	wait_for 5 journal_has fpmd@app.service 'worker_watch: /srv/www/app/one/boot.php has changed'

	# what only a request has compiled, and by renaming as editors do
	for _ in 1 2 3 4; do wait_for 5 says 'edited one' '?lazy'; done
	echo "<?php const LAZY = 'renamed';" >"$app/one/.lazy.php~"
	mv "$app/one/.lazy.php~" "$app/one/lazy.php"
	wait_for 10 says 'edited renamed' '?lazy'
	for _ in 1 2 3 4; do wait_for 5 says 'edited renamed' '?lazy'; done

	[[ $boot == worker ]] || continue

	# a burst, of which nothing new comes
	sleep 2.5
	before=$(reloads)
	for _ in 1 2 3 4 5; do
		cp "$app/one/boot.php" "$app/one/.copy"
		mv "$app/one/.copy" "$app/one/boot.php"
		touch "$app/one/index.php"
		cat "$app/one/lazy.php" >"$app/one/.copy"
		cat "$app/one/.copy" >"$app/one/lazy.php"
	done
	sleep 2
	assert_eq "$boot: the same content" "$before" "$(reloads)"
	for n in 1 2 3; do
		echo "<?php const BOOT = 'burst $n';" >"$app/one/boot.php"
		echo "<?php const LAZY = 'burst $n';" >"$app/one/lazy.php"
	done
	wait_for 10 says 'burst 3 burst 3' '?lazy'
	sleep 1
	assert_eq "$boot: one reload for a burst" $((before + 1)) "$(reloads)"

	# a mistake
	echo '<?php this is none' >"$app/one/boot.php"
	wait_for 10 journal_has fpmd@app.service 'Reload refused'
	assert_eq "$boot: the old generation" 'burst 3 burst 3' "$(fetch 'http://app.test/x.php?lazy')"
	echo "<?php const BOOT = 'mended';" >"$app/one/boot.php"
	wait_for 10 says 'mended ' ''

	# a deployment
	ln -sfn two "$app/.next"
	mv -T "$app/.next" "$app/current"
	wait_for 10 says 'two ' ''
	ln -sfn one "$app/.next"
	mv -T "$app/.next" "$app/current"
	wait_for 10 says 'mended ' ''

	# its own code
	wait_for 5 says 'mended ' '?own'
	before=$(reloads)
	load 'http://app.test/x.php?own&write' 2 4 >"$CONTAINER_ROOT/srv/load"
	echo "$(($(reloads) - before)) reloads by itself: $(<"$CONTAINER_ROOT/srv/load")"
	assert_at_most "$boot: reloads of an application that writes its code" 4 $(($(reloads) - before))

	release one
	wait_for 20 says 'one ' ''
	sed -i '/^worker_boot/d' "$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
	echo 'worker_boot = zygote' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/app.conf"
	in_container systemctl reload fpmd@app.service
done
