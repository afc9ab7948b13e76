#!/bin/bash
# What php.ini confines scripts with: open_basedir, doc_root, user_dir; and process.dumpable: without it no
# process of the same user can read a worker's memory (CVE-2018-10545), with it one can. As under php-fpm.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"

in_container install -d /srv/www/confined/inside /srv/elsewhere /srv/www/confined/home
write_page confined open.php <<'END'
<?php
ini_set('open_basedir', '/');
echo (int) (@file_get_contents('/etc/hostname') !== false), (int) (@file_get_contents(__FILE__) !== false),
	(int) @is_dir('/srv/elsewhere'), ' ', ini_get('open_basedir');
END
pool confined <<'END'
php_admin_value[open_basedir] = /srv/www/confined:/tmp
END
for _ in 1 2 3; do
	assert_eq 'open_basedir' '010 /srv/www/confined:/tmp' "$(fetch http://confined.test/open.php)"
done
echo '<?php echo "outside";' >"$CONTAINER_ROOT/srv/elsewhere/out.php"
ln -s /srv/elsewhere/out.php "$CONTAINER_ROOT/srv/www/confined/link.php"
reply=$(fetch http://confined.test/link.php)
assert_lacks 'a script outside of it, by a link' outside "$reply"

# doc_root: the script is the one below it that SCRIPT_NAME names
write_page rooted page.php <<<'<?php echo "of the web server";'
in_container install -d /srv/rooted
echo '<?php echo "of doc_root ", __FILE__;' >"$CONTAINER_ROOT/srv/rooted/page.php"
pool rooted <<'END'
php_admin_value[doc_root] = /srv/rooted
END
assert_eq doc_root 'of doc_root /srv/rooted/page.php' "$(fetch http://rooted.test/page.php)"

# user_dir: /~user/ is the user's own folder
in_container install -d /srv/home-of-bob/pages
in_container sed -i 's|^bob:\(.*\):/nonexistent:|bob:\1:/srv/home-of-bob:|' /etc/passwd
echo '<?php echo "of bob ", __FILE__;' >"$CONTAINER_ROOT/srv/home-of-bob/pages/page.php"
write_page users '~bob/page.php' <<<'<?php echo "of the web server";'
pool users <<'END'
php_admin_value[user_dir] = pages
END
reply=$(fetch 'http://users.test/~bob/page.php')
in_container sed -i 's|:/srv/home-of-bob:|:/nonexistent:|' /etc/passwd
assert_eq user_dir 'of bob /srv/home-of-bob/pages/page.php' "$reply"

# dumpable
needs_fpmd
write_page dump pid.php <<<'<?php echo getmypid();'
for value in no yes; do
	in_container systemctl stop fpmd@dump.socket fpmd@dump.service 2>/dev/null || true
	pool dump <<<"process.dumpable = $value"
	pid=$(fetch http://dump.test/pid.php)
	if [[ $value == no ]]; then
		assert_fails in_container setpriv --reuid=2001 --regid=2001 --clear-groups head -c1 "/proc/$pid/environ" 2>/dev/null
	else
		in_container setpriv --reuid=2001 --regid=2001 --clear-groups head -c1 "/proc/$pid/environ" >/dev/null
	fi
done

# a hat that there is no AppArmor for: refused by name and line, and a pool that serves goes on
[[ ! -e /sys/module/apparmor ]] || exit 0
printf 'apparmor_hat = web\n' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/dump.conf"
assert_fails in_container systemctl reload fpmd@dump.service 2>/dev/null
wait_for 5 journal_has fpmd@dump.service 'apparmor_hat: AppArmor is not enabled in this kernel'
assert_matches 'it still serves' '^[0-9]+$' "$(fetch http://dump.test/pid.php)"
