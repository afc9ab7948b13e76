#!/bin/sh
# SPDX-License-Identifier: MIT
# The unit tests that need PHP: each in the php-fpm of each version that an engine was built for. TAP.
# Alone: make php-tests && builddir=. tests/unit/php-tests.sh
set -u
n=0
failed=0

for test in "${builddir:-.}"/php/*/test-*; do
        case $test in
        *.so | *.tmp | *'*') continue ;;
        esac
        n=$((n + 1))
        version=${test%/*}
        if "$test"; then
                echo "ok $n - ${test##*/} in PHP ${version##*/}"
        else
                echo "not ok $n - ${test##*/} in PHP ${version##*/}"
                failed=$((failed + 1))
        fi
done

echo "1..$n"
[ "$failed" -eq 0 ] && [ "$n" -gt 0 ]
