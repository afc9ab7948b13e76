#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh DIRECTORY: page.html with style.css and script.js in their places as an array for C, and the
# Content-Security-Policy under which a browser runs these two, known by their hashes, and nothing else.
set -eu
export LC_ALL=C

hash() {
	sha256sum "$1" | cut -c 1-64 | tr a-f A-F | basenc --base16 --decode | base64
}

page() {
	sed -e "s|@STYLE@|\n&\n|; s|@SCRIPT@|\n&\n|" "$1/page.html" | awk -v dir="$1" '
		function put(file) { while ((getline line < file) > 0) printf "%s\n", line }
		/^@STYLE@$/ { put(dir "/style.css"); glue = 1; next }
		/^@SCRIPT@$/ { put(dir "/script.js"); glue = 1; next }
		{ if (NR > 1 && !glue && !open) printf "\n"; glue = 0; open = /<(style|script)>$/; printf "%s", $0 }
		END { printf "\n" }'
}

echo '/* Made by embed.sh. */'
echo 'static const char live_policy[] = "Content-Security-Policy: default-src '"'none'; connect-src 'self'; img-src data:; \""
echo "        \"script-src 'sha256-$(hash "$1/script.js")'; \""
echo "        \"style-src 'sha256-$(hash "$1/style.css")'; \""
echo "        \"base-uri 'none'; form-action 'none'; frame-ancestors 'none'\";"
echo 'static const unsigned char live_page[] = {'
page "$1" | od -An -v -tu1 | sed 's/  */,/g; s/^,//; s/$/,/'
echo '};'
