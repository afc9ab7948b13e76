#!/bin/bash
# A full opcache costs no request: with 8 MB, 8 workers and more files than fit, it starts anew by itself,
# again and again, and every page that is asked for meanwhile is right. opcache_reset() of one worker is
# one for the pool, and validate_timestamps decides whether a changed file is seen.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"

url=http://full.test
python3 - "$CONTAINER_ROOT/srv/www/full" <<'END'
import os, sys, time
os.makedirs(sys.argv[1] + "/lib", exist_ok=True)
old = time.time() - 3600
for i in range(400):
    name = f"{sys.argv[1]}/lib/{i}.php"
    with open(name, "w", encoding="utf-8") as f:
        f.write("<?php\n")
        for k in range(40):
            f.write(f"function f{i}_{k}($a) {{ return strrev('{i}_{k}_' . $a) . '{k * 7919}'; }}\n")
        f.write(f"return {i};\n")
    os.utime(name, (old, old))
END
write_page full page.php <<'END'
<?php
$first = random_int(0, 399);
for ($i = 0; $i < 10; $i++) {
	$n = ($first + $i * 37) % 400;
	if ((include __DIR__ . "/lib/$n.php") !== $n) die('wrong file');
	if (("f{$n}_3")('x') !== strrev("{$n}_3_x") . 3 * 7919) { http_response_code(500); die('wrong code'); }
}
echo 'right';
END
write_page full status.php <<'END'
<?php
$s = opcache_get_status(false);
echo $s['opcache_statistics']['oom_restarts'], ' ', $s['opcache_statistics']['manual_restarts'], ' ',
	(int) $s['opcache_enabled'], ' ', $s['memory_usage']['used_memory'] + $s['memory_usage']['free_memory']
	+ $s['memory_usage']['wasted_memory'] >> 20;
END
write_page full reset.php <<'END'
<?php echo (int) opcache_reset();
END
write_page full changing.php <<'END'
<?php echo 'old';
END
write_pool full <<'END'
user = alice
pm = static
pm.max_children = 8
php_admin_value[opcache.memory_consumption] = 8
php_admin_value[opcache.max_wasted_percentage] = 1
php_admin_value[opcache.interned_strings_buffer] = 1
php_value[opcache.revalidate_freq] = 0
END
site full
in_container systemctl start fpmd@full.socket

assert_eq 'it is on, and small' '0 0 1 8' "$(fetch "$url/status.php")"
in_container sh -c "seq 8 | xargs -P8 -I% curl -s -o /dev/null $url/page.php"
# Files that change make waste, without which opcache only stops to take more.
in_container sh -c 'for age in $(seq 60 -1 1); do
	touch -d "$age hours ago" /srv/www/full/lib/*.php; sleep 0.05
done' &
toucher=$!
result=$(load "$url/page.php" 8 4)
wait "$toucher"
assert_all_answered 'no request failed' "$result"
read -r restarts _ _ _ < <(fetch "$url/status.php" && echo)
echo "restarts when full: $restarts"
((restarts > 0)) || fail 'it was never full: the test proves nothing'
assert_eq 'a page after it' right "$(fetch "$url/page.php")"

# by hand
assert_eq 'opcache_reset()' 1 "$(fetch "$url/reset.php")"
manual() {
	read -r _ n _ _ < <(fetch "$url/status.php" && echo)
	((n > 0))
}
wait_for 5 manual
assert_eq 'a page after the reset' right "$(fetch "$url/page.php")"

# a changed file
assert_eq 'before' old "$(fetch "$url/changing.php")"
write_page full changing.php <<<'<?php echo "new";'
touch -d '10 min ago' "$CONTAINER_ROOT/srv/www/full/changing.php"
wait_for 3 test "$(fetch "$url/changing.php")" = new
in_container systemctl stop fpmd@full.socket fpmd@full.service
write_pool full <<'END'
user = alice
pm = static
pm.max_children = 2
php_admin_flag[opcache.validate_timestamps] = off
END
in_container systemctl start fpmd@full.socket
assert_eq 'before' new "$(fetch "$url/changing.php")"
write_page full changing.php <<<'<?php echo "newer";'
assert_eq 'nobody looks' new "$(fetch "$url/changing.php")"
assert_eq 'until it is told to' 1 "$(fetch "$url/reset.php")"
is_newer() {
	[[ $(fetch "$url/changing.php") == newer ]]
}
wait_for 5 is_newer
