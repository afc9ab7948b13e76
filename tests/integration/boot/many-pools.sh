#!/bin/bash
# Many pools: a thousand broken pool files among a thousand good ones, of which the generator makes the good ones' units;
# sockets half of which cannot be opened, where the others listen; and the metrics of all that are at rest, for which none
# is woken. FPMD_TEST_POOLS is how many these are.
# Time limit: 300 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd
pools=${FPMD_TEST_POOLS:-40}

end_all() {
	in_container systemctl stop fpmd-exporter.socket fpmd-exporter.service fpmd-agent.socket fpmd-agent.service 'fpmd@*.socket' || true
}
trap end_all EXIT

# --- the generator
in_container python3 - <<'END'
import os
os.makedirs("/srv/many/conf.d")
os.makedirs("/srv/many/units")
broken = [
    b"[bad%d]\nuser = alice\nlisten = /run/fpmd/good%d.sock\x00\npm = static\n",
    b"[bad%d]\nuser = alice\npm = never\npm.max_children = -%d\nnonsense\n",
    b"[bad%d]\nlisten = \"/run/%d.sock\n",
    b"[bad%d\nlisten = /run/%d.sock\n",
    b"[bad%d]\ninclude = /srv/many/conf.d/bad%d.conf\n",
    b"[bad%d\xff\xfe]\nlisten = /run/b%d.sock\n",
    b"[bad%d ../x%%n]\nlisten = /run/b%d.sock\n",
    b"[" + b"x" * 300 + b"%d]\nlisten = /run/b%d.sock\n",
    b"[bad%d]\nsystemd.MemoryMax = '1G\nExecStart=/bin/true%d'\n",
    b"[bad%d]\nlisten = 300.1.2.3:99999%d\n",
]
for i in range(1000):
    with open("/srv/many/conf.d/good%d.conf" % i, "w") as f:
        f.write("[good%d]\nuser = alice\nlisten = /run/fpmd/g%d.sock\npm = ondemand\npm.max_children = 2\n" % (i, i))
    with open("/srv/many/conf.d/bad%d.conf" % i, "wb") as f:
        text = broken[i % len(broken)]
        f.write(text % (i, i))
END
begin=$EPOCHREALTIME
in_container sh -c '/usr/lib/systemd/system-generators/fpmd-generator /srv/many/units /srv/many/units /srv/many/units /srv/many/conf.d 2>/srv/many/said' ||
	fail 'the generator failed'
echo "generator, 1000 good and 1000 broken files: $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000)) ms"
many=$CONTAINER_ROOT/srv/many
for i in 0 1 499 999; do
	assert_contains "good$i" "ListenStream=/run/fpmd/g$i.sock" "$(<"$many/units/fpmd@good$i.socket.d/50-pool-file.conf")"
done
assert_eq 'the good ones' 1000 "$(find "$many/units" -path '*/fpmd@good*.socket.d/50-pool-file.conf' | wc -l)"
assert_eq 'nothing of a broken value' '' "$(grep -rlE 'ExecStart=/bin/true|^ListenStream=300|%n' "$many/units" || :)"
assert_eq 'no odd names' '' "$(find "$many/units" -mindepth 1 -maxdepth 1 | grep -vE '/fpmd(@(good|bad)[0-9]+\.(socket|service)\.d|-folder(-33)?\.service)$' || :)"
assert_contains 'with the place of a mistake' '/srv/many/conf.d/bad1.conf' "$(grep -a bad1.conf "$many/said" | head -n 1) $(head -c 300 "$many/said")"
begin=$EPOCHREALTIME
assert_eq 'fpmctl list: right; of the broken ones' '1000 0' "$(in_container fpmctl --conf-dir=/srv/many/conf.d list --json |
	in_container python3 -c 'import json, sys
pools = json.load(sys.stdin)
print(*(sum(p["pool"].startswith(kind) and p["file_state"] == "ok" for p in pools) for kind in ("good", "bad")))')"
echo "fpmctl list of them: $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000)) ms"
in_container fpmctl --conf-dir=/srv/many/conf.d check good999
said=$(in_container fpmctl --conf-dir=/srv/many/conf.d check bad1 2>&1) && fail 'a broken one is right'
assert_eq 'only of itself' '' "$(grep -v 'conf.d/bad1.conf:' <<<"$said" || true)"

# Each is compared with all others, which are read once: it took minutes when each read them for itself.
begin=$EPOCHREALTIME
in_container fpmctl --conf-dir=/srv/many/conf.d check --json >"$many/checked" && fail 'all of them are right'
took=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
echo "fpmctl check of them: $took ms"
assert_at_most 'milliseconds of fpmctl check' 30000 "$took"
assert_eq 'fpmctl check of all: right, wrong' '1000 0 700' "$(python3 -c 'import json, sys
pools = json.load(open(sys.argv[1]))
print(*(sum(p["pool"].startswith(kind) and p["good"] for p in pools) for kind in ("good", "bad")), sum(not p["good"] for p in pools))' "$many/checked")"
assert_eq 'the same of one of them' "$said" "$(python3 -c 'import json, sys
print(*(line for p in json.load(open(sys.argv[1])) if p["pool"] == "bad1" for line in p["messages"]), sep="\n")' "$many/checked")"
said=$(in_container fpmd --conf-dir=/srv/many/conf.d --test good1 bad1 nonesuch 2>/dev/null) && fail 'fpmd --test of three'
assert_eq 'fpmd --test of three' '[good1] 0 [bad1] 78 [nonesuch] 66' "$(grep '^\[' <<<"$said" | tr '\n' ' ' | sed 's/ $//')"
rm -r "$many"

# --- sockets that cannot be opened
in_container python3 - "$pools" <<'END'
import sys
for i in range(int(sys.argv[1])):
    # an address of nobody's, which FreeBind= cannot have either, for every other one
    listen = "/run/fpmd/many%d.sock" % i if i % 2 == 0 else "/proc/none/many%d.sock" % i
    with open("/etc/fpmd/conf.d/many%d.conf" % i, "w") as f:
        f.write("[many%d]\nuser = alice\nlisten = %s\npm = ondemand\npm.max_children = 2\n" % (i, listen))
END
in_container systemctl daemon-reload
begin=$EPOCHREALTIME
# shellcheck disable=SC2016
in_container sh -c 'i=0; while [ $i -lt "$1" ]; do set -- "$@" "fpmd@many$i.socket"; i=$((i + 1)); done; shift; systemctl start "$@"' sh "$pools" 2>/dev/null &&
	fail 'all sockets are open'
echo "$pools sockets: $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000)) ms"
assert_eq 'the others listen' $(((pools + 1) / 2)) "$(in_container systemctl list-units --plain --no-legend --state=active 'fpmd@many*.socket' | wc -l)"
assert_eq 'these have failed' $((pools / 2)) "$(in_container systemctl list-units --plain --no-legend --state=failed 'fpmd@many*.socket' | wc -l)"

# --- metrics of pools at rest
for ((i = 1; i < pools; i += 2)); do sed -i "s,^listen.*,listen = /run/fpmd/many$i.sock," "$CONTAINER_ROOT/etc/fpmd/conf.d/many$i.conf"; done
in_container systemctl daemon-reload
in_container systemctl reset-failed 'fpmd@many*'
# shellcheck disable=SC2016
in_container sh -c 'i=0; while [ $i -lt "$1" ]; do set -- "$@" "fpmd@many$i.socket"; i=$((i + 1)); done; shift; systemctl start "$@"' sh "$pools"
in_container systemctl start fpmd-exporter.socket fpmd-agent.socket
times=()
for _ in 1 2 3 4 5; do
	times+=("$(in_container curl --silent --output /srv/metrics --write-out '%{time_total}\n' http://127.0.0.1:9253/metrics | tr -d .)")
	sleep 1.1
done
metrics=$(<"$CONTAINER_ROOT/srv/metrics")
assert_eq 'all are there' "$pools" "$(grep -c '^fpmd_state{pool="many[0-9]*",state="listening"} 1' <<<"$metrics")"
assert_eq 'all are up' "$pools" "$(grep -c '^fpmd_up{pool="many[0-9]*"} 1' <<<"$metrics")"
echo "/metrics of $pools pools at rest, microseconds: ${times[*]}"
for i in 0 1 $((pools - 1)); do
	# shellcheck disable=SC2016
	assert_matches 'the agent' '^up ready' "$(in_container bash -c 'exec 3<>/dev/tcp/127.0.0.1/9254; echo "$1" >&3; cat <&3' bash "many$i")"
done
in_container fpmctl ping --all >/dev/null
in_container fpmctl list >/dev/null
assert_eq 'none is woken' '' "$(in_container systemctl list-units --plain --no-legend --state=active,activating 'fpmd@many*.service')"
