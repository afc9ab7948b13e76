#!/bin/bash
# An application with a database: Debian's WordPress behind nginx, with MariaDB. Installation, log-in, a
# post by the REST API, an upload of which PHP makes thumbnails, addresses that nginx rewrites, and a
# visitor who reads and comments. And the same pages beside an application of worker_script in one pool, and with
# preload = auto.
# Time limit: 120 s

source "${BASH_SOURCE[0]%/*}/../lib.sh"

for part in share/wordpress/wp-load.php sbin/mariadbd "share/php$FPMD_TEST_PHP-mysql"; do
	in_container test -e "/usr/$part" ||
		skip "not all there; Debian: apt install wordpress php$FPMD_TEST_PHP-mysql mariadb-server-core"
done
enable_extensions mysqlnd mysqli xml dom gd

# The database.
database=/srv/mysql
in_container mariadb-install-db --no-defaults --user=root --datadir=$database --skip-test-db \
	--auth-root-authentication-method=normal >/dev/null 2>&1
echo 'CREATE DATABASE blog;' >"$CONTAINER_ROOT/srv/init.sql"
in_container systemd-run --quiet --collect --unit=fpmd-test-mariadb --property=Type=notify \
	mariadbd --no-defaults --user=root --datadir=$database --socket=/srv/mysql.sock --skip-networking \
	--skip-grant-tables --init-file=/srv/init.sql --innodb-flush-log-at-trx-commit=0 \
	--pid-file=/srv/mysql.pid

# The application, with a theme of a page, for Debian has those in other packages.
cat >"$CONTAINER_ROOT/etc/wordpress/config-blog.test.php" <<'END'
<?php
define('DB_NAME', 'blog');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:/srv/mysql.sock');
define('WP_DEFAULT_THEME', 'plain');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('FS_METHOD', 'direct');
END
content=$CONTAINER_ROOT/var/lib/wordpress/wp-content
mkdir -p "$content/themes/plain" "$content/uploads"
printf '/*\nTheme Name: plain\n*/\n' >"$content/themes/plain/style.css"
cat >"$content/themes/plain/index.php" <<'END'
<!DOCTYPE html>
<title><?php bloginfo('name'); ?></title>
<?php wp_head(); while (have_posts()) { the_post(); ?>
<h1><a href="<?php the_permalink(); ?>"><?php the_title(); ?></a></h1>
<?php the_content(); if (is_singular()) { comments_template(); } } wp_footer();
END
cat >"$content/themes/plain/comments.php" <<'END'
<?php wp_list_comments(); comment_form();
END
in_container chown -R www-data: /var/lib/wordpress/wp-content

write_pool blog <<-END
	user = www-data
	group = www-data
	pm = static
	pm.max_children = 2
END
write_pool mixed <<-END
	user = www-data
	group = www-data
	pm = static
	pm.max_children = 1
	worker_script = /srv/app.php
	worker_paths = /app.php
END
write_pool auto <<-END
	user = www-data
	group = www-data
	pm = static
	pm.max_children = 1
	preload = auto
END
cat >"$CONTAINER_ROOT/srv/app.php" <<'END'
<?php
$n = 0;
ini_set('precision', '3');
set_error_handler(fn () => true);
class WP {}
while (frankenphp_handle_request(function () use (&$n) { echo 'app ', ++$n; }));
END
cat >"$CONTAINER_ROOT/etc/nginx/sites-enabled/blog.conf" <<'END'
server {
	listen 127.0.0.1:80;
	server_name blog.test;
	root /usr/share/wordpress;
	index index.php;
	set $pool blog;
	if ($http_x_pool) {
		set $pool $http_x_pool;
	}
	location = /app.php {
		include fastcgi.conf;
		fastcgi_param SCRIPT_FILENAME /srv/app.php;
		fastcgi_pass unix:/run/fpmd/mixed.sock;
	}
	location / {
		try_files $uri $uri/ /index.php?$args;
	}
	location /wp-content/uploads {
		root /var/lib/wordpress;
	}
	location ~ \.php$ {
		include fastcgi.conf;
		fastcgi_pass unix:/run/fpmd/$pool.sock;
	}
}
END
echo '127.0.0.1 blog.test' >>"$CONTAINER_ROOT/etc/hosts"
start_nginx
wait_for 5 fetch --fail http://blog.test/wp-includes/js/dist/date.js
in_container systemctl start fpmd@blog.socket fpmd@mixed.socket fpmd@auto.socket

in_container python3 "$TOOLS/wordpress.py" http://blog.test

# WordPress cannot stay: a pool with worker_script serves it as any other pool does, and boots its application again.
answer() {
	fetch --include --header "X-Pool: $1" "http://blog.test$2" | sed -E 's/^Date: .*//'
}
for path in / '/?p=1' '/?feed=rss2' '/?s=sea' /none /wp-login.php '/index.php?rest_route=/wp/v2/posts' /wp-includes/version.php; do
	assert_eq "$path beside an application" "$(answer blog "$path")" "$(answer mixed "$path")"
	assert_eq "the application behind $path" 'app 1' "$(fetch http://blog.test/app.php)"
	assert_eq "the application again" 'app 2' "$(fetch http://blog.test/app.php)"
done
# What a request has autoloaded is there for the next one, and changes nothing.
for round in 1 2 3; do
	for path in / '/?p=1' '/?feed=rss2' '/?s=sea' /none /wp-login.php '/index.php?rest_route=/wp/v2/posts'; do
		assert_eq "$path with preload = auto, round $round" "$(answer blog "$path")" "$(answer auto "$path")"
	done
done
in_container systemctl stop fpmd-test-mariadb.service
