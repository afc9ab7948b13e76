/* SPDX-License-Identifier: MIT */
/* Proves that directives which do not go together are refused, and what follows from others is
 * filled in. */

#include "base/parse.h"
#include "pool-config.h"

START_TEST(what_is_required) {
        refused("[www]\npm.max_children = 5\n",
                        ": pm: is missing, write pm = auto, static, dynamic or ondemand");
        refused("[www]\npm = static\n",
                        ": pm.max_children: is missing, write how many requests the "
                        "pool may serve at the same time");
}
END_TEST

/* The numbers of pm = dynamic. */
static void dynamic(const char *lines, const char *expected) {
        char text[512];

        snprintf(text, sizeof(text), "[www]\npm = dynamic\npm.max_children = 5\n%s", lines);
        if (expected)
                refused(text, expected);
        else
                pool_config_free(parse(text, 0));
}

START_TEST(spare_numbers) {
        PoolConfig *config;

        dynamic("", ":2: pm: dynamic needs pm.min_spare_servers");
        dynamic("pm.min_spare_servers = 1\n", ":2: pm: dynamic needs pm.max_spare_servers");
        dynamic("pm.min_spare_servers = 0\n",
                        ":4: pm.min_spare_servers: must be 1 or more with pm = dynamic");
        dynamic("pm.min_spare_servers = 1\npm.max_spare_servers = 2\npm.max_spawn_rate = 0\n",
                        ":6: pm.max_spawn_rate: must be 1 or more with pm = dynamic");
        dynamic("pm.min_spare_servers = 1\npm.max_spare_servers = -1\n",
                        ":5: pm.max_spare_servers: must be 1 or more with pm = dynamic");
        dynamic("pm.min_spare_servers = 1\npm.max_spare_servers = 3\npm.start_servers = -1\n",
                        NULL);
        ck_assert_str_eq(reports.text, "<5> www.conf:6: pm.start_servers: is below 1, using 2\n");
        dynamic("pm.min_spare_servers = 6\npm.max_spare_servers = 7\n",
                        ":4: pm.min_spare_servers: 6 is above pm.max_children, 5");
        dynamic("pm.min_spare_servers = 1\npm.max_spare_servers = 7\n",
                        ":5: pm.max_spare_servers: 7 is above pm.max_children, 5");
        dynamic("pm.min_spare_servers = 3\npm.max_spare_servers = 2\n",
                        ":5: pm.max_spare_servers: 2 is below pm.min_spare_servers, 3");
        dynamic("pm.min_spare_servers = 1\npm.max_spare_servers = 3\npm.start_servers = 4\n",
                        ":6: pm.start_servers: 4 is not between pm.min_spare_servers, 1, and "
                        "pm.max_spare_servers, 3");
        dynamic("pm.min_spare_servers = 1\npm.max_spare_servers = 3\npm.start_servers = 3\n", NULL);
        ck_assert_str_eq(reports.text, "");

        config = parse("[www]\npm=dynamic\npm.max_children=9\npm.min_spare_servers=2\n"
                       "pm.max_spare_servers=7\n",
                        0);
        ck_assert_uint_eq(config->start_servers, 4);
        ck_assert_str_eq(reports.text, "<5> www.conf: pm.start_servers: is not set, using 4\n");
        pool_config_free(config);
}
END_TEST

/* As php-fpm: where a number has no effect, 0 is none; and -1 is 0. */
START_TEST(numbers_of_another_pm) {
        refused("[www]\npm = ondemand\npm.max_children = 5\npm.process_idle_timeout = 0\n",
                        ":4: pm.process_idle_timeout: must be 1s or more with pm = ondemand");
        pool_config_free(parse("[www]\npm = ondemand\npm.max_children = 5\npm.start_servers = 0\n"
                               "pm.min_spare_servers = 0\npm.max_spare_servers = 0\n",
                        0));
        pool_config_free(parse("[www]\npm = ondemand\npm.max_children = 5\npm.start_servers = -1\n"
                               "pm.min_spare_servers = -1\npm.max_spare_servers = -1\n",
                        0));
        says("pm.max_requests = -1\n", "");
        pool_config_free(parse("[www]\npm = static\npm.max_children = 5\npm.max_spawn_rate = 0\n"
                               "pm.process_idle_timeout = 0\n",
                        0));
}
END_TEST

/* Each is told, whatever is wrong with the others. */
START_TEST(when_a_quiet_pool_leaves) {
        static const struct {
                const char *lines;
                uint64_t sec;
        } cases[] = {
                { "pm = ondemand\npm.max_children = 5\n", 600 },
                { "pm = auto\n", 600 },
                { "pm = static\npm.max_children = 5\n", 0 },
                { "pm = dynamic\npm.max_children = 5\npm.min_spare_servers = 1\npm.max_spare_servers = 3\n"
                  "pm.start_servers = 2\n",
                                0 },
                { "pm = auto\npm.idle_exit_timeout = 0\n", 0 },
                { "pm = ondemand\npm.max_children = 5\npm.idle_exit_timeout = 30s\n", 30 },
                { "pm = static\npm.max_children = 5\npm.idle_exit_timeout = 30s\n", 30 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[256];
                PoolConfig *config;

                snprintf(text, sizeof(text), "[www]\n%s", cases[i].lines);
                config = parse(text, 0);
                ck_assert_uint_eq(config->idle_exit_timeout_usec, cases[i].sec * USEC_PER_SEC);
                pool_config_free(config);
        }
}
END_TEST

START_TEST(numbers_of_their_own) {
        dynamic("pm.min_spare_servers = 0\npm.max_spawn_rate = 0\n",
                        ":4: pm.min_spare_servers: must be 1 or more with pm = dynamic\n"
                        "<3> www.conf:5: pm.max_spawn_rate: must be 1 or more with pm = dynamic");
        refused("[www]\npm = dynamic\npm.max_children = 5\npm.max_spawn_rate = many\n"
                "pm.min_spare_servers = 6\npm.max_spare_servers = 7\n",
                        ":4: pm.max_spawn_rate: 'many' is not a whole number\n"
                        "<3> www.conf:5: pm.min_spare_servers: 6 is above pm.max_children, 5");
        refused("[www]\npm = static\npm.process_idle_timeout = long\n",
                        ":3: pm.process_idle_timeout: 'long' is not a time: write a whole number "
                        "with s, m, h or d behind it, such as 10s, or 0\n"
                        "<3> www.conf: pm.max_children: is missing, write how many requests the "
                        "pool may serve at the same time");
}
END_TEST

START_TEST(paths) {
        PoolConfig *config =
                        parse_more("prefix = /srv/$pool\nchroot = $prefix/root\nslowlog = slow\n"
                                   "php_ini = /etc/p.ini\nlisten = run/s.sock\n",
                                        0);

        ck_assert_str_eq(config->chroot, "/srv/www/root");
        ck_assert_str_eq(config->chdir, "/");
        ck_assert_str_eq(config->slowlog, "/srv/www/slow");
        ck_assert_str_eq(config->php_ini, "/etc/p.ini");
        ck_assert_str_eq(config->listen.items[0].value, "/srv/www/run/s.sock");
        pool_config_free(config);

        refused_more("chroot = jail\n",
                        ":4: chroot: 'jail' is not an absolute path, and there is no prefix");
        refused_more("listen = x.sock\n",
                        ":4: listen: 'x.sock' is not an absolute path, and there is no prefix");
        refused_more("chdir = pages\n", ":4: chdir: 'pages' does not start with /");
        refused_more("prefix = srv\n", ":4: prefix: 'srv' does not start with /");
}
END_TEST

START_TEST(paths_of_php) {
        static const char lines[] =
                        "prefix = /srv\nphp_admin_value[error_log] = log/php\n"
                        "php_value[session.save_path] = x\nphp_value[error_log] = syslog\n";
        PoolConfig *config = parse_more(lines, 0);

        ck_assert_str_eq(config->php_values.items[0].value, "/srv/log/php");
        ck_assert_str_eq(config->php_values.items[1].value, "x");
        ck_assert_str_eq(config->php_values.items[2].value, "syslog");
        pool_config_free(config);
}
END_TEST

START_TEST(pages_and_times) {
        refused_more("pm.status_path = /\n",
                        ":4: pm.status_path: '/' is too short, write a path such as /status");
        refused_more("ping.path = /\n",
                        ":4: ping.path: '/' is too short, write a path such as /ping");
        refused_more("ping.path = /same\npm.status_path = /same\n",
                        ":4: ping.path: is pm.status_path too, write a path of its own");
        refused_more("ping.response =\n", ":4: ping.response: is empty, write a text such as pong");
        refused_more("slowlog = /x\nrequest_slowlog_timeout = 10\nrequest_terminate_timeout = 5\n",
                        ":5: request_slowlog_timeout: is above request_terminate_timeout, "
                        "which ends the request first");
        pool_config_free(parse_more("pm.status_path = /\npm.status_listen = 9001\n", 0));
        pool_config_free(parse_more("slowlog = /x\nrequest_slowlog_timeout = 10\n", 0));
}
END_TEST

START_TEST(warnings_of_sockets) {
        says("listen.allowed_clients = 127.0.0.1\n",
                        "<5> www.conf:4: listen.allowed_clients: has no effect on a unix socket; "
                        "listen.mode and listen.group say who may connect\n");
        says("listen = 9000\nlisten.allowed_clients = 127.0.0.1\n", "");
        says("listen.owner = a\nlisten.acl_users = b\n",
                        "<4> www.conf:4: listen.owner: has no effect beside listen.acl_users and "
                        "listen.acl_groups\n");
}
END_TEST

UNIT_MAIN("pool-config-validate", what_is_required, spare_numbers, numbers_of_another_pm,
                when_a_quiet_pool_leaves, numbers_of_their_own, paths, paths_of_php,
                pages_and_times, warnings_of_sockets);
