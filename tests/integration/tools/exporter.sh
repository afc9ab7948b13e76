#!/bin/bash
# fpmd-exporter: started by its socket, as a user of its own, it tells the numbers of all pools in both formats,
# which promtool accepts; a histogram of durations that goes on through reloads; restarts, as systemd counts them;
# it never waits long for a manager that hangs, refuses what it should, lets go of slow clients, and leaves when nobody asks.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

url=http://127.0.0.1:9253/metrics
scrape() {
	sleep 1.1 # numbers are kept for a second
	fetch "$url"
}
# value METRIC: of stdin
value() {
	awk -v name="$1" '$1 == name { print $2 }'
}
drop_in() {
	mkdir -p "$CONTAINER_ROOT/etc/systemd/system/fpmd-exporter.$1.d"
	cat >"$CONTAINER_ROOT/etc/systemd/system/fpmd-exporter.$1.d/test.conf"
	in_container systemctl daemon-reload
}
end_exporter() {
	in_container systemctl stop fpmd-exporter.socket fpmd-exporter.service
	rm -rf "$CONTAINER_ROOT"/etc/systemd/system/fpmd-exporter.*.d
	in_container systemctl daemon-reload
}
trap end_exporter EXIT

write_page exported page.php <<'END'
<?php usleep((int) ($_GET['us'] ?? 0)); echo 'ok';
END
pool exported
pool other
in_container systemctl start fpmd-exporter.socket
assert_eq 'before anybody asks' inactive "$(unit_property fpmd-exporter.service ActiveState)"

# --- numbers
write_pool never <<<'pm = static'
metrics=$(fetch $url)
assert_contains 'a pool that waits for the first connection' 'fpmd_up{pool="exported"} 1' "$metrics"
assert_contains 'a pool that waits for the first connection' 'fpmd_state{pool="exported",state="listening"} 1' "$metrics"
assert_contains 'a pool that nobody started' 'fpmd_up{pool="never"} 0' "$metrics"
assert_contains 'a pool that nobody started' 'fpmd_state{pool="never",state="stopped"} 1' "$metrics"
echo 'nonsense = 1' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/other.conf"
metrics=$(scrape)
assert_contains 'a pool that would not start' 'fpmd_up{pool="other"} 0' "$metrics"
assert_contains 'a pool that would not start' 'fpmd_state{pool="other",state="wrong"} 1' "$metrics"
sed -i '$d' "$CONTAINER_ROOT/etc/fpmd/conf.d/other.conf"
for us in 0 0 120000; do
	fetch --output /dev/null "http://exported.test/page.php?us=$us"
done
metrics=$(scrape)
in_container promtool check metrics <<<"$metrics"

# --- the alerts of the manual: of a pool that is down, and not of one that nobody has started
sed -n '/^groups:/,/^\.Ed/{/^\.Ed/d; p}' "$TEST_DIR/../../src/exporter/fpmd-exporter.8" >"$CONTAINER_ROOT/srv/rules.yml"
cat >"$CONTAINER_ROOT/srv/alerts.yml" <<'END'
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'fpmd_up{instance="a",pool="down"}', values: '0x10'}
      - {series: 'fpmd_state{instance="a",pool="down",state="stopped"}', values: '0x10'}
      - {series: 'fpmd_up{instance="a",pool="off"}', values: '0x10'}
      - {series: 'fpmd_state{instance="a",pool="off",state="stopped"}', values: '1x10'}
      - {series: 'fpmd_state{instance="a",pool="off",state="wrong"}', values: '1x10'}
    alert_rule_test:
      - {eval_time: 5m, alertname: PoolDown, exp_alerts: [{exp_labels: {instance: a, pool: down}}]}
      - {eval_time: 5m, alertname: PoolFileWrong, exp_alerts: [{exp_labels: {instance: a, pool: 'off', state: wrong}}]}
END
in_container promtool test rules /srv/alerts.yml
assert_eq 'requests' 3 "$(value 'fpmd_requests_total{pool="exported"}' <<<"$metrics")"
assert_eq 'workers' 2 "$(value 'fpmd_workers{pool="exported",state="idle"}' <<<"$metrics")"
assert_eq 'max children' 2 "$(value 'fpmd_workers_max{pool="exported"}' <<<"$metrics")"
assert_eq 'up' 1 "$(value 'fpmd_up{pool="exported"}' <<<"$metrics")"
assert_matches 'memory' '^[1-9][0-9]{6,}$' "$(value 'fpmd_memory_bytes{pool="exported"}' <<<"$metrics")"
assert_matches 'CPU' '^[0-9]+\.[0-9]+$' "$(value 'fpmd_cpu_seconds_total{pool="exported"}' <<<"$metrics")"

# --- durations
bucket() {
	value "fpmd_request_duration_seconds_bucket{pool=\"exported\",le=\"$1\"}"
}
count='fpmd_request_duration_seconds_count{pool="exported"}'
assert_eq 'counted' 3 "$(value "$count" <<<"$metrics")"
assert_eq 'within 100 ms' 2 "$(bucket 0.1 <<<"$metrics")"
assert_eq 'all' 3 "$(bucket +Inf <<<"$metrics")"
assert_matches 'seconds' '^0\.[1-9]' "$(value 'fpmd_request_duration_seconds_sum{pool="exported"}' <<<"$metrics")"
in_container systemctl reload fpmd@exported
fetch --output /dev/null http://exported.test/page.php
in_container kill -KILL "$(workers_of exported | head -n 1)"
metrics=$(scrape)
assert_eq 'counted on' 4 "$(value "$count" <<<"$metrics")"
assert_eq 'a crash' 1 "$(value 'fpmd_worker_exits_total{pool="exported",reason="crashed"}' <<<"$metrics")"

# --- beside the state
beside() {
	local metrics

	metrics=$(scrape)
	for state in draining wrong stale; do
		value "fpmd_state{pool=\"exported\",state=\"$state\"}" <<<"$metrics"
	done | tr '\n' ' '
}
file=$CONTAINER_ROOT/etc/fpmd/conf.d/exported.conf
assert_eq 'draining, wrong, stale' '0 0 0 ' "$(beside)"
in_container fpmctl drain exported
echo 'pm.max_requests = 7000' >>"$file"
assert_eq 'draining, wrong, stale' '1 0 1 ' "$(beside)"
in_container fpmctl undrain exported
echo 'nonsense = 1' >>"$file"
assert_eq 'draining, wrong, stale' '0 1 0 ' "$(beside)"
sed -i '/7000/d; /nonsense/d' "$file"

# --- restarts
restarts='fpmd_restarts_total{pool="exported"}'
assert_eq 'restarts' 0 "$(value "$restarts" <<<"$metrics")"
killed=$(manager_of exported)
in_container kill -KILL "$killed"
is_back() {
	[[ $(manager_of exported) != "$killed" ]] && fetch --output /dev/null http://exported.test/page.php
}
wait_for 5 is_back
assert_eq 'a killed manager' 1 "$(scrape | value "$restarts")"

# --- whoever asks more often costs the managers nothing
are_kept() {
	local before

	before=$(fetch "$url" | value 'fpmd_requests_total{pool="exported"}')
	fetch --output /dev/null http://exported.test/page.php
	[[ $(fetch "$url" | value 'fpmd_requests_total{pool="exported"}') == "$before" ]]
}
wait_for 10 are_kept

# --- formats
head_of() {
	fetch --dump-header - --output /dev/null "$@" | tr -d '\r'
}
assert_contains 'text' 'Content-Type: text/plain; version=0.0.4; charset=utf-8' "$(head_of $url)"
like_prometheus='Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
assert_contains 'OpenMetrics' 'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8' \
	"$(head_of --header "$like_prometheus" $url)"
assert_eq 'the end of OpenMetrics' '# EOF' "$(fetch --header "$like_prometheus" $url | tail -n 1)"
assert_contains 'HEAD' '200 OK' "$(fetch --head $url)"

# --- what is refused
assert_eq 'another path' 404 "$(fetch_status http://127.0.0.1:9253/)"
assert_eq 'POST' 405 "$(fetch_status --data x=1 $url)"
assert_contains 'what is allowed' 'Allow: GET, HEAD' "$(head_of --request DELETE $url)"
long=$(printf 'x%.0s' {1..20000})
assert_matches 'huge headers' '^(413|431)$' "$(fetch_status --header "X-Long: $long" $url)"
in_container python3 - <<'END' &
import socket, time
s = socket.create_connection(("127.0.0.1", 9253))
begin = time.monotonic()
try:
    for c in "GET /metrics HTTP/1.1\r\nHost: x\r\n" + "X-Slow: y\r\n" * 100:
        s.send(c.encode())
        time.sleep(0.3)
except OSError:
    pass
took = time.monotonic() - begin
assert 4 < took < 9, took
END
slow=$!

# --- nobody special
pid=$(unit_property fpmd-exporter.service MainPID)
status=$(in_container cat "/proc/$pid/status")
assert_matches 'its user' $'\nUid:\t'"$(in_container id -u fpmd-exporter)"$'\t' "$status"
assert_matches 'no capabilities' $'\nCapBnd:\t0+\n' "$status"
assert_matches 'no new privileges' $'\nNoNewPrivs:\t1\n' "$status"
assert_contains 'its network' lo "$(in_container nsenter --target "$pid" --net ip -oneline link)"
assert_eq 'its network' 1 "$(in_container nsenter --target "$pid" --net ip -oneline link | wc -l)"

# --- a manager that hangs
hung=$(manager_of other)
fetch --output /dev/null http://other.test/ || true
hung=$(manager_of other)
in_container kill -STOP "$hung"
sleep 1.1
begin=$(date +%s%N)
metrics=$(fetch $url)
took=$((($(date +%s%N) - begin) / 1000000))
again=''
for _ in 1 2 3; do
	sleep 1.1
	begin=$(date +%s%N)
	fetch --output /dev/null $url
	again+=" $((($(date +%s%N) - begin) / 1000000))"
done
in_container kill -CONT "$hung"
# shellcheck disable=SC2086  # numbers
assert_at_most 'milliseconds, when it has been silent before' 600 "$(median $again)"
assert_eq 'the one that hangs' 0 "$(value 'fpmd_up{pool="other"}' <<<"$metrics")"
assert_eq 'the others' 1 "$(value 'fpmd_up{pool="exported"}' <<<"$metrics")"
assert_at_most 'milliseconds' 2200 "$took"
assert_eq 'afterwards' 1 "$(scrape | value 'fpmd_up{pool="other"}')"
wait "$slow"

# --- 400 who connect and say next to nothing, for as long as they like, and come again when they are let go of
cat >"$CONTAINER_ROOT/srv/slow.py" <<'END'
import resource, select, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
end, peers = time.monotonic() + 9, []
n = 0
while time.monotonic() < end:
    while len(peers) < 400:
        peer = socket.create_connection(("127.0.0.1", 9253))
        peer.send(b"GET /metrics HTTP/1.1\r\n")
        peers.append(peer)
        n += 1
    gone = select.select(peers, [], [], 0.01)[0]
    for peer in gone:
        peer.close()
        peers.remove(peer)
print("slow connections: %d" % n)
END
in_container setpriv --reuid=65534 --regid=65534 --clear-groups python3 /srv/slow.py &
slow_crowd=$!
sleep 0.5
for _ in {1..20}; do
	took=$(in_container curl --silent --output /dev/null --max-time 5 --write-out '%{http_code} %{time_total}' "$url") ||
		fail "not served beside the slow ones: $took"
	[[ $took =~ ^'200 '[01]\. ]] || fail "served late beside the slow ones: $took"
	sleep 0.3
done
wait "$slow_crowd"

# --- 250 who ask and do not read: a page of 600 pools is there once for all of them
# shellcheck disable=SC2016
in_container sh -c 'for i in $(seq 600); do
	printf "[many%s]\nuser = alice\npm = ondemand\npm.max_children = 1\nlisten = 127.0.0.1:%s\n" "$i" $((20000 + i))
done >/etc/fpmd/conf.d/many.conf'
cat >"$CONTAINER_ROOT/srv/deaf.py" <<'END'
import re, socket, subprocess, time
peers = []
for _ in range(250):
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", 9253))
    peer.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    peers.append(peer)
time.sleep(2)
queued = re.findall(r"skmem:\S*,w(\d+)", subprocess.check_output(["ss", "-tmnH", "sport = :9253"], text=True))
assert len(queued) > 200, queued
print(sum(map(int, queued)) >> 20)
END
in_container systemctl restart fpmd-exporter.service
sleep 1.1
assert_at_most 'the kernel for them, MB' 60 \
	"$(in_container setpriv --reuid=65534 --regid=65534 --clear-groups python3 /srv/deaf.py)"
assert_contains 'beside them' 'fpmd_up{pool="many600"} 0' "$(fetch "$url")"
# shellcheck disable=SC2016
assert_at_most 'the exporter, MB' 40 \
	"$(in_container awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$(unit_property fpmd-exporter.service MainPID)/status")"
rm "$CONTAINER_ROOT/etc/fpmd/conf.d/many.conf"

# --- nobody asks; a unix socket
in_container systemctl stop fpmd-exporter.socket fpmd-exporter.service
drop_in socket <<'END'
[Socket]
ListenStream=
ListenStream=/run/fpmd-exporter.sock
ListenStream=127.0.0.1:9254
SocketMode=0666
END
drop_in service <<'END'
[Service]
ExecStart=
ExecStart=/usr/sbin/fpmd-exporter --idle-timeout=1
END
has_left() {
	[[ $(unit_property fpmd-exporter.service ActiveState) == inactive ]]
}
in_container systemctl start fpmd-exporter.socket
for _ in 1 2; do
	assert_contains 'by a unix socket' 'fpmd_up{pool="exported"} 1' \
		"$(fetch --unix-socket /run/fpmd-exporter.sock http://any/metrics)"
	assert_contains 'by the other' 'fpmd_up{pool="exported"} 1' "$(fetch http://127.0.0.1:9254/metrics)"
	wait_for 4 has_left
done
assert_eq 'how it left' success "$(unit_property fpmd-exporter.service Result)"
assert_eq 'its complaints' '' "$(in_container journalctl --quiet --output=cat --priority=warning --unit=fpmd-exporter.service)"

# --- without its user: one for this time, and all but the restarts
in_container systemctl stop fpmd-exporter.socket fpmd-exporter.service
in_container userdel fpmd-exporter
in_container systemctl start fpmd-exporter.socket
metrics=$(fetch --unix-socket /run/fpmd-exporter.sock http://any/metrics)
status=$(in_container cat "/proc/$(unit_property fpmd-exporter.service MainPID)/status")
in_container systemctl stop fpmd-exporter.socket fpmd-exporter.service
in_container systemd-sysusers fpmd.conf
assert_matches 'a user for this time' $'\nUid:\t6[0-9]{4}\t' "$status"
assert_eq 'its numbers' 1 "$(value 'fpmd_up{pool="exported"}' <<<"$metrics")"
