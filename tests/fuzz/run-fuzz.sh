#!/bin/sh
# SPDX-License-Identifier: MIT
# Searches for inputs that break a parser: libFuzzer with ASan and UBSan, from the corpus on, for each
# target in turn. An input that breaks one is left in fuzz-out/ and belongs into the corpus, with the
# repair.
#
#     make fuzz                                        ten minutes each
#     make fuzz FUZZ_TESTS=fuzz-fcgi FUZZ_SECONDS=60
#
# make gives the targets, and as arguments all that the compiler needs but for the target. The sources among them are
# compiled once, to a library: a target may have a function of its own in the place of one of them.
set -eu
src=${srcdir:-.}
seconds=${FUZZ_SECONDS:-600}

command -v clang >/dev/null || {
	echo "fuzz: clang is missing; Debian: apt install clang" >&2
	exit 69
}

flags="-g -O1 -fno-sanitize-recover=all"
library=fuzz-out/library.a
options='' sources='' libraries=''
for argument; do
	case $argument in
	*.c) sources="$sources $argument" ;;
	-l* | -L*) libraries="$libraries $argument" ;;
	*) options="$options $argument" ;;
	esac
done

mkdir -p fuzz-out
rm -f "$library"
for source in $sources; do
	object=fuzz-out/$(echo "${source#"$src"/}" | tr / -).o
	# shellcheck disable=SC2086  # words, as make has them
	clang $flags -fsanitize=fuzzer-no-link,address,undefined $options -c "$source" -o "$object"
	ar -cr "$library" "$object"
done

# shellcheck disable=SC2154  # from make
for target in $targets; do
	name=${target#fuzz-}
	mkdir -p "fuzz-out/$name"
	# shellcheck disable=SC2086
	clang $flags -fsanitize=fuzzer,address,undefined $options "$src/tests/fuzz/$target.c" "$library" $libraries \
		-o "fuzz-out/$target"
	"fuzz-out/$target" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="fuzz-out/$name." \
		"fuzz-out/$name" "$src/tests/fuzz/corpus/$name" 2>"fuzz-out/$name.log" || {
		tail -n 60 "fuzz-out/$name.log" >&2
		exit 1
	}
	echo "$target: nothing found in $seconds s," \
		"$(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz-out/$name.log") inputs"
done
