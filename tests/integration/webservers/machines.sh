#!/bin/bash
# Several machines, which are network namespaces here: three pools on tcp behind HAProxy, which asks fpmd-agent, behind
# nginx, and behind Caddy. One machine's pool reloads, one is drained and restarted, one machine is cut off: nothing is
# lost but what that one held. (fpmd-scale(7) has these lines of HAProxy and nginx; Caddy's are taken from there.)
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
in_container sh -c 'command -v haproxy' >/dev/null || skip 'no haproxy on this machine'
in_container ip netns add fpmd-probe 2>/dev/null || skip 'no network namespaces in the container'
in_container ip netns del fpmd-probe

end_machines() {
	in_container systemctl stop fpmd-test-haproxy.service fpmd-test-caddy.service fpmd-agent.socket fpmd-agent.service "fpmd@m[123].socket" "fpmd@m[123].service" || true
	for i in 1 2 3; do in_container ip netns del "m$i" || true; done
}
trap end_machines EXIT

write_page machines page.php <<'END'
<?php usleep(5000); echo $_SERVER['SERVER_ADDR'] ?? '', ' ok';
END
for i in 1 2 3; do
	in_container ip netns add "m$i"
	in_container ip link add "to-m$i" type veth peer name eth0 netns "m$i"
	in_container ip addr add "10.77.$i.1/24" dev "to-m$i"
	in_container ip link set "to-m$i" up
	in_container ip -n "m$i" addr add "10.77.$i.2/24" dev eth0
	in_container ip -n "m$i" link set eth0 up
	in_container ip -n "m$i" link set lo up
	mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd@m$i.socket.d"
	printf '[Socket]\nNetworkNamespacePath=/run/netns/m%s\n' $i >"$CONTAINER_ROOT/etc/systemd/system/fpmd@m$i.socket.d/netns.conf"
	write_pool "m$i" <<-END
		user = alice
		listen = 10.77.$i.2:9000
		listen.allowed_clients = 10.77.$i.1
		pm = static
		pm.max_children = 4
		ping.path = /ping
	END
	in_container systemctl start "fpmd@m$i.socket"
done
in_container systemctl start fpmd-agent.socket

# all machines here have one agent; with machines of their own, agent-addr is left out
cat >"$CONTAINER_ROOT/srv/haproxy.cfg" <<'END'
global
	nbthread 1
	stats socket /run/fpmd-test-haproxy.sock
defaults
	mode http
	timeout connect 500ms
	timeout client 20s
	timeout server 3s
	timeout check 2s
	retries 3
	option redispatch 1
fcgi-app php
	docroot /srv/www/machines
	index index.php
	path-info ^(/.+\.php)(/.*)?$
listen machines
	bind 127.0.0.1:8900
	balance leastconn
	use-fcgi-app php
	default-server proto fcgi weight 100 check inter 500ms fall 2 rise 1 agent-check agent-inter 500ms agent-addr 127.0.0.1 agent-port 9254
	server m1 10.77.1.2:9000 agent-send "m1\n"
	server m2 10.77.2.2:9000 agent-send "m2\n"
	server m3 10.77.3.2:9000 agent-send "m3\n"
END
in_container systemd-run --quiet --unit=fpmd-test-haproxy --property=Type=notify haproxy -Ws -f /srv/haproxy.cfg
cat >"$CONTAINER_ROOT/etc/nginx/sites-enabled/machines.conf" <<'END'
upstream machines {
	server 10.77.1.2:9000 max_fails=1 fail_timeout=2s;
	server 10.77.2.2:9000 max_fails=1 fail_timeout=2s;
	server 10.77.3.2:9000 max_fails=1 fail_timeout=2s;
}
server {
	listen 127.0.0.1:8951;
	root /srv/www/machines;
	location / {
		include fastcgi.conf;
		fastcgi_pass machines;
		fastcgi_connect_timeout 1s;
		fastcgi_read_timeout 3s;
		fastcgi_next_upstream error timeout;
	}
}
END
start_nginx

has_caddy=
if in_container sh -c 'command -v caddy' >/dev/null; then
	has_caddy=1
	{
		printf '{\n\tadmin off\n}\n'
		sed -n '/^\.Sh CADDY/,/^\.Ed/p' "$TEST_DIR/../../src/agent/fpmd-scale.7" | grep -v '^\.' |
			sed -E 's,example\.org,http://:8961,; s,/srv/www,&/machines,; s,10\.0\.0\.([123]):,10.77.\1.2:,g; s/(read_timeout) .*/\1 3s/'
	} >"$CONTAINER_ROOT/srv/Caddyfile-machines"
	in_container systemd-run --quiet --unit=fpmd-test-caddy --setenv=XDG_DATA_HOME=/srv/caddy --setenv=XDG_CONFIG_HOME=/srv/caddy \
		caddy run --adapter caddyfile --config /srv/Caddyfile-machines
fi

# server NAME: how HAProxy sees it, "UP 100 4": state, weight, maxconn
server() {
	# shellcheck disable=SC2016
	in_container python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/fpmd-test-haproxy.sock")
s.send(b"show stat\n")
text = b""
while True:
    part = s.recv(65536)
    if not part:
        break
    text += part
lines = text.decode().lstrip("# ").splitlines()
names = lines[0].split(",")
for line in lines[1:]:
    row = dict(zip(names, line.split(",")))
    if row.get("svname") == sys.argv[1]:
        print(row["status"], row["weight"], row["slim"])' "$1"
}
server_is() {
	[[ $(server "$1") =~ $2 ]]
}
requests_of() {
	pool_status "$1" requests
}

for i in 1 2 3; do wait_for 10 server_is "m$i" '^UP'; done
assert_eq 'answered' 200 "$(fetch_status http://127.0.0.1:8900/page.php)"
assert_eq 'answered' 200 "$(fetch_status http://127.0.0.1:8951/page.php)"
caddy_answers() {
	[[ $(fetch_status http://127.0.0.1:8961/page.php) == 200 ]]
}
[[ -z $has_caddy ]] || wait_for 10 caddy_answers
load http://127.0.0.1:8900/page.php 5 16 >"$CONTAINER_ROOT/srv/load-haproxy" &
loads=($!)
load http://127.0.0.1:8951/page.php 3 16 >"$CONTAINER_ROOT/srv/load-nginx" &
loads+=($!)
if [[ -n $has_caddy ]]; then
	load http://127.0.0.1:8961/page.php 3 16 >"$CONTAINER_ROOT/srv/load-caddy" &
	loads+=($!)
fi

# the agent's numbers arrive
for i in 1 2 3; do wait_for 10 server_is "m$i" '^UP [0-9]+ 4$'; done

# one reloads
in_container fpmctl reload m1

# one is drained: HAProxy sends no more, nginx is served; restarted meanwhile; and is back
in_container fpmctl drain m2
wait_for 10 server_is m2 '^DRAIN'
in_container systemctl restart fpmd@m2.service
wait_for 10 server_is m2 '^DRAIN'
in_container fpmctl undrain m2
wait_for 10 server_is m2 '^UP'

# one is cut off
before=$(requests_of m3)
((before > 10)) || fail "m3 has served only $before"
in_container ip -n m3 link set eth0 down
wait_for 15 server_is m3 '^DOWN'
in_container ip -n m3 link set eth0 up
wait_for 15 server_is m3 '^UP'

for pid in "${loads[@]}"; do wait "$pid"; done
lost() {
	local result

	result=$(<"$CONTAINER_ROOT/srv/load-$1")
	echo "$1: $result"
	assert_at_most "lost by $1, of what the dead machine held" "$2" \
		"$(python3 -c '
import json, sys
r = json.loads(sys.argv[1])
print(sum(n for s, n in r["status"].items() if s != "200") + sum(r["errors"].values()))' "$result")"
	(($(json_number requests "$result") > 100)) || fail "$1: too few requests"
}
lost haproxy 5
lost nginx 3
[[ -z $has_caddy ]] || lost caddy 3
