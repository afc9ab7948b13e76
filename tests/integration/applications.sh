# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# applications.sh: for the tests of an application with worker_script and without. Sourced after lib.sh.
#
# The test sets writable to the folders of the application that it writes to, and varying to what differs from one answer
# to the next, as further commands of sed -E.

# application NAME FOLDER [LINE…]: the folder beside the test is the site NAME, all of it behind public/index.php, served by
# a pool of that name with these lines.
application() {
	local root=$CONTAINER_ROOT/srv/www/$1 folder

	mkdir -p "$root"
	cp -r "$TEST_DIR/applications/$2/." "$root/"
	# shellcheck disable=SC2154  # the test's
	for folder in "${writable[@]}"; do
		mkdir -p "$root/$folder"
	done
	find "$root" -exec touch -d '1 hour ago' {} +
	chmod -R go+rX "$root"
	for folder in "${writable[@]}"; do
		chmod -R go+w "$root/$folder"
	done
	printf '%s\n' "${@:3}" | pool "$1"
	site "$1" "unix:/run/fpmd/$1.sock" "/srv/www/$1/public" \
		"fastcgi_param SCRIPT_FILENAME /srv/www/$1/public/index.php; fastcgi_param SCRIPT_NAME /index.php;"
}

# answer POOL PATH [curl option…]: headers too.
answer() {
	# shellcheck disable=SC2154  # the test's
	fetch --include "http://$1.test$2" "${@:3}" |
		sed -E "s/$1\.test/HOST/g; s/^(Date|Expires|Last-Modified): .*/\1: …/I; $varying"
}

# same PATH [curl option…]: the pool classic and the others answer alike; they are worker, if the test does not set others.
same() {
	local expected pool

	expected=$(answer classic "$@")
	for pool in "${others[@]:-worker}"; do
		assert_eq "$pool: $*" "$expected" "$(answer "$pool" "$@")"
	done
}

# visits: two visitors of the worker in turn, and a third, have their own session each.
visits() {
	local n visitor

	for n in 1 2 3 4; do
		for visitor in a b; do
			assert_eq "visitor $visitor" "n=$n" "$(visit "$visitor")"
		done
		[[ $n != 1 ]] || assert_eq "one request of another" 'n=1' "$(visit c)"
	done
}

visit() {
	fetch --cookie "/srv/jar-$1" --cookie-jar "/srv/jar-$1" http://worker.test/session
}

# reloads PATH N: three reloads of the worker under load lose none of more than N requests.
reloads() {
	load_begin "http://worker.test$1" 4 30
	for _ in 1 2 3; do
		sleep 1
		in_container systemctl reload fpmd@worker.service
	done
	sleep 1
	load_stop
	load_end "reloads" "$2"
}

# alone: one worker, so that requests come to the application that has answered the one before.
alone() {
	sed -i 's/^pm.max_children.*/pm.max_children = 1/' "$CONTAINER_ROOT/etc/fpmd/conf.d/worker.conf"
	in_container systemctl reload fpmd@worker.service
	fetch http://worker.test/served >/dev/null
}

# stays PATH, boots_again PATH: whether the application that has answered there serves the next request, too.
stays() {
	assert_eq "goes on behind $1" $(($(fetch http://worker.test/served) + 2)) "$(fetch "http://worker.test$1" >/dev/null; fetch http://worker.test/served)"
}
boots_again() {
	fetch http://worker.test/served >/dev/null
	fetch "http://worker.test$1" >/dev/null
	assert_eq "boots again behind $1" 1 "$(fetch http://worker.test/served)"
}
