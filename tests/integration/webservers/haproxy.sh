#!/bin/bash
# HAProxy before a pool by use-fcgi-app, unix and tcp, connections kept or not, and with the options for
# a backend that multiplexes, which neither fpmd nor php-fpm does. What PHP sees and what the client gets
# is right, and the same as with php-fpm.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/../web_servers.sh"

needs_server haproxy haproxy
start_backends
configuration=$CONTAINER_ROOT/srv/haproxy.cfg

# HAProxy keeps idle connections for 5 s, and each holds a worker of php-fpm that the next
# variant needs.
# server PORT UNIX TCP unix|tcp [LINE…]: the lines are fcgi-app's.
server() {
	local port=$1 address=unix@$2
	[[ $4 == unix ]] || address=$3
	shift 4

	cat >>"$configuration" <<-END
		fcgi-app app$port
			docroot $WEB_ROOT
			index index.php
			pass-header Authorization
			path-info ^(/.+?\.php)(/.*)?\$
		$(printf '\t%s\n' "$@")
		listen port$port
			bind 127.0.0.1:$port
			use-fcgi-app app$port
			server pool $address proto fcgi pool-purge-delay 100ms
	END
}

cat >"$configuration" <<-END
	global
		nbthread 1
		maxconn 200
	defaults
		mode http
		timeout connect 5s
		timeout client 20s
		timeout server 20s
END
for_both server 8801 unix 'no option keep-conn'
for_both server 8802 tcp 'no option keep-conn'
for_both server 8803 unix 'option keep-conn'
for_both server 8804 tcp 'option keep-conn'
for_both server 8805 unix 'option keep-conn' 'option get-values' 'option mpxs-conns'
for_both server 8806 tcp 'option keep-conn' 'option mpxs-conns' 'option max-reqs 1'
start_server haproxy --property=Type=notify haproxy -Ws -f /srv/haproxy.cfg

# HAProxy refuses a body without a length, at a moment of its choice, and before 3.0 makes every redirect a 302.
without=body_chunked
[[ $(in_container haproxy -v) != *' version 2.'* ]] || without+=,redirect_for_ever
chunked=(--without="$without" --differs=body_chunked)
smoke unix 8801 "${chunked[@]}"
smoke tcp 8802 "${chunked[@]}"
smoke 'unix, kept' 8803 "${chunked[@]}"
smoke 'tcp, kept' 8804 "${chunked[@]}"
# php-fpm leaves HAProxy waiting after FCGI_GET_VALUES.
smoke 'unix, get-values, mpxs-conns' 8805 "${chunked[@]}" --better=all
smoke 'tcp, mpxs-conns, max-reqs 1' 8806 "${chunked[@]}"
smoke_result
