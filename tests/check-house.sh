#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves the sizes of STYLE: no file of src/ has more than 450 lines, no function more than 50, and no line of code more
# than 100 columns, but for texts, which clang-format does not break, and tables, which it leaves alone. Comments may
# have 120. And that the manual pages are what mdoc(7) says, and that src/README.md names files that exist.
# Alone: srcdir=. tests/check-house.sh
set -eu
src=${srcdir:-.}/src
passed=0
failed=0

# prove TEXT FOUND: passes when nothing was found.
prove() {
        if [ -z "$2" ]; then
                passed=$((passed + 1))
                echo "ok - $1"
        else
                failed=$((failed + 1))
                echo "not ok - $1"
                echo "$2" | sed 's/^/#   /'
        fi
}

sources() {
        find "$src" -name '*.[ch]' | sort
}

long_files() {
        (cd "$src" && find . -name '*.[ch]' -exec wc -l {} +) | awk '$2 != "total" && $1 > 450 { print $2 ": " $1 " lines" }'
}

# A function begins with the line at the margin that has its name, and ends with the next "}" at the margin.
# shellcheck disable=SC2016  # awk's variables
long_functions() {
        sources | xargs awk '
                FNR == 1 { start = 0 }
                /^[A-Za-z_].*\(/ && !/;$/ && !/^(typedef|struct|enum|union)/ && !/= *\{$/ { start = FNR; name = $0 }
                /;$/ && start == FNR - 1 { start = 0 }
                /^}/ {
                        if (start && FNR - start + 1 > 50) print FILENAME ":" start ": " FNR - start + 1 " lines: " name
                        start = 0
                }'
}

# In characters, whatever the locale: bytes that continue one in UTF-8 do not count.
# shellcheck disable=SC2016
long_lines() {
        sources | xargs awk '
                FNR == 1 { table = 0 }
                /clang-format off/ { table = 1 }
                /clang-format on/ { table = 0 }
                { line = $0; gsub(/[\200-\277]/, "", line); n = length(line) }
                n > 120 || n > 100 && !table && !/"|\/\*|^ *\*|^ \*/ { print FILENAME ":" FNR ": " n " columns" }'
}

# What mandoc warns of, where it is installed. Lines may be longer than the 80 bytes of its style.
faulty_pages() {
        ! command -v mandoc >/dev/null ||
                find "$src" -name '*.[1578]' -exec mandoc -Tlint -Wwarning {} + 2>/dev/null || :
}

# Files and folders that src/README.md names and that are not there.
lost_files() {
        # shellcheck disable=SC2016  # quotes of Markdown
        grep -oE '`[a-z_/*]+(\.[ch]|/)`' "$src/README.md" | tr -d '`' | sort -u | while read -r name; do
                [ -n "$(find "$src" -path "$src/${name%/}" -o -path "*/${name%/}" | head -n 1)" ] || echo "$name"
        done
}

# Functions that src/php/engine.ld puts together and that are not there: they would lie elsewhere, and nobody would see it.
lost_functions() {
        grep -oE '[(. ]\.text\.[a-z_]+[ )]' "$src/php/engine.ld" | sed 's/^.*\.text\.//; s/[ )]$//' | sort -u |
                while read -r name; do
                        grep -rqE "\b$name\(" "$src" --include='*.[ch]' || echo "$name"
                done
}

# The same of its files.
lost_objects() {
        grep -oE '[a-z_0-9]+\.o\(' "$src/php/engine.ld" | sed 's/\.o($//' | grep -v '^pthread_atfork$' | sort -u |
                while read -r name; do
                        [ -n "$(find "$src" -name "$name.c" | head -n 1)" ] || echo "$name.c"
                done
}

export LC_ALL=C
prove "no file has more than 450 lines" "$(long_files)"
prove "no function has more than 50 lines" "$(long_functions)"
prove "no line is too long" "$(long_lines)"
prove "the manual pages have no faults" "$(faulty_pages)"
prove "src/README.md names what is there" "$(lost_files)"
prove "src/php/engine.ld names what is there" "$(lost_functions; lost_objects)"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
