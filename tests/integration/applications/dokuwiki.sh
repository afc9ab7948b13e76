#!/bin/bash
# An application without a database: Debian's DokuWiki behind nginx. Log in, edit a page, upload a file,
# and somebody else sees both. Sessions, cookies, redirects, forms and uploads all work together.

source "${BASH_SOURCE[0]%/*}/../lib.sh"

in_container test -e /usr/share/dokuwiki/doku.php || skip 'no dokuwiki; Debian: apt install dokuwiki'
# Its files are www-data's.
write_pool wiki <<-END
	user = www-data
	group = www-data
	pm = static
	pm.max_children = 2
	php_admin_value[session.save_path] = /tmp
END
site wiki unix:/run/fpmd/wiki.sock /usr/share/dokuwiki 'fastcgi_index doku.php;'
in_container systemctl start fpmd@wiki.socket

cat >"$CONTAINER_ROOT/etc/dokuwiki/local.php" <<'END'
<?php
$conf['title'] = 'Wiki of the test';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['disableactions'] = 'register';
$conf['license'] = '0';
$conf['userewrite'] = 2; // pages by PATH_INFO
END
# shellcheck disable=SC2016  # PHP
hash=$(in_container php -r 'echo password_hash("sesame", PASSWORD_BCRYPT, ["cost" => 4]);')
printf '%s\n' '*	@ALL	1' '*	@user	8' >"$CONTAINER_ROOT/var/lib/dokuwiki/acl/acl.auth.php"
echo "admin:$hash:Admin:admin@example.org:admin,user" \
	>"$CONTAINER_ROOT/var/lib/dokuwiki/acl/users.auth.php"

in_container python3 "$TOOLS/dokuwiki.py" http://wiki.test
assert_lacks 'PHP messages' 'PHP Fatal' "$(journal_of fpmd@wiki.service)"
