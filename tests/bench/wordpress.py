# SPDX-License-Identifier: MIT
"""WordPress as Debian packages it, with MariaDB: a page of an application with a database."""
import functools
import os
import shutil

from cases import case
from machine import BenchError, command, enable_extensions, write

WORDPRESS = "/usr/share/wordpress"
CONTENT = "/var/lib/wordpress/wp-content"
DATABASE = "/srv/mysql"
# WordPress sends whoever asks for index.php itself on to "/".
FRONT = f"fastcgi_param SCRIPT_FILENAME {WORDPRESS}/index.php; fastcgi_param SCRIPT_NAME /index.php;"
EXTENSIONS = ("mysqlnd", "mysqli", "xml", "dom", "gd")
PHP = os.environ.get("FPMD_TEST_PHP", "")

CONFIG = """<?php
define('DB_NAME', 'blog');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:/srv/mysql.sock');
define('WP_DEFAULT_THEME', 'plain');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']);
define('WP_SITEURL', WP_HOME);
"""

THEME = """<!DOCTYPE html>
<title><?php bloginfo('name'); ?></title>
<?php wp_head(); while (have_posts()) { the_post(); ?>
<h1><a href="<?php the_permalink(); ?>"><?php the_title(); ?></a></h1>
<?php the_content(); } wp_footer();
"""

INSTALL = """<?php
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = '127.0.0.1';
define('WP_INSTALLING', true);
require '/usr/share/wordpress/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Blog of the bench', 'admin', 'admin@example.org', true, '', 'open sesame');
for ($n = 0; $n < 10; $n++)
	wp_insert_post(['post_title' => "Part $n", 'post_status' => 'publish', 'post_author' => 1,
		'post_content' => str_repeat("<p>A <strong>page</strong> with a <a href='/'>link</a>.</p>\\n\\n", 20)]);
"""


def start_mariadb():
    command("mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={DATABASE}", "--skip-test-db",
            "--auth-root-authentication-method=normal")
    write("/srv/init.sql", "CREATE DATABASE blog;\n")
    command("systemd-run", "--quiet", "--collect", "--unit=bench-mariadb", "--property=Type=notify", "mariadbd",
            "--no-defaults", "--user=root", f"--datadir={DATABASE}", "--socket=/srv/mysql.sock", "--skip-networking",
            "--skip-grant-tables", "--init-file=/srv/init.sql", "--innodb-flush-log-at-trx-commit=0",
            "--pid-file=/srv/mysql.pid")


@functools.cache
def lacks_wordpress():
    """Installs it, with ten posts."""
    for part in f"{WORDPRESS}/wp-load.php", "/usr/sbin/mariadbd", f"/usr/share/php{PHP}-mysql":
        if not os.path.exists(part):
            return f"Debian's packages wordpress, php{PHP}-mysql, mariadb-server-core are not all there"
    try:
        enable_extensions(*EXTENSIONS)
        start_mariadb()
        for host in "default", "127.0.0.1":
            write(f"/etc/wordpress/config-{host}.php", CONFIG)
        shutil.rmtree(f"{CONTENT}/themes/plain", ignore_errors=True)
        write(f"{CONTENT}/themes/plain/style.css", "/*\nTheme Name: plain\n*/\n")
        write(f"{CONTENT}/themes/plain/index.php", THEME)
        write("/srv/install.php", INSTALL)
        command(f"php{PHP}", "/srv/install.php", timeout=120)
    except (BenchError, OSError) as error:
        return str(error)
    return ""


# Behind all others: its extensions are loaded by both sides from then on.
WORDPRESS_ROWS = [
    case(
        "wordpress",
        "WordPress front page",
        page="",
        expect="Part 9",
        nginx=FRONT,
        root=WORDPRESS,
        lacks=lacks_wordpress,
        rounds=7,
    )
]
