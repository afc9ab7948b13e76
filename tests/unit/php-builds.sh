#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds against headers that are not quite those of the program: another patch level runs, another layout, a build for
# debugging and one for threads are refused in words. TAP, for each PHP that an engine was built for.
# Alone: make && srcdir=. builddir=. tests/unit/php-builds.sh
set -u
srcdir=${srcdir:-.}
builddir=$(cd "${builddir:-.}" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
n=0
failed=0

of_makefile() {
        sed -n "s/^$1 = *//p" "$builddir/Makefile" | head -n 1
}

# fake_headers PHP-CONFIG FILE SED-SCRIPT: these headers with that changed, and a php-config for them
fake_headers() {
        rm -rf "$tree/headers"
        cp -RL "$("$1" --include-dir)" "$tree/headers"
        sed -i "$3" "$tree/headers/$2"
        {
                echo '#!/bin/sh'
                # shellcheck disable=SC2016
                echo 'case $1 in'
                echo "--includes) echo $(for dir in '' main TSRM Zend ext ext/date/lib; do
                        echo "-I$tree/headers/$dir"; done | xargs) ;;"
                echo "*) exec $1 \"\$1\" ;;"
                echo 'esac'
        } >"$tree/php-config"
        chmod +x "$tree/php-config"
}

says() {
        n=$((n + 1))
        if printf '%s\n' "$3" | grep -qE "$2"; then
                echo "ok $n - $1"
        else
                failed=$((failed + 1))
                echo "not ok $n - $1"
                echo "# $3"
        fi
}

# pairing: what an engine of the fake headers says in the program
pairing() {
        # shellcheck disable=SC2046,SC2086
        $(of_makefile CC) -shared -fPIC -Wl,-Bsymbolic -I"$builddir" -I"$srcdir/src" $("$tree/php-config" --includes) \
                -o "$tree/engine.so" "$srcdir/tests/unit/php-builds-main.c" "$srcdir/src/php/engine/php_pairing.c" 2>&1 &&
                FPMD_ENGINE=$tree/engine.so LD_PRELOAD=$builddir/preload.so$(of_makefile SANITIZER_PRELOAD) "$1" --fpmd 2>&1
}

# A configured tree cannot be the source of another.
configure() {
        mkdir -p "$tree/source/src/manager"
        cp -R "$srcdir/configure" "$srcdir/build-aux" "$srcdir/config.h.in" "$srcdir/Makefile.in" "$tree/source"
        : >"$tree/source/src/manager/main.c"
        (cd "$tree/source" && ./configure --with-php="$tree/php-config" 2>&1)
}

for side in $(of_makefile PHP_SIDES); do
        version=${side%%:*}
        program=${side##*:}
        config=${side#*:}
        config=${config%:*}

        fake_headers "$config" main/php_version.h \
                's/^#define PHP_RELEASE_VERSION .*/#define PHP_RELEASE_VERSION 99/; s/^#define PHP_VERSION .*/#define PHP_VERSION "'"$version"'.99"/'
        says "PHP $version, headers of another patch level" '^it fits$' "$(pairing "$program")"

        fake_headers "$config" Zend/zend_globals.h 's/^struct _zend_executor_globals {/& char added[64];/'
        says "PHP $version, headers with another layout" \
                "^this engine was built for PHP $version\..*, where executor_globals has [0-9]+ bytes, and in the program it has [0-9]+\$" \
                "$(pairing "$program")"

        fake_headers "$config" main/php_config.h 's/^#define ZEND_DEBUG .*/#define ZEND_DEBUG 1/'
        says "PHP $version, headers for debugging" 'with debugging, and the program is built without$' "$(pairing "$program")"

        fake_headers "$config" main/php_config.h 's,^/\* #undef ZTS \*/,#define ZTS 1,'
        says "PHP $version, headers for threads, configure" 'this PHP is built for threads \(ZTS\)' "$(configure)"
done

echo "1..$n"
[ "$failed" -eq 0 ] && [ "$n" -gt 0 ]
