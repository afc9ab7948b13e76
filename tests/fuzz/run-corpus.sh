#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves that no file of the fuzz corpora crashes a parser: each goes through the target that found it.
# Alone: srcdir=. builddir=. tests/fuzz/run-corpus.sh
# To search for more: run-fuzz.sh.
set -eu
src=${srcdir:-.}/tests/fuzz/corpus
build=${builddir:-.}
passed=0
failed=0

for corpus in "$src"/*/; do
        name=$(basename "$corpus")
        if "$build/tests/fuzz/fuzz-$name" "$corpus"*; then
                echo "ok - $name: $(find "$corpus" -type f | wc -l) files"
                passed=$((passed + 1))
        else
                echo "not ok - $name"
                failed=$((failed + 1))
        fi
done

echo "$passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
