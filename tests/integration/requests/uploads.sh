#!/bin/bash
# Uploads: a multipart body of 60 MB takes no memory of the worker, the limits of php.ini are those of PHP
# (post_max_size, upload_max_filesize, max_file_uploads), and with client_body_in_file_only the file of
# nginx is the body (REQUEST_BODY_FILE): a regular file only; else a warning and an empty body.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"

url=http://uploads.test
write_page uploads upload.php <<'END'
<?php
$peak = 0;
foreach (file('/proc/self/status') as $line)
	if (str_starts_with($line, 'VmHWM')) $peak = (int) filter_var($line, FILTER_SANITIZE_NUMBER_INT);
$out = [];
foreach ($_FILES as $f)
	$out[] = $f['error'] . ' ' . $f['size'] . ' ' . ($f['error'] ? '-' : md5_file($f['tmp_name']));
echo implode(',', $out), '|', count($_POST), '|', memory_get_peak_usage(true) >> 20, '|', $peak >> 10;
END
write_page uploads body.php <<<'<?php $b = file_get_contents("php://input"); echo strlen($b), " ", md5($b);'
write_page uploads form.php <<<'<?php echo json_encode($_POST);'
pool uploads <<'END'
user = www-data
group = www-data
pm.max_children = 1
php_admin_value[post_max_size] = 65M
php_admin_value[upload_max_filesize] = 60M
php_admin_value[max_file_uploads] = 3
php_admin_value[memory_limit] = 32M
END
nginx_line='client_max_body_size 300m;'
site uploads unix:/run/fpmd/uploads.sock /srv/www/uploads "$nginx_line"
in_container sh -c 'head -c 60000000 /dev/zero >/root/large; head -c 64000000 /dev/zero >/root/larger
	head -c 1000 /dev/urandom >/root/small'

# constant memory: neither PHP's own nor the process'
sum=$(in_container md5sum /root/large)
IFS='|' read -r files _ peak hwm < <(fetch -F 'a=@/root/large' "$url/upload.php" && echo)
assert_eq '60 MB' "0 60000000 ${sum%% *}" "$files"
assert_at_most "PHP's memory, MiB" 8 "$peak"
if [[ -z ${FPMD_TEST_PHP_FPM:-} ]] && ! grep -qa __asan_init "$CONTAINER_ROOT/usr/sbin/fpmd"; then
	assert_at_most 'the largest the worker was, MiB' 40 "$hwm"
fi

# limits
sum=$(in_container md5sum /root/small)
small="0 1000 ${sum%% *}"
assert_eq 'upload_max_filesize' "1 0 -,$small" \
	"$(fetch -F 'a=@/root/larger' -F 'b=@/root/small' "$url/upload.php" | cut -d'|' -f1)"
assert_eq 'max_file_uploads' "$small,$small,$small|1" "$(fetch -F 'a=@/root/small' -F 'b=@/root/small' \
	-F 'c=@/root/small' -F 'd=@/root/small' -F 'field=1' "$url/upload.php" | cut -d'|' -f1,2)"
assert_contains 'post_max_size' '|0|' "$(fetch -F 'a=@/root/larger' -F 'c=@/root/large' "$url/upload.php")"
assert_eq 'and after it' "$small" "$(fetch -F 'a=@/root/small' "$url/upload.php" | cut -d'|' -f1)"

# an upload that breaks off costs nobody anything
fetch --max-time 0.3 --limit-rate 50k -F 'a=@/root/large' "$url/upload.php" >/dev/null 2>&1 || true
assert_eq 'after one that broke off' "$small" "$(fetch -F 'a=@/root/small' "$url/upload.php" | cut -d'|' -f1)"

### REQUEST_BODY_FILE

cat >"$CONTAINER_ROOT/etc/nginx/body-file.conf" <<'END'
client_body_in_file_only clean;
fastcgi_pass_request_body off;
fastcgi_param REQUEST_BODY_FILE $request_body_file;
END
site uploads unix:/run/fpmd/uploads.sock /srv/www/uploads "$nginx_line include body-file.conf;"
sum=$(in_container md5sum /root/large)
assert_eq 'a body in a file' "1000 ${small##* }" \
	"$(fetch -H 'Content-Type: application/octet-stream' --data-binary @/root/small "$url/body.php")"
assert_eq 'a form in a file' '{"a":"1","b":["2","x y"]}' "$(fetch -d 'a=1&b[]=2&b[]=x%20y' "$url/form.php")"
assert_eq 'an upload in a file' "0 60000000 ${sum%% *}" \
	"$(fetch -F 'a=@/root/large' "$url/upload.php" | cut -d'|' -f1)"
assert_eq 'a request without a body' '[]' "$(fetch "$url/form.php")"

# what is no such file
wrong() {
	in_container python3 "$TOOLS/fcgi.py" /run/fpmd/uploads.sock /srv/www/uploads/body.php REQUEST_METHOD=POST \
		CONTENT_TYPE=application/octet-stream CONTENT_LENGTH=10 "REQUEST_BODY_FILE=$1" 2>&1
}
empty='0 d41d8cd98f00b204e9800998ecf8427e'
reply=$(wrong /srv/missing)
assert_contains 'a missing file' "REQUEST_BODY_FILE: open('/srv/missing') failed: No such file or directory (2)" "$reply"
assert_contains 'a missing file' "$empty" "$reply"
assert_contains 'of somebody else' 'Permission denied (13)' "$(wrong /etc/shadow)"
needs_fpmd
in_container sh -c 'mkfifo -m 666 /srv/fifo; ln -s /etc/passwd /srv/link'
for file in /srv/fifo /srv/link /dev/zero /etc; do
	reply=$(wrong "$file")
	assert_contains "$file" "REQUEST_BODY_FILE: open('$file') failed" "$reply"
	assert_contains "$file" "$empty" "$reply"
done
assert_contains 'a file of the machine, which the web server may name' '10 ' "$(wrong /etc/passwd)"
for pid in $(workers_of uploads); do
	assert_lacks 'no file stays open' passwd "$(in_container ls -l "/proc/$pid/fd")"
done
