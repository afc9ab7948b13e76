#!/bin/bash
# A script starts in its own directory, whatever the one before did: stayed, went elsewhere by chdir(), or
# was of another directory; also when the directory is a symbolic link that is switched (a second later).

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

for dir in a b release1 release2; do
	write_page cwd $dir/where.php <<<'<?php echo getcwd();'
	write_page cwd $dir/leave.php <<<'<?php chdir("/"); echo getcwd();'
done
ln -sfn release1 "$CONTAINER_ROOT/srv/www/cwd/current"
write_pool cwd <<END
user = alice
pm = static
pm.max_children = 1
END
site cwd
in_container systemctl start fpmd@cwd.socket

where() {
	fetch "http://cwd.test/$1"
}
assert_eq 'first' /srv/www/cwd/a "$(where a/where.php)"
assert_eq 'again' /srv/www/cwd/a "$(where a/where.php)"
assert_eq 'another' /srv/www/cwd/b "$(where b/where.php)"
assert_eq 'it leaves' / "$(where a/leave.php)"
assert_eq 'after one that left' /srv/www/cwd/a "$(where a/where.php)"
assert_eq 'before the switch' /srv/www/cwd/release1 "$(where current/where.php)"
ln -sfn release2 "$CONTAINER_ROOT/srv/www/cwd/current"
sleep 1.1
assert_eq 'after the switch' /srv/www/cwd/release2 "$(where current/where.php)"
