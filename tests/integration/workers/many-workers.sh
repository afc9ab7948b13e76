#!/bin/bash
# More workers than orders fit into the control socket: they all start, a reload replaces them, and a fast stop
# ends every one of them, also those that a script keeps busy. FPMD_TEST_MANY=1: 4000 of them.
# Time limit: 180 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

n=${FPMD_TEST_MANY:+4000}
n=${n:-600}
write_page many nap.php <<'END'
<?php sleep(30);
END
write_page many hello.php <<'END'
<?php echo "hello";
END
write_pool many <<END
user = alice
pm = static
pm.max_children = $n
END
site many
in_container systemctl start fpmd@many.socket
assert_eq 'served' hello "$(fetch http://many.test/hello.php)"
all_are_there() {
	[[ $(unit_property fpmd@many StatusText) == *"$n idle"* ]] || [[ $(workers_of_many) == "$n" ]]
}
workers_of_many() {
	in_container pgrep --count --parent "$(zygote_of many | tail -n 1)"
}
wait_for 110 all_are_there
assert_eq 'workers' "$n" "$(workers_of_many)"

manager=$(manager_of many)
in_container systemctl reload fpmd@many
assert_eq 'the same manager' "$manager" "$(manager_of many)"
assert_eq 'served after a reload' hello "$(fetch http://many.test/hello.php)"

fetch http://many.test/nap.php >/dev/null 2>&1 &
wait_for 110 all_are_there
in_container systemctl kill --signal=INT --kill-whom=main fpmd@many
gone() {
	[[ -z $(in_container pgrep php-fpm) ]]
}
wait_for $((n / 200)) gone
wait
assert_eq 'result' success "$(unit_property fpmd@many Result)"
