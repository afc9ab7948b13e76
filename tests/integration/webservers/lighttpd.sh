#!/bin/bash
# lighttpd before a pool by mod_fastcgi, unix and tcp, with and without what its guides recommend. What
# PHP sees and what the client gets is right, and the same as with php-fpm.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/../web_servers.sh"

needs_server lighttpd lighttpd
start_backends
configuration=$CONTAINER_ROOT/srv/lighttpd.conf

# server PORT UNIX TCP unix|tcp [OPTION…]
server() {
	local port=$1 address="\"socket\" => \"$2\""
	[[ $4 == unix ]] || address="\"host\" => \"${3%:*}\", \"port\" => ${3#*:}"
	shift 4

	cat >>"$configuration" <<-END
		\$SERVER["socket"] == "127.0.0.1:$port" {
			fastcgi.server = ( ".php" => (( $address $(printf ', %s' "$@" | sed 's/^, $//') )))
		}
	END
}

cat >"$configuration" <<-END
	server.modules = ( "mod_fastcgi" )
	server.document-root = "$WEB_ROOT"
	server.port = 8600
	server.bind = "127.0.0.1"
	server.name = "web.test"
	server.username = "www-data"
	server.groupname = "www-data"
	server.errorlog = "/dev/null"
	server.upload-dirs = ( "/tmp" )
	index-file.names = ( "index.php" )
END
for_both server 8601 unix
for_both server 8602 tcp
for_both server 8603 unix '"broken-scriptfilename" => "enable"'
for_both server 8604 tcp '"check-local" => "disable"'
for_both server 8605 unix '"fix-root-scriptname" => "enable", "allow-x-send-file" => "enable"'
start_server lighttpd lighttpd -D -f /srv/lighttpd.conf

# lighttpd has its own words for a status.
smoke unix 8601 --without=own_reason
smoke tcp 8602 --without=own_reason
smoke 'unix, broken-scriptfilename' 8603 --without=own_reason
smoke 'tcp, check-local off' 8604 --without=own_reason,path_info_of_php
smoke 'unix, fix-root-scriptname' 8605 --without=own_reason
smoke_result
