#!/bin/bash
# Time limit: 3600 s
# Five pools, one of each pm and one with kept connections, under mixed requests by way of nginx, while they are
# reloaded, their workers and managers killed and their logs rotated: each answer is right, but for what a killed worker
# held, and nothing stays behind. FPMD_TEST_SOAK=SECONDS sets for how long; 1200 is the measure, in which a pool is
# reloaded each 20 s, a worker killed each 7 s, a manager each 20 s, and logs rotated each 45 s. Less than 120, as by
# default, does so five times as often.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pools=(soak0 soak1 soak2 soak3 soak4)
pm=(
	'pm = auto'
	$'pm = dynamic\npm.max_children = 20\npm.start_servers = 2\npm.min_spare_servers = 1\npm.max_spare_servers = 4'
	$'pm = ondemand\npm.max_children = 20\npm.process_idle_timeout = 2s'
	$'pm = static\npm.max_children = 6\npm.max_requests = 500'
	$'pm = static\npm.max_children = 6'
)

write_page soak hello.php <<<'<?php echo "Hello World\n";'
write_page soak page.php <<<'<?php echo str_repeat("0123456789abcdef\n", 3011), "x";'
write_page soak error.php <<<'<?php trigger_error("warned", E_USER_WARNING); trigger_error("on purpose", E_USER_ERROR);'
write_page soak fatal.php <<<'<?php undefined_function();'
write_page soak sleep.php <<<'<?php usleep(700000); echo "slept";'
# shellcheck disable=SC2016
write_page soak big.php <<<'<?php for ($i = 0; $i < 64; $i++) echo str_repeat("z", 16384);'
write_page soak post.php <<'PHP'
<?php $body = file_get_contents('php://input'); echo md5($body), ' ', strlen($body);
PHP
write_page soak upload.php <<'PHP'
<?php $f = $_FILES['f'] ?? null; echo $f ? md5_file($f['tmp_name']) . " $f[size] $f[error]" : 'none';
PHP
write_page soak exit.php <<'PHP'
<?php echo 'before'; register_shutdown_function(function () { echo '+shutdown'; }); exit; echo 'after';
PHP
write_page soak memory.php <<'PHP'
<?php ini_set('memory_limit', '32M'); for ($a = [];;) $a[] = str_repeat('x', 65536);
PHP
write_page soak session.php <<'PHP'
<?php session_start(); echo $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
PHP
write_page soak abort.php <<'PHP'
<?php for ($i = 0; $i < 50; $i++) { echo str_repeat('z', 8192); flush(); usleep(20000); }
PHP

for i in "${!pools[@]}"; do
	name=${pools[i]}
	mkdir -p "$CONTAINER_ROOT/srv/sessions/$name"
	chmod 0777 "$CONTAINER_ROOT/srv/sessions/$name"
	write_pool "$name" <<-POOL
		user = alice
		${pm[i]}
		access.log = /var/log/fpmd/$name/access.log
		request_slowlog_timeout = 5s
		php_admin_value[session.save_path] = /srv/sessions/$name
		php_admin_value[post_max_size] = 8M
		php_admin_value[upload_max_filesize] = 8M
	POOL
done
for name in "${pools[@]:0:4}"; do
	site "$name" "unix:/run/fpmd/$name.sock" /srv/www/soak
done
echo 'upstream kept { server unix:/run/fpmd/soak4.sock; keepalive 8; }' >"$CONTAINER_ROOT/etc/nginx/sites-enabled/0soak.conf"
site soak4 kept /srv/www/soak 'fastcgi_keep_conn on;'
for name in "${pools[@]}"; do
	in_container systemctl start "fpmd@$name.socket" "fpmd@$name.service"
done

status=0
in_container python3 "$TOOLS/soak.py" "${FPMD_TEST_SOAK:-30}" 12 "${pools[@]}" || status=$?
for name in "${pools[@]}"; do
	echo "$name:"
	journal_of "fpmd@$name.service" --priority=warning | sed 's/[0-9][0-9]*/N/g' | sort | uniq -c | sort -rn | sed -n 1,6p
done

# A manager, a zygote, and at most as many workers as pm.max_children of the two that have a fixed number.
nothing_is_left_over() {
	(($(processes_of soak3 | wc -l) == 8)) && (($(processes_of soak4 | wc -l) == 8))
}
wait_for 10 nothing_is_left_over
assert_eq 'the answers' 0 "$status"
