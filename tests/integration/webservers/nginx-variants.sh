#!/bin/bash
# nginx before a pool in every way that its documentation has: unix and tcp, connections kept or not,
# buffering of either direction on and off. What PHP sees and what the client gets is right, and the
# same as with php-fpm.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/../web_servers.sh"

needs_server nginx nginx-light
start_backends
configuration=$CONTAINER_ROOT/srv/nginx.conf

# server PORT UNIX TCP unix|tcp KEEP [LINE…]
server() {
	local port=$1 address=unix:$2 keep=$5
	[[ $4 == unix ]] || address=$3
	shift 5

	cat >>"$configuration" <<-END
		upstream pool$port { server $address; ${keep:+keepalive 1;} }
		server {
			listen 127.0.0.1:$port;
			server_name web.test;
			root $WEB_ROOT;
			index index.php;
			location ~ [^/]\.php(/|\$) {
				fastcgi_split_path_info ^(.+?\.php)(/.*)\$;
				fastcgi_param PATH_INFO \$fastcgi_path_info;
				include /etc/nginx/fastcgi.conf;
				fastcgi_pass pool$port;
				${keep:+fastcgi_keep_conn on;}
				$(printf '%s\n' "$@")
			}
		}
	END
}

cat >"$configuration" <<-END
	user www-data;
	worker_processes 1;
	daemon off;
	pid /run/fpmd-test-nginx.pid;
	error_log stderr crit;
	events { worker_connections 256; }
	http {
	access_log off;
	client_max_body_size 64m;
	large_client_header_buffers 4 16k;
END
for_both server 8901 unix ''
for_both server 8902 tcp ''
for_both server 8903 unix keep
for_both server 8904 tcp keep
for_both server 8905 unix '' 'fastcgi_request_buffering off;' 'fastcgi_buffering off;'
for_both server 8906 tcp keep 'fastcgi_request_buffering off;' 'fastcgi_buffering off;'
echo '}' >>"$configuration"
start_server nginx nginx -c /srv/nginx.conf

smoke unix 8901
smoke tcp 8902
smoke 'unix, kept' 8903
smoke 'tcp, kept' 8904
# A body without a length is passed on as it comes, and PHP does not read it.
smoke 'unix, unbuffered' 8905 --without body_chunked
smoke 'tcp, kept, unbuffered' 8906 --without body_chunked --differs body_chunked
smoke_result
