#!/bin/bash
# Caddy before a pool by php_fastcgi, and by reverse_proxy with its fastcgi transport, unix and tcp. What
# PHP sees and what the client gets is right, and the same as with php-fpm.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/../web_servers.sh"

needs_server caddy caddy
start_backends
configuration=$CONTAINER_ROOT/srv/Caddyfile

# server PORT UNIX TCP LINE…: UNIX and TCP in the lines are put in.
server() {
	local port=$1 unix=$2 tcp=$3 lines
	shift 3

	lines=$(printf '\t%s\n' "$@")
	lines=${lines//UNIX/$unix}
	cat >>"$configuration" <<-END
		http://:$port {
			bind 127.0.0.1
			root * $WEB_ROOT
		${lines//TCP/$tcp}
			file_server
		}
	END
}

cat >"$configuration" <<-END
	{
		admin off
		auto_https off
	}
END
for_both server 8701 'php_fastcgi unix/UNIX'
for_both server 8702 'php_fastcgi TCP'
for_both server 8703 '@php path_regexp \.php(/|$)' 'rewrite /sub/ /sub/index.php' \
	'reverse_proxy @php TCP {' 'transport fastcgi {' 'split .php' '}' '}'
start_server caddy --setenv=XDG_DATA_HOME=/srv/caddy --setenv=XDG_CONFIG_HOME=/srv/caddy \
	caddy run --adapter caddyfile --config /srv/Caddyfile

# Caddy has its own words for a status, and takes /echo.php/ for a directory. A body without a length is
# passed on without one, so PHP does not read it; php-fpm leaves Caddy stuck in it.
smoke 'php_fastcgi, unix' 8701 --without=own_reason,path_info_slash,body_chunked --better=body_chunked
smoke 'php_fastcgi, tcp' 8702 --without=own_reason,path_info_slash,body_chunked --better=body_chunked
smoke 'reverse_proxy, tcp' 8703 --without=own_reason,body_chunked --better=body_chunked
smoke_result
