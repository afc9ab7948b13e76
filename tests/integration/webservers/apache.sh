#!/bin/bash
# Apache before a pool by mod_proxy_fcgi: SetHandler, ProxyPass, ProxyPassMatch, a balancer, unix and
# tcp, kept connections, and with ProxyFCGIBackendType GENERIC, by which the name of the script comes in
# another form. What PHP sees and what the client gets is right, and the same as with php-fpm.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/../web_servers.sh"

needs_server apache2 apache2-bin
start_backends
configuration=$CONTAINER_ROOT/srv/apache.conf

# server PORT UNIX TCP LINE…: UNIX, TCP and PORT in the lines are put in.
server() {
	local port=$1 unix=$2 tcp=$3 lines
	shift 3

	lines=$(printf '\t%s\n' "$@")
	lines=${lines//UNIX/$unix}
	lines=${lines//TCP/$tcp}
	cat >>"$configuration" <<-END
		Listen 127.0.0.1:$port
		<VirtualHost 127.0.0.1:$port>
		ServerName web.test
		DocumentRoot $WEB_ROOT
		${lines//PORT/$port}
		</VirtualHost>
	END
}

# by_handler HANDLER: the line that most guides give.
by_handler() {
	echo "<FilesMatch \"\\.ph(ar|p)\$\">
		SetHandler \"$1\"
	</FilesMatch>"
}

{
	for module in mpm_event authz_core dir mime setenvif proxy proxy_fcgi slotmem_shm proxy_balancer \
		lbmethod_byrequests; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done
	cat <<-END
		PidFile /run/fpmd-test-apache.pid
		ServerName web.test
		DefaultRuntimeDir /run
		Mutex sem
		User www-data
		Group www-data
		ErrorLog /dev/null
		StartServers 1
		ServerLimit 1
		ThreadsPerChild 16
		MaxRequestWorkers 16
		TypesConfig /etc/mime.types
		DirectoryIndex index.php
		AcceptPathInfo On
		<Directory $WEB_ROOT>
			Require all granted
		</Directory>
		<Location />
			CGIPassAuth On
		</Location>
	END
} >"$configuration"

generic='ProxyFCGIBackendType GENERIC'
for_both server 8501 "$(by_handler 'proxy:unix:UNIX|fcgi://localhost/')"
for_both server 8502 "$(by_handler 'proxy:fcgi://TCP')"
for_both server 8503 "$(by_handler 'proxy:unix:UNIX|fcgi://localhost')" "$generic"
for_both server 8504 "$(by_handler 'proxy:fcgi://TCP/')" "$generic"
for_both server 8505 "ProxyPassMatch \"^/(.*\\.php(/.*)?)\$\" \"fcgi://TCP$WEB_ROOT/\$1\""
for_both server 8506 "ProxyPassMatch \"^/.*\\.php(/.*)?\$\" \"unix:UNIX|fcgi://localhost$WEB_ROOT\""
for_both server 8507 "ProxyPassMatch \"^/(.*\\.php(/.*)?)\$\" \"fcgi://TCP$WEB_ROOT/\$1\"" "$generic"
for_both server 8508 "<Proxy balancer://poolPORT>
		BalancerMember fcgi://TCP
	</Proxy>" "$(by_handler 'proxy:balancer://poolPORT')"
for_both server 8509 "<Proxy balancer://pathPORT>
		BalancerMember unix:UNIX|fcgi://localhost
	</Proxy>" "ProxyPassMatch \"^/(.*\\.php(/.*)?)\$\" \"balancer://pathPORT$WEB_ROOT/\$1\""
for_both server 8510 "<Proxy \"fcgi://TCP/\" enablereuse=on max=2 retry=0>
	</Proxy>" "$(by_handler 'proxy:fcgi://TCP/')"
for_both server 8511 "ProxyPass / fcgi://TCP$WEB_ROOT/"
start_server apache /usr/sbin/apache2 -DFOREGROUND -f /srv/apache.conf

# Apache gives a body without a length no CONTENT_LENGTH, so PHP does not read it. What ProxyPass gives
# is the path as it was escaped.
chunked='--without=body_chunked'
escaped='--without=body_chunked,path_info_escaped,name_escaped'
# PHP 8.4 decodes the PATH_INFO of ProxyPass.
[[ $(printf '%s\n' 8.4 "$FPMD_TEST_PHP" | sort -V | head -n 1) != 8.4 ]] || escaped=${escaped/path_info_escaped,/}
smoke 'SetHandler, unix' 8501 "$chunked"
smoke 'SetHandler, tcp' 8502 "$chunked"
smoke 'SetHandler, unix, GENERIC' 8503 "$chunked"
smoke 'SetHandler, tcp, GENERIC' 8504 "$chunked"
smoke 'ProxyPassMatch, tcp' 8505 "$escaped"
smoke 'ProxyPassMatch, unix' 8506 "$escaped"
smoke 'ProxyPassMatch, tcp, GENERIC' 8507 "$escaped",path_info,path_info_escaped,path_info_of_php,path_info_slash
smoke 'SetHandler, balancer' 8508 "$chunked"
smoke 'ProxyPassMatch, balancer' 8509 "$escaped"
# Apache leaves a body where it is when the answer is complete, and begins the next request on the same
# connection, which fpmd and php-fpm close: 503 for whoever comes then.
smoke 'SetHandler, tcp, kept' 8510 --skip=body_unread,body_chunked
smoke 'ProxyPass' 8511 "$escaped",directory
smoke_result
