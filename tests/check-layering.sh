#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves the layering of src/README.md with a few lines of grep: who includes whom, where PHP and the
# privileged calls may stand, and what the manager is linked with.
# Alone: srcdir=. builddir=. tests/check-layering.sh
set -eu
src=${srcdir:-.}/src
build=${builddir:-.}
passed=0
failed=0

ok() {
        passed=$((passed + 1))
        echo "ok - $1"
}

not_ok() {
        failed=$((failed + 1))
        echo "not ok - $1"
        echo "$2" | sed 's/^/#   /'
}

# absent TEXT PATTERN FILE...: passes when no line of code has it; comments may speak of it.
absent() {
        text=$1
        pattern=$2
        shift 2
        found=$(grep -nHE "$pattern" "$@" | grep -vE ':[0-9]+: *(/?\*|//)' || :)
        if [ -z "$found" ]; then ok "$text"; else not_ok "$text" "$found"; fi
}

# but NAME... : all .c files of src/ except these.
but() {
        names=$(printf '!  -path */%s ' "$@")
        # shellcheck disable=SC2086  # words
        (set -f && find "$src" -name '*.c' $names)
}

# shellcheck disable=SC2046  # file names of ours have no blanks
{
        absent "shared/ includes only shared/" '#include "(manager|pool|generator|fpmctl|exporter)/' "$src"/shared/*.[ch]
        absent "manager/ includes only itself and shared/" '#include "(pool|generator|fpmctl|exporter)/' "$src"/manager/*.[ch]
        absent "pool/ includes only itself and shared/" '#include "(manager|generator|fpmctl|exporter)/' "$src"/pool/*.[ch]
        absent "generator/ includes only itself and shared/" '#include "(manager|pool|fpmctl|exporter)/' "$src"/generator/*.[ch]
        absent "PHP's headers stand in pool/php_* only" '#include <(php[._]|SAPI|Zend|ext/)' \
                $(find "$src" -name '*.[ch]' ! -path '*/pool/php_*')
        absent "ids, root and capabilities change in manager/privilege.c only" \
                '\b(setres[ug]id|setre[ug]id|set[ug]id|setfs[ug]id|setgroups|initgroups|chroot|cap_set_proc|cap_drop_bound) ?\(' \
                $(but manager/privilege.c)
        absent "fpmctl/ includes only itself and shared/" '#include "(manager|pool|generator|exporter)/' "$src"/fpmctl/*.[ch]
        absent "exporter/ includes only itself, shared/, and of fpmctl/ the pools and their metrics" \
                '#include "(manager|pool|generator)/|#include "fpmctl/[^mp]|#include "fpmctl/pool_' "$src"/exporter/*.[ch]
        absent "fork and exec stand in manager/spawn.c, manager/privilege.c, pool/zygote.c and fpmctl/checker.c only" \
                '\b(v?fork|exec[vlpe]+|posix_spawnp?|system|popen) ?\(' \
                $(but manager/spawn.c manager/privilege.c pool/zygote.c fpmctl/checker.c)
        absent "processes are signalled in manager/generation.c, manager/generation_orphans.c and pool/zygote.c only" \
                '\b(kill|killpg|tgkill|pidfd_send_signal|sd_event_source_send_child_signal) ?\(' \
                $(but manager/generation.c manager/generation_orphans.c pool/zygote.c)
        absent "shared/ neither logs nor exits" \
                '\b(fprintf ?\(stderr|printf|perror|syslog|sd_journal_[a-z]+|exit|_exit|abort) ?\(' "$src"/shared/*.c
        absent "every fd is CLOEXEC from birth" \
                '\b(pipe|dup|accept|epoll_create|inotify_init) ?\(|\bsocket(pair)? ?\([^;]*SOCK_(STREAM|SEQPACKET|DGRAM|RAW),' \
                $(but none)
}

if [ -x "$build/fpmd" ]; then
        found=$(ldd "$build/fpmd" | grep -E 'libphp|libfcgi' || :)
        if [ -z "$found" ]; then ok "the manager is linked with neither PHP nor libfcgi"
        else not_ok "the manager is linked with neither PHP nor libfcgi" "$found"; fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
