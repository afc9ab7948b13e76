#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves the floors of src/README.md with a few lines of grep: which folder may include which, that no files include each
# other in a circle, where PHP and the privileged calls may stand, and what the manager is linked with.
# Alone: srcdir=. builddir=. tests/check-layering.sh
set -eu
src=${srcdir:-.}/src
build=${builddir:-.}
passed=0
failed=0

# Each folder, and the folders that it may include beside itself. A folder that is not here may hold no source.
config='config config/directive config/value contract base'
floors="
base
contract:            base
ini:                 base
config/value:        contract base
config/directive:    config/value contract base
config:              config/directive config/value ini contract base
listen:              $config
manager/base:        $config
manager/spawn:       manager/base listen $config
manager/sockets:     manager/spawn manager/base listen $config
manager/workers:     manager/sockets manager/spawn manager/base listen $config
manager/requests:    manager/workers manager/sockets manager/spawn manager/base listen $config
manager/generation:  manager/requests manager/workers manager/sockets manager/spawn manager/base listen $config
manager/control:     manager/generation manager/requests manager/workers manager/sockets manager/spawn manager/base listen $config
manager:             manager/control manager/generation manager/requests manager/workers manager/sockets manager/spawn manager/base listen $config
php/trace:           $config
php/fastcgi:         $config
php/zygote:          php/trace $config
php/files:           php/fastcgi $config
php/log:             php/fastcgi php/zygote $config
php/pages:           php/fastcgi php/zygote $config
php/hooks:           php/files $config
php/hooks/opcache:   php/hooks $config
php/hooks/classes:   php/hooks/opcache php/hooks $config
php/engine:          php/hooks/classes php/hooks/opcache php/hooks php/log php/files php/pages php/fastcgi php/trace $config
php/resident:        php/engine php/hooks php/files php/fastcgi $config
php/worker/keepalive: $config
php/worker:          php/worker/keepalive php/resident php/engine php/log php/files php/pages php/fastcgi php/zygote php/trace $config
php:                 php/worker php/resident php/engine php/hooks php/log php/zygote php/trace $config
generator:           listen $config
fpmctl/pools:        $config
fpmctl/migrate:      fpmctl/pools ini $config
fpmctl:              fpmctl/migrate fpmctl/pools $config
exporter:            fpmctl/pools $config
agent:               exporter fpmctl/pools $config
"

ok() {
        passed=$((passed + 1))
        echo "ok - $1"
}

not_ok() {
        failed=$((failed + 1))
        echo "not ok - $1"
        echo "$2" | sed 's/^/#   /'
}

# prove TEXT FOUND: passes when nothing was found.
prove() {
        if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "$2"; fi
}

# absent TEXT PATTERN FILE...: passes when no line of code has it; comments may speak of it.
absent() {
        text=$1
        pattern=$2
        shift 2
        prove "$text" "$(grep -nHE "$pattern" "$@" | grep -vE ':[0-9]+: *(/?\*|//)' || :)"
}

# but PATH...: all .c files of src/ except those below these.
but() {
        names=$(printf '!  -path *src/%s ' "$@")
        # shellcheck disable=SC2086  # words
        (set -f && find "$src" -name '*.c' $names)
}

# "FILE INCLUDED" for each include of ours, without src/.
includes() {
        (cd "$src" && find . -name '*.[ch]' -exec grep -HoE '^#include "[^"]+"' {} +) |
                sed 's,^\./\([^:]*\):#include "\([^"]*\)",\1 \2,'
}

# The includes that the table does not allow.
above() {
        includes | FLOORS=$floors awk '
                function folder(path) { return path ~ "/" ? substr(path, 1, match(path, "/[^/]*$") - 1) : "." }
                BEGIN {
                        n = split(ENVIRON["FLOORS"], lines, "\n")
                        for (i = 1; i <= n; i++) {
                                k = split(lines[i], w, /[: ]+/)
                                for (j = 1; j <= k; j++) if (w[1] != "") may[w[1] " " w[j]] = 1
                        }
                }
                !(folder($1) " " folder($2) in may) { print $1 " includes " $2 }'
}

# Folders with sources that the table does not know.
unknown() {
        (cd "$src" && find . -name '*.[ch]') | sed 's,^\./,,; s,/[^/]*$,,' | sort -u | while read -r folder; do
                echo "$floors" | grep -qE "^$folder(:|\$)" || echo "$folder"
        done
}

# Folders with sources that src/README.md does not name.
undescribed() {
        (cd "$src" && find . -name '*.[ch]') | sed 's,^\./,,; s,/[^/]*$,,' | sort -u | while read -r folder; do
                grep -q "^|.*\`$folder/\`" "$src/README.md" || echo "$folder"
        done
}

# Files in a circle: a .c with its .h, and with its _internal.h, is one. tsort(1) names what it cannot order.
circles() {
        # shellcheck disable=SC2069  # what it says of them, not its output
        includes | sed -E 's/(_internal)?\.[a-z]+( |$)/\2/g' | awk '$1 != $2' | sort -u | tsort 2>&1 >/dev/null || :
}

# Folders of more than 20 modules.
crowded() {
        (cd "$src" && find . -name '*.c') | sed 's,/[^/]*$,,' | sort | uniq -c | awk '$1 > 20 { print $2 ": " $1 }'
}

prove "each folder is on a floor" "$(unknown)"
prove "src/README.md names each folder" "$(undescribed)"
prove "no include points to a floor above" "$(above)"
prove "no files include each other in a circle" "$(circles)"
prove "no folder has more than 20 modules" "$(crowded)"

# shellcheck disable=SC2046  # file names of ours have no blanks
{
        absent "PHP's headers stand in php/engine/, php/hooks/, php/resident/ and php/trace/php_* only" '#include <(php[._]|SAPI|Zend|ext/)' \
                $(find "$src" -name '*.[ch]' ! -path '*/php/engine/*' ! -path '*/php/hooks/*' ! -path '*/php/resident/*' ! -path '*/php/trace/php_*')
        absent "ids, root and capabilities change in manager/spawn/ only" \
                '\b(setres[ug]id|setre[ug]id|set[ug]id|setfs[ug]id|setgroups|initgroups|chroot|cap_set_proc|cap_drop_bound) ?\(' \
                $(but 'manager/spawn/*')
        absent "fork and exec stand in manager/spawn/, php/zygote/ and fpmctl/pools/program.c only" \
                '\b(v?fork|exec[vlpe]+|posix_spawnp?|system|popen) ?\(' \
                $(but 'manager/spawn/*' 'php/zygote/*' fpmctl/pools/program.c)
        absent "processes are signalled in manager/spawn/helper.c, manager/spawn/pool_signal.c and php/zygote/ only" \
                '\b(kill|killpg|tgkill|pidfd_send_signal|sd_event_source_send_child_signal) ?\(' \
                $(but manager/spawn/helper.c manager/spawn/pool_signal.c 'php/zygote/*')
        absent "base/, config/ and contract/ neither log nor exit" \
                '\b(fprintf ?\(stderr|printf|perror|syslog|sd_journal_[a-z]+|exit|_exit|abort) ?\(' \
                $(find "$src"/base "$src"/config "$src"/contract -name '*.c')
        absent "every fd is CLOEXEC from birth" \
                '\b(pipe|dup|accept|epoll_create|inotify_init) ?\(|\bsocket(pair)? ?\([^;]*SOCK_(STREAM|SEQPACKET|DGRAM|RAW),' \
                $(but none)
}

if [ -x "$build/fpmd" ]; then
        prove "the manager is linked with neither PHP nor libfcgi" "$(ldd "$build/fpmd" | grep -E 'libphp|libfcgi' || :)"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
