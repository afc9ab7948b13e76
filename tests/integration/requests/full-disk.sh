#!/bin/bash
# A body for which there is no room: an upload fails with UPLOAD_ERR_CANT_WRITE as under php-fpm, also when its end
# is what does not fit, a body of php://input is discarded with a warning; the next request is served as if nothing
# had been, and no file is left behind. A body of php://input that is not very large needs no file.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"

url=http://full.test
write_page full upload.php <<'END'
<?php
$f = $_FILES['f'];
echo $f['error'], ' ', $f['size'], ' ', $f['error'] ? '-' : md5_file($f['tmp_name']);
END
write_page full body.php <<'END'
<?php
$body = file_get_contents('php://input');
echo strlen($body), ' ', md5($body), ' ', error_get_last()['message'] ?? '';
END
in_container sh -c 'mkdir -m 1777 /srv/small && mount -t tmpfs -o size=256k,mode=1777 small /srv/small
	head -c 1000000 /dev/urandom >/root/large; head -c 100000 /root/large >/root/fits
	head -c 265000 /root/large >/root/end; head -c 102380 /root/large >/root/even'
pool full <<'END'
user = www-data
group = www-data
pm.max_children = 1
php_admin_value[upload_tmp_dir] = /srv/small
php_admin_value[upload_max_filesize] = 8M
END

upload() {
	fetch -F "f=@/root/$1" "$url/upload.php"
}
send() {
	fetch -H 'Content-Type: application/octet-stream' "${@:2}" --data-binary "@/root/$1" "$url/body.php"
}
sum_of() {
	in_container md5sum "/root/$1" | cut -d' ' -f1
}

assert_eq 'what fits' "0 100000 $(sum_of fits)" "$(upload fits)"
assert_eq 'a file too large' '7 0 -' "$(upload large)"
assert_eq 'after it' "0 100000 $(sum_of fits)" "$(upload fits)"
assert_eq 'pieces of one size' "0 102380 $(sum_of even)" "$(upload even)"
assert_eq 'the end of a file' '7 0 -' "$(upload end)"

assert_eq 'a body that fits' "100000 $(sum_of fits) " "$(send fits)"
assert_contains 'a body too large' 'POST data can' "$(send large)"
assert_eq 'nothing of it' '0' "$(send large | cut -d' ' -f1)"
assert_eq 'after it' "100000 $(sum_of fits) " "$(send fits)"
assert_eq 'PUT' "100000 $(sum_of fits) " "$(send fits -X PUT)"
assert_eq 'after PUT too large' "100000 $(sum_of fits) " "$(send large -X PUT >/dev/null && send fits -X PUT)"
assert_eq 'files left behind' '' "$(in_container ls /srv/small)"

if [[ -z ${FPMD_TEST_PHP_FPM:-} ]]; then
	# Pieces of one size only, and just the last write fails: PHP has closed the file.
	in_container mount -o remount,size=64k /srv/small
	assert_contains 'the last write' '8 0' "$(upload even)"
	assert_eq 'after it' '0 1000' "$(in_container sh -c 'head -c 1000 /root/large >/root/tiny' && upload tiny | cut -d' ' -f1,2)"
	assert_eq 'files left behind' '' "$(in_container ls /srv/small)"

	# What the window holds needs no file.
	assert_eq 'a body without a file' "100000 $(sum_of fits) " "$(send fits)"
fi
in_container umount /srv/small
