#!/bin/bash
# What a script opens after fastcgi_finish_request(), and keeps beyond its request, is its own: the worker has
# closed the connection of the request by then, and does not close what has that number now.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

pool finish <<'END_OF_POOL'
pm.max_children = 1
END_OF_POOL
write_page finish persist.php <<'END_OF_PAGE'
<?php
fastcgi_finish_request();
pfsockopen('127.0.0.1', 80);
END_OF_PAGE
write_page finish hello.php <<<'hello'

sockets() {
	in_container ls -l "/proc/$(workers_of finish)/fd" | grep -c socket:
}
fetch http://finish.test/hello.php >/dev/null
before=$(sockets)
fetch http://finish.test/persist.php >/dev/null
one_more() {
	[[ $(sockets) == $((before + 1)) ]]
}
wait_for 2 one_more
