#!/bin/bash
# Pools that share an opcache.file_cache run each what it compiled with the functions that there are for it: PHP 8.4
# counts them in compiled code, so a pool with disable_functions reads none of a pool without.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

in_container install -d -o alice /srv/file-cache
for name in plain fewer; do
	pool "$name" <<-END
		php_admin_value[opcache.file_cache] = /srv/file-cache
		php_admin_value[opcache.file_update_protection] = 0
		$([[ $name == plain ]] || echo 'php_admin_value[disable_functions] = fopen,exec,str_rot13')
	END
	site "$name" "unix:/run/fpmd/$name.sock" /srv/www/shared
done
write_page shared calls.php <<'END'
<?php echo gettype(1), ' ', md5('x'), ' ', implode(',', array_reverse([1, 2])), ' ', strtoupper('a'), ' ',
	function_exists('exec') ? 'exec' : 'none', ' ', count(glob('/srv/file-cache/*'));
END

expected="integer 9dd4e461268c8034f5c8564e155c67a6 2,1 A"
for name in plain fewer plain fewer; do
	reply=$(fetch "http://$name.test/calls.php")
	assert_contains "of $name" "$expected" "$reply"
	echo "$reply"
	in_container systemctl restart "fpmd@$name.service"
done
assert_eq 'caches' 2 "$(in_container find /srv/file-cache -mindepth 1 -maxdepth 1 | wc -l)"
