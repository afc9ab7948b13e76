#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves that `make CONFIGURE_FLAGS=...` configures a tree once, and again when a flag is new: also flags with
# blanks in quotes. In a folder of its own with a configure that only writes down that it ran.
# Alone: srcdir=. tests/check-configure-flags.sh
set -eu
srcdir=${srcdir:-.}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
passed=0
failed=0

cp "$srcdir/GNUmakefile" "$tree"
cat >"$tree/configure" <<'END'
#!/bin/sh
echo run >>runs
{
        echo '#!/bin/sh'
        printf "echo \""
        for one; do printf "'%s' " "$one"; done
        echo '"'
} >config.status
chmod +x config.status
echo 'all clean: ;' >Makefile
END
chmod +x "$tree/configure"

# configures TIMES FLAGS: so often has configure run when make was called with them.
configures() {
        env -u MAKELEVEL -u MAKEFLAGS -u MFLAGS timeout 5 make -C "$tree" \
                PACKAGES=no CONFIGURE_FLAGS="$2" \
                >"$tree/log" 2>&1 || cat "$tree/log"
        runs=$(wc -l <"$tree/runs")
        if [ "$runs" -eq "$1" ]; then
                passed=$((passed + 1))
                echo "ok - $2: configured $1 times"
        else
                failed=$((failed + 1))
                echo "not ok - $2: configured $runs times, not $1"
        fi
}

configures 1 ''
configures 1 ''
configures 2 '--enable-a --enable-b'
configures 2 '--enable-a --enable-b'
configures 2 '--enable-b'
configures 3 "--enable-a CFLAGS='-O0 -g'"
configures 3 "--enable-a CFLAGS='-O0 -g'"
configures 3 '"CFLAGS=-O0 -g"'
configures 4 'CFLAGS=-O0'
configures 5 "CFLAGS='-O0 -g3'"
configures 5 "CFLAGS='-O0 -g3'"

echo "1..$((passed + failed))"
[ "$failed" -eq 0 ]
