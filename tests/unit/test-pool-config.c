/* SPDX-License-Identifier: MIT */
/* Proves that a pool file is read as php-fpm means it, or refused with file, line and what would be
 * right. */

#include <unistd.h>

#include "pool-config.h"

START_TEST(the_least) {
        PoolConfig *config = parse(minimal, 0);

        ck_assert_str_eq(reports.text, "");
        ck_assert_str_eq(config->name, "www");
        ck_assert_str_eq(config->file, "www.conf");
        ck_assert_uint_eq(config->pm, PM_STATIC);
        ck_assert_uint_eq(config->max_children, 5);
        ck_assert_ptr_null(config->user);
        ck_assert_uint_eq(config->listen.n_items, 0);
        ck_assert_uint_eq(pool_config_line_of(config, "pm.max_children"), 3);
        ck_assert_uint_eq(pool_config_line_of(config, "PM"), 2);
        ck_assert_uint_eq(pool_config_line_of(config, "user"), 0);
        ck_assert_uint_eq(pool_config_line_of(config, "nonsense"), 0);
        pool_config_free(config);
}
END_TEST

/* The lines of Debian's php8.2-fpm pool.d/www.conf that are no comments, as they are. */
START_TEST(the_file_of_debian) {
        PoolConfig *config = parse("; Start a new pool named 'www'.\n"
                                   "[www]\n"
                                   ";prefix = /path/to/pools/$pool\n"
                                   "user = www-data\n"
                                   "group = www-data\n"
                                   "listen = /run/php/php8.2-fpm.sock\n"
                                   "listen.owner = www-data\n"
                                   "listen.group = www-data\n"
                                   "pm = dynamic\n"
                                   "pm.max_children = 5\n"
                                   "pm.start_servers = 2\n"
                                   "pm.min_spare_servers = 1\n"
                                   "pm.max_spare_servers = 3\n"
                                   ";php_admin_value[memory_limit] = 32M\n",
                        0);

        ck_assert_str_eq(reports.text, "");
        ck_assert_str_eq(config->user, "www-data");
        ck_assert_str_eq(config->listen.items[0].value, "/run/php/php8.2-fpm.sock");
        ck_assert_uint_eq(config->pm, PM_DYNAMIC);
        ck_assert_uint_eq(config->start_servers, 2);
        pool_config_free(config);
}
END_TEST

START_TEST(the_file_on_this_machine) {
        static const char path[] = "/etc/php/8.2/fpm/pool.d/www.conf";
        PoolConfig *config = NULL;

        if (access(path, R_OK) < 0)
                return;

        reports = (Reports){};
        ck_assert_int_eq(pool_config_load(&config, "www", path, record, &reports), 0);
        pool_config_free(config);
}
END_TEST

START_TEST(the_default_pool) {
        const char *srcdir = getenv("srcdir");
        PoolConfig *config = NULL;
        char path[4096];

        snprintf(path, sizeof(path), "%s/conf.d/www.conf", srcdir ? srcdir : ".");
        reports = (Reports){};
        ck_assert_int_eq(pool_config_load(&config, "www", path, record, &reports), 0);
        ck_assert_str_eq(reports.text, "");
        ck_assert_str_eq(config->user, "www-data");
        ck_assert_uint_eq(config->listen.n_items, 0);
        pool_config_free(config);
}
END_TEST

START_TEST(sections) {
        pool_config_free(
                        parse("log_level = debug\n[GLOBAL]\nlog_level = error\n[WWW]\npm = static\n"
                              "[Global]\n[www]\npm.max_children = 1",
                                        0));
        refused("[web]\npm = static\n", ": there is no section [www], which is this pool's");
        refused("", ": there is no section [www], which is this pool's");
        refused("[global]\n", ": there is no section [www], which is this pool's");
        refused("pm = static\n", ":1: pm: belongs to the pool, put it below [www]");
        refused("[www]\nlog_level = debug\n", ":2: log_level: belongs into [global]");
        refused("[www\n", ":1: a [ is not closed with ]");
}
END_TEST

/* Each once, and nothing that only follows from another. */
START_TEST(several_mistakes) {
        refused("[www]\nuser www-data\npm = dynamic\npm.max_children = many\nfrobnicate = 1\n"
                "pm.min_spare_servers = 7\npm.max_spare_servers = 6\nenv[A] = 'x\n"
                "ping.path = /same\npm.status_path = /same\nrequest_slowlog_timeout = 9\n"
                "request_terminate_timeout = 3\nprefix = srv\nlisten = x.sock\n",
                        ":2: 'user www-data': there is no =, write user = www-data\n"
                        "<3> www.conf:4: pm.max_children: 'many' is not a whole number\n"
                        "<3> www.conf:5: frobnicate: there is no such directive\n"
                        "<3> www.conf:8: a ' is not closed on this line\n"
                        "<3> www.conf:13: prefix: 'srv' does not start with /\n"
                        "<3> www.conf:9: ping.path: is pm.status_path too, write a path of its "
                        "own\n"
                        "<3> www.conf:11: request_slowlog_timeout: is above "
                        "request_terminate_timeout, which ends the request first");

        /* no section */
        refused("user = www-data\npm = static\npm.max_children = 0\n",
                        ":1: user: belongs to the pool, put it below [www]\n"
                        "<3> www.conf:3: pm.max_children: 0 is below 1");
        refused("[www\npm = static\npm.max_children = 1\nchroot = jail\n",
                        ":1: a [ is not closed with ]\n"
                        "<3> www.conf:2: pm: belongs to the pool, put it below [www]");
        refused("[global]\npm = static\nlog_level = loud\n[www]\npm = static\n",
                        ":2: pm: belongs to the pool, put it below [www]\n"
                        "<3> www.conf:3: log_level: 'loud' is not a log level: write debug, notice, warning, "
                        "error or alert");

        /* paths, addresses */
        refused_more("chroot = jail\nslowlog = slow\n",
                        ":4: chroot: 'jail' is not an absolute path, and there is no prefix\n"
                        "<3> www.conf:5: slowlog: 'slow' is not an absolute path, and there is no prefix");
        refused_more("chroot = jail\nslowlog = slow\nlisten = 0\n",
                        ":6: listen: '0' is not a port from 1 to 65535\n"
                        "<3> www.conf:4: chroot: 'jail' is not an absolute path, and there is no prefix\n"
                        "<3> www.conf:5: slowlog: 'slow' is not an absolute path, and there is no prefix");

        /* right in the end */
        refused("[www]\npm = sometimes\npm = static\npm.max_children = 1\n",
                        ":2: pm: 'sometimes' is not a process manager: write auto, static, dynamic "
                        "or ondemand");
}
END_TEST

START_TEST(wrong_lines) {
        refused_before("pm.max_children = 0\n", ":2: pm.max_children: 0 is below 1");
        refused_before("pm.max_childern = 5\n",
                        ":2: pm.max_childern: there is no such directive, is it pm.max_children?");
        refused_before("frobnicate = 5\n", ":2: frobnicate: there is no such directive");
        refused_before("enf[X] = 5\n", ":2: enf: there is no such directive, is it env[]?");
        refused_before("env = 5\n", ":2: env: needs brackets, write key[NAME] = value");
        refused_before("user[x] = 5\n", ":2: user: takes no name in brackets");
        refused_before("\n# x\n", ":3: # does not start a comment here, write ; instead");
        refused_before("pm static\n", ":2: 'pm static': there is no =, write pm = static");
        refused_before("pm = sometimes\n", ":2: pm: 'sometimes' is not a process manager: write "
                                           "auto, static, dynamic or ondemand");
        refused_before("pm.max_requests = off\n",
                        ":2: pm.max_requests: 'off' is not a whole number");
        refused_before("pm.max_requests = yes\n",
                        ":2: pm.max_requests: 'yes' is not a whole number");
        refused_before("request_terminate_timeout = 500ms\n",
                        ":2: request_terminate_timeout: '500ms' is not a time: write a whole "
                        "number "
                        "with s, m, h or d behind it, such as 10s, or 0");
        refused_before("env[X] = no\n",
                        ":2: env[X]: is empty, an unquoted word such as no or off means that; put it "
                        "in quotes");
        refused_before("evil\033 = 1\n", ":2: evil?: there is no such directive");
}
END_TEST

START_TEST(every_wrong_line_is_told) {
        char many[4096] = "[www]\n";

        parse("[www]\nfrobnicate = 1\npm = sometimes\nno value\npm.max_children = 0\n", -EINVAL);
        ck_assert_uint_eq(reports.n_errors, 4);
        ck_assert_ptr_nonnull(strstr(reports.text, "www.conf:2: frobnicate: there is no such"));
        ck_assert_ptr_nonnull(strstr(reports.text, "www.conf:3: pm: "));
        ck_assert_ptr_nonnull(strstr(reports.text, "www.conf:4: 'no value': there is no ="));
        ck_assert_ptr_nonnull(strstr(reports.text, "www.conf:5: pm.max_children: "));

        /* Nothing is said of what follows from a mistake, and no more than somebody would read. */
        ck_assert_ptr_null(strstr(reports.text, "is not set"));
        for (int i = 0; i < 100; i++)
                strcat(many, "frobnicate = 1\n");
        parse(many, -EINVAL);
        ck_assert_uint_eq(reports.n_errors, 20);
}
END_TEST

START_TEST(what_has_no_effect_is_said) {
        PoolConfig *config =
                        parse("error_log = /var/log/x\ndaemonize = no\nprocess.max = 9\n[www]\n"
                              "pm = static\npm.max_children = 5\nlisten.setfib = 1\n",
                                        0);

        ck_assert_str_eq(reports.text,
                        "<5> www.conf:1: error_log: has no effect here: messages go to the "
                        "journal: "
                        "journalctl -u fpmd@POOL\n"
                        "<5> www.conf:2: daemonize: has no effect here: systemd starts the "
                        "manager, "
                        "which always stays in the foreground\n"
                        "<4> www.conf:7: listen.setfib: has no effect here: routing tables of "
                        "sockets exist on BSD systems only; BindToDevice= in the socket unit may be of use\n");
        pool_config_free(config);
        refused("daemonize = maybe\n", ":1: daemonize: 'maybe' is neither yes nor no");
        refused("log_limit = 100\n", ":1: log_limit: 100 is below 512");
}
END_TEST

static void levels_are(const char *php, const char *level, const char *without) {
        char text[512];
        PoolConfig *config;

        snprintf(text, sizeof(text),
                        "env[A] = \"$pool \" E_ALL\nphp_value[error_reporting] = E_ALL & ~E_NOTICE\n"
                        "php_admin_flag[a] = !!E_ALL\nprefix = /srv\nphp_value[error_log] = E_ALL\n%s",
                        php);
        config = parse_more(text, 0);
        ck_assert_str_eq(strchr(config->env.items[0].value, ' ') + 1, level);
        ck_assert_int_eq(strncmp(config->env.items[0].value, "www ", 4), 0);
        ck_assert_str_eq(config->php_values.items[0].value, without);
        ck_assert_str_eq(config->php_values.items[1].value, "1");
        ck_assert_str_eq(strrchr(config->php_values.items[2].value, '/') + 1, level);
        ck_assert_int_eq(strncmp(config->php_values.items[2].value, "/srv/", 5), 0);
        pool_config_free(config);
}

/* Also where the version comes behind it. */
START_TEST(e_all_is_that_of_the_php) {
        levels_are("", "32767", "32759");
        levels_are("php = 8.2\n", "32767", "32759");
        levels_are("php = 8.4\n", "30719", "30711");
        levels_are("php = 8.10\n", "30719", "30711");
}
END_TEST

START_TEST(pool_is_expanded) {
        PoolConfig *config = parse_more("user = $pool\nenv[A] = x$poolx$pool\n"
                                        "php_value[a] = '/$pool'\nlisten = /run/$pool.sock\n",
                        0);

        ck_assert_str_eq(config->user, "www");
        ck_assert_str_eq(config->env.items[0].value, "xwwwxwww");
        ck_assert_str_eq(config->php_values.items[0].value, "/www");
        ck_assert_str_eq(config->listen.items[0].value, "/run/www.sock");
        pool_config_free(config);
}
END_TEST

START_TEST(environment_is_expanded) {
        PoolConfig *config;

        setenv("FPMD_TEST", "value", 1);
        setenv("FPMD_LINES", "/run/x\nExecStart=evil", 1);
        config = parse_more("env[A] = ${FPMD_TEST}\nenv[B] = \"$HOME\"\n", 0);
        ck_assert_str_eq(config->env.items[0].value, "value");
        ck_assert_str_eq(config->env.items[1].value, "$HOME"); /* for the manager */
        pool_config_free(config);
        refused_more("listen = ${FPMD_LINES}\n", ":4: listen: contains a control character");
        refused_more("env[A] = ${FPMD_LINES}\n", ":4: env[A]: contains a control character");
        refused_more("env[A] = \"a\tb\"\n", ":4: env[A]: contains a control character");
        refused_more("env[A\x01] = b\n", ":4: env[A?]: contains a control character");
}
END_TEST

START_TEST(what_comes_twice) {
        PoolConfig *config = parse_more("PM.MAX_CHILDREN = 7\nlisten = 9000\nlisten = [::1]:9001\n"
                                        "[www]\nlisten = localhost:9002\n",
                        0);

        ck_assert_uint_eq(config->max_children, 7);
        ck_assert_uint_eq(pool_config_line_of(config, "pm.max_children"), 4);
        ck_assert_uint_eq(config->listen.n_items, 3);
        ck_assert_str_eq(config->listen.items[1].value, "[::1]:9001");
        ck_assert_uint_eq(config->listen.items[2].line, 8);
        pool_config_free(config);
}
END_TEST

/* php-fpm 8.2.36 applies its lists from their end; disable_functions and extension add up. */
START_TEST(the_first_php_value_counts) {
        PoolConfig *config =
                        parse_more("php_value[memory_limit] = 64M\nphp_value[memory_limit] = 96M\n"
                                   "php_flag[memory_limit] = on\n"
                                   "php_admin_value[memory_limit] = 1M\n"
                                   "php_admin_value[extension] = a\n"
                                   "php_admin_value[extension] = b\nenv[A] = 1\nenv[A] = 2\n",
                                        0);

        ck_assert_str_eq(reports.text,
                        "<4> www.conf:5: php_value: memory_limit was set in www.conf:4, which counts "
                        "as "
                        "in php-fpm\n"
                        "<4> www.conf:6: php_flag: memory_limit was set in www.conf:4, which counts as "
                        "in php-fpm\n"
                        "<4> www.conf:11: env: A was set in www.conf:10, which counts as in php-fpm\n");
        ck_assert_uint_eq(config->php_values.n_items, 4);
        ck_assert_str_eq(config->php_values.items[0].value, "64M");
        ck_assert_int_eq(config->php_values.items[1].kind, SETTING_PHP_ADMIN_VALUE);
        ck_assert_uint_eq(config->env.n_items, 1);
        ck_assert_uint_eq(pool_config_line_of(config, "php_admin_value[memory_limit]"), 7);
        ck_assert_uint_eq(pool_config_line_of(config, "php_admin_value[extension]"), 8);
        ck_assert_uint_eq(pool_config_line_of(config, "php_admin_value[x]"), 0);
        ck_assert_uint_eq(pool_config_line_of(config, "env[A]"), 10);
        ck_assert_uint_eq(pool_config_line_of(config, "php_value[]"), 4);
        pool_config_free(config);
}
END_TEST

START_TEST(long_values) {
        char text[4096] = "php_admin_value[disable_functions] = ";
        PoolConfig *config;

        for (int i = 0; i < 300; i++)
                strcat(text, "phpinfo,");

        config = parse_more(text, 0);
        ck_assert_uint_eq(strlen(config->php_values.items[0].value), 2400);
        pool_config_free(config);
}
END_TEST

START_TEST(names_of_pools) {
        PoolConfig *config;
        char name[66];

        ck_assert(pool_name_is_valid("www"));
        ck_assert(pool_name_is_valid("a-b_c:d.e1"));
        ck_assert(!pool_name_is_valid(""));
        ck_assert(!pool_name_is_valid(".www"));
        ck_assert(!pool_name_is_valid("../x"));
        ck_assert(!pool_name_is_valid("a b"));
        ck_assert(!pool_name_is_valid("a%n"));
        memset(name, 'x', 65);
        name[65] = '\0';
        ck_assert(!pool_name_is_valid(name));
        name[64] = '\0';
        ck_assert(pool_name_is_valid(name));

        reports = (Reports){};
        ck_assert_int_eq(pool_config_parse(&config, "Global", "g.conf", "", 0, record, &reports),
                        -EINVAL);
        ck_assert_ptr_nonnull(strstr(reports.text, "'Global' cannot be the name of a pool"));
        ck_assert_int_eq(pool_config_parse(
                                         &config, "www", "w", minimal, strlen(minimal), NULL, NULL),
                        0);
        pool_config_free(config);
        ck_assert_ptr_null(pool_config_free(NULL));
}
END_TEST

START_TEST(extensions) {
        PoolConfig config = { .limit_extensions = (char *) ".php \t.phar" };

        ck_assert(pool_config_extension_allowed(&config, "/x.php"));
        ck_assert(pool_config_extension_allowed(&config, "/x.phar"));
        ck_assert(pool_config_extension_allowed(&config, "a.php"));
        ck_assert(!pool_config_extension_allowed(&config, ".php"));
        ck_assert(!pool_config_extension_allowed(&config, "/x.PHP"));
        ck_assert(!pool_config_extension_allowed(&config, "/x.php5"));
        ck_assert(!pool_config_extension_allowed(&config, "/x.jpg"));
        ck_assert(!pool_config_extension_allowed(&config, ""));
        config.limit_extensions = (char *) "";
        ck_assert(pool_config_extension_allowed(&config, "/x.jpg"));
        config.limit_extensions = (char *) "  ";
        ck_assert(!pool_config_extension_allowed(&config, "/x.php"));
}
END_TEST

START_TEST(only_listen) {
        static const char text[] =
                        "nonsense\n[www]\npm.max_children = 0\nfrobnicate = 1\n"
                        "prefix = /srv\nlisten = a.sock\nlisten = nonsense:99999999\n"
                        "listen.mode = 9\nlisten.owner = bob\n[other]\nlisten = /other\n";
        PoolConfig *config = NULL;

        reports = (Reports){};
        ck_assert_int_eq(pool_config_parse_listen(&config, "www", "www.conf", text, strlen(text),
                                         record, &reports),
                        0);
        ck_assert_uint_eq(config->listen.n_items, 1);
        ck_assert_str_eq(config->listen.items[0].value, "/srv/a.sock");
        ck_assert_uint_eq(config->listen_mode, 0660);
        ck_assert_str_eq(config->listen_owner, "bob");
        ck_assert_ptr_nonnull(strstr(reports.text, "<4> www.conf:1: 'nonsense' has no value"));
        ck_assert_ptr_nonnull(
                        strstr(reports.text, "<4> www.conf:7: listen: 'nonsense' is not an IP"));
        ck_assert_ptr_nonnull(strstr(reports.text, "<4> www.conf:8: listen.mode: '9' is not"));
        ck_assert_ptr_null(strstr(reports.text, "other"));
        ck_assert_ptr_null(strstr(reports.text, "frobnicate"));
        pool_config_free(config);
}
END_TEST

UNIT_MAIN("pool-config", the_least, the_file_of_debian, the_file_on_this_machine, the_default_pool,
                sections, wrong_lines, several_mistakes, every_wrong_line_is_told,
                what_has_no_effect_is_said, e_all_is_that_of_the_php, pool_is_expanded,
                environment_is_expanded, what_comes_twice, the_first_php_value_counts, long_values,
                names_of_pools, extensions, only_listen);
