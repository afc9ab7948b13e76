/* SPDX-License-Identifier: MIT */
/* Proves that the table is whole, that each type takes what it should and says what would be right,
 * and that fpmd.conf(5) has the same rows. */

#include "config/directive/directive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/pool_config_internal.h"
#include "unit.h"

static PoolConfig *new_config(void) {
        PoolConfig *config;

        ck_assert_int_eq(pool_config_new(&config, "www", "www.conf"), 0);
        return config;
}

/* Sets key, which may end in [sub], and returns the error or "". */
static const char *set(PoolConfig *config, const char *key, const char *text) {
        static char why[DIRECTIVE_WHY_MAX];
        char base[64], sub[64] = "";
        int n = sscanf(key, "%63[^[][%63[^]]", base, sub);
        const Directive *d = directive_find(DIRECTIVE_POOL, base, n == 2 || strchr(key, '['));
        DirectiveValue value = { .sub = sub, .text = text, .raw = text, .line = 1 };
        int r;

        ck_assert_msg(d != NULL, "there is no %s", key);
        why[0] = '\0';
        r = directive_set(d, config, &value, why);
        ck_assert_int_eq(r, why[0] ? -EINVAL : 0);
        return why;
}

START_TEST(rows_are_whole) {
        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);

                ck_assert_uint_eq(directive_index(d), i);
                ck_assert(d->help && *d->help);
                ck_assert_int_le(d->min, d->max);
                ck_assert_ptr_nonnull(directive_type_name(d->type));
                ck_assert(directive_has_field(d) == (d->status != DIRECTIVE_NEVER));
                ck_assert((d->priority == 0) == (d->status == DIRECTIVE_WORKS));
                ck_assert_ptr_eq(directive_find(d->section, d->key, directive_is_array(d)), d);
        }

        ck_assert_ptr_null(directive_at(directive_count()));
}
END_TEST

START_TEST(defaults_are_values) {
        PoolConfig *config = new_config();

        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);
                DirectiveValue value = { .text = d->value_default, .raw = d->value_default };
                char why[DIRECTIVE_WHY_MAX] = "";

                if (d->value_default)
                        ck_assert_msg(directive_set(d, config, &value, why) == 0, "%s: %s", d->key,
                                        why);
                if (directive_has_field(d))
                        ck_assert_msg(directive_number_is_possible(d, config), "%s", d->key);
        }

        ck_assert_uint_eq(config->pm, PM_UNSET);
        ck_assert_int_eq(config->process_priority, INT_UNSET);
        ck_assert_uint_eq(config->rlimit_core, LIMIT_UNSET);
        ck_assert_uint_eq(config->listen_mode, 0660);
        ck_assert_int_eq(config->listen_backlog, -1);
        ck_assert_uint_eq(config->process_idle_timeout_usec, 10000000);
        ck_assert(config->clear_env && !config->no_new_privileges);
        ck_assert_str_eq(config->limit_extensions, ".php .phar");
        ck_assert_str_eq(config->ping_response, "pong");
        pool_config_free(config);
}
END_TEST

/* All that php-fpm 8.2 knows but include, and ours. */
START_TEST(keys_of_php_fpm_are_there) {
        static const char *const global[] = { "pid", "error_log", "syslog.ident", "syslog.facility",
                "log_buffering", "log_level", "log_limit", "emergency_restart_threshold",
                "emergency_restart_interval", "process_control_timeout", "process.max",
                "process.priority", "daemonize", "rlimit_files", "rlimit_core", "events.mechanism",
                "systemd_interval", "pool_dirs" };
        static const char *const pool[] = { "prefix", "user", "group", "listen", "listen.backlog",
                "listen.owner", "listen.group", "listen.mode", "listen.acl_users",
                "listen.acl_groups", "listen.allowed_clients", "listen.setfib", "process.priority",
                "process.dumpable", "pm", "pm.max_children", "pm.start_servers",
                "pm.min_spare_servers", "pm.max_spare_servers", "pm.max_spawn_rate",
                "pm.process_idle_timeout", "pm.max_requests", "pm.max_worker_memory",
                "pm.idle_exit_timeout", "idle_warm", "reload_warm", "preload",
                "pm.queue_timeout", "pm.status_path",
                "pm.status_listen",
                "ping.path", "ping.response", "access.log", "access.format", "slowlog",
                "request_body_timeout", "request_slowlog_timeout", "request_slowlog_trace_depth",
                "request_terminate_timeout", "request_terminate_timeout_track_finished",
                "rlimit_files", "rlimit_core", "chroot", "chdir", "catch_workers_output",
                "decorate_workers_output", "clear_env", "security.limit_extensions", "apparmor_hat",
                "php", "php_ini", "php_ini_scan_dir", "php_value_from_request", "no_new_privileges",
                "process.show_request", "worker_script", "worker_paths", "worker_warmup",
                "worker_boot", "worker_boot_timeout", "worker_exit_continue", "worker_watch", "worker_idle_tick",
                "worker_restore", "worker_keep_ini", "systemd" };
        static const char *const arrays[] = { "env", "php_value", "php_flag", "php_admin_value",
                "php_admin_flag", "access.suppress_path" };

        for (size_t i = 0; i < ELEMENTSOF(global); i++)
                ck_assert_msg(directive_find(DIRECTIVE_GLOBAL, global[i], false) != NULL, "%s",
                                global[i]);
        for (size_t i = 0; i < ELEMENTSOF(pool); i++)
                ck_assert_msg(directive_find(DIRECTIVE_POOL, pool[i], false) != NULL, "%s",
                                pool[i]);
        for (size_t i = 0; i < ELEMENTSOF(arrays); i++)
                ck_assert_msg(directive_find(DIRECTIVE_POOL, arrays[i], true) != NULL, "%s",
                                arrays[i]);

        ck_assert_uint_eq(directive_count(),
                        ELEMENTSOF(global) + ELEMENTSOF(pool) + ELEMENTSOF(arrays));
}
END_TEST

START_TEST(case_of_keys) {
        ck_assert_ptr_nonnull(directive_find(DIRECTIVE_POOL, "PM.Max_Children", false));
        ck_assert_ptr_nonnull(directive_find(DIRECTIVE_POOL, "env", true));
        ck_assert_ptr_null(directive_find(DIRECTIVE_POOL, "ENV", true));
        ck_assert_ptr_null(directive_find(DIRECTIVE_POOL, "env", false));
        ck_assert_ptr_null(directive_find(DIRECTIVE_POOL, "pm", true));
        ck_assert_ptr_null(directive_find(DIRECTIVE_GLOBAL, "pm", false));
}
END_TEST

START_TEST(nearest_keys) {
        static const char *const pairs[][2] = {
                { "pm.max_childern", "pm.max_children" },
                { "max_children", "pm.max_children" },
                { "listen.onwer", "listen.owner" },
                { "php_admin_values", "php_admin_value" },
                { "usr", "user" },
                { "SLOW_LOG", "slowlog" },
                { "pm.max_request", "pm.max_requests" },
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
                const Directive *d = directive_nearest(DIRECTIVE_POOL, pairs[i][0]);

                ck_assert_msg(d && strcmp(d->key, pairs[i][1]) == 0, "%s: %s", pairs[i][0],
                                d ? d->key : "none");
        }

        ck_assert_ptr_null(directive_nearest(DIRECTIVE_POOL, "frobnicate"));
        ck_assert_ptr_null(directive_nearest(DIRECTIVE_POOL, ""));
}
END_TEST

START_TEST(numbers_have_a_range) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "pm.max_children", "0"), "0 is below 1");
        ck_assert_str_eq(set(config, "pm.max_children", "-1"), "-1 is below 1");
        ck_assert_str_eq(set(config, "pm.max_children", "4097"), "4097 is above 4096");
        ck_assert_str_eq(
                        set(config, "pm.max_children", "99999999999"), "99999999999 is above 4096");
        ck_assert_str_eq(set(config, "pm.max_children", "99999999999999999999"),
                        "'99999999999999999999' is too large a number");
        ck_assert_str_eq(set(config, "pm.max_children", "many"), "'many' is not a whole number");
        ck_assert_str_eq(set(config, "pm.max_children", "1.5"), "'1.5' is not a whole number");
        ck_assert_str_eq(set(config, "pm.max_children", ""),
                        "is empty, which is not a whole number");
        ck_assert_str_eq(set(config, "php", ""),
                        "is empty, which is not a version of PHP: write two numbers, such as 8.4");
        ck_assert_str_eq(set(config, "php", "8"),
                        "'8' is not a version of PHP: write two numbers, such as 8.4");
        for (const char *const *p = (const char *const[]){ "/usr/bin/php8.4", "../8.4", "8.", ".4",
                             "8.4.1", "8.444", "8,4", " 8.4", NULL };
                        *p; p++)
                ck_assert_msg(*set(config, "php", *p) != '\0', "%s is taken", *p);
        ck_assert_str_eq(set(config, "php", "8.10"), "");
        ck_assert_str_eq(config->php, "8.10");
        ck_assert_str_eq(set(config, "pm.max_children", "4096"), "");
        ck_assert_uint_eq(config->max_children, 4096);
        ck_assert_str_eq(set(config, "process.priority", "-21"), "-21 is below -20");
        ck_assert_str_eq(set(config, "process.priority", "-20"), "");
        ck_assert_int_eq(config->process_priority, -20);
        pool_config_free(config);
}
END_TEST

START_TEST(counts_below_zero_are_zero) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "pm.max_requests", "5"), "");
        ck_assert_uint_eq(config->max_requests, 5);
        ck_assert_str_eq(set(config, "pm.max_requests", "-1"), "");
        ck_assert_uint_eq(config->max_requests, 0);
        ck_assert_str_eq(set(config, "pm.max_spawn_rate", "-1"), "");
        ck_assert_uint_eq(config->max_spawn_rate, 0);
        ck_assert_str_eq(set(config, "pm.max_requests", "-99999999999"),
                        "-99999999999 is below -2147483648");
        ck_assert_str_eq(set(config, "pm.max_requests", "-"), "'-' is not a whole number");
        ck_assert_str_eq(set(config, "pm.process_idle_timeout", "-1"),
                        "'-1' is not a time: write a whole number with s, m, h or d behind it, "
                        "such as 10s, or 0");
        pool_config_free(config);
}
END_TEST

START_TEST(times_have_a_range) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "pm.process_idle_timeout", "5m"), "");
        ck_assert_uint_eq(config->process_idle_timeout_usec, 300000000);
        ck_assert_str_eq(set(config, "request_terminate_timeout", "400d"), "400d is above 365d");
        ck_assert_ptr_nonnull(strstr(set(config, "request_terminate_timeout", "500ms"),
                        "'500ms' is not a time: write a whole number with s, m, h or d"));
        pool_config_free(config);
}
END_TEST

START_TEST(other_types) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "clear_env", "2"), "'2' is neither yes nor no");
        ck_assert_str_eq(set(config, "clear_env", "off"), "");
        ck_assert(!config->clear_env);
        ck_assert_str_eq(set(config, "listen.mode", "666"), "");
        ck_assert_uint_eq(config->listen_mode, 0666);
        ck_assert_str_eq(set(config, "listen.mode", "9"), "'9' is not an octal mode such as 0660");
        ck_assert_str_eq(set(config, "listen.mode", "1777"), "1777 is above 0777");
        ck_assert_str_eq(set(config, "rlimit_core", "unlimited"), "");
        ck_assert_uint_eq(config->rlimit_core, LIMIT_UNLIMITED);
        ck_assert_str_eq(set(config, "rlimit_core", "0"), "");
        ck_assert_uint_eq(config->rlimit_core, LIMIT_UNSET);
        ck_assert_str_eq(set(config, "rlimit_files", "unlimited"),
                        "'unlimited' is not a whole number");
        ck_assert_str_eq(set(config, "pm", "OnDemand"), "");
        ck_assert_uint_eq(config->pm, PM_ONDEMAND);
        ck_assert_str_eq(set(config, "pm", "sometimes"), "'sometimes' is not a process manager: "
                                                         "write auto, static, dynamic or ondemand");
        pool_config_free(config);
}
END_TEST

START_TEST(texts) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "user", "www-data"), "");
        ck_assert_str_eq(set(config, "user", "DOMAIN\\web.user"), "");
        ck_assert_str_eq(set(config, "user", "a b"), "'a b' is not the name of a user or group");
        ck_assert_str_eq(set(config, "user", "a\nExecStart=b"), "contains a control character");
        ck_assert_str_eq(set(config, "user", ""), "");
        ck_assert_ptr_null(config->user);
        ck_assert_str_eq(set(config, "php_ini_scan_dir", ""), "");
        ck_assert_str_eq(config->php_ini_scan_dir, "");
        ck_assert_str_eq(set(config, "pm.status_path", "/st-at_us.~1"), "");
        ck_assert_ptr_nonnull(strstr(set(config, "pm.status_path", "status"), "starts with /"));
        ck_assert_ptr_nonnull(strstr(set(config, "ping.path", "/p?x"), "starts with /"));
        ck_assert_ptr_nonnull(strstr(set(config, "listen.allowed_clients", "127.0.0.1,host"),
                        "'host' is not an IP address, which refuses the pool"));
        ck_assert_str_eq(set(config, "listen.allowed_clients", "127.0.0.1, ::1,10.0.0.0/8"), "");
        pool_config_free(config);
}
END_TEST

START_TEST(access_formats) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "access.format",
                                         "%R - %u [%t] \"%m %r%Q%q\" %s %f %{milli}d %{kilo}M "
                                         "%{system}C%% "
                                         "%{X}e %{Y}o %l %n %p %P %T %{%H:%M}t"),
                        "");
        ck_assert_str_eq(set(config, "access.format", "%z"),
                        "there is no %z; a percent sign itself is written %%");
        ck_assert_str_eq(set(config, "access.format", "%e"), "%e needs a name, write %{NAME}e");
        ck_assert_str_eq(set(config, "access.format", "%{days}d"),
                        "%{days}d: the braces may hold one of: seconds milliseconds milli "
                        "miliseconds mili microseconds micro");
        ck_assert_ptr_nonnull(strstr(set(config, "access.format", "%{x"), "not closed"));
        ck_assert_ptr_nonnull(strstr(set(config, "access.format", "x%"), "middle"));
        ck_assert_ptr_nonnull(strstr(set(config, "access.format", "%{x}"), "middle"));
        ck_assert_str_eq(set(config, "access.format", ""), "is empty");
        pool_config_free(config);
}
END_TEST

START_TEST(lists) {
        PoolConfig *config = new_config();

        ck_assert_str_eq(set(config, "listen", "9000"), "");
        ck_assert_str_eq(set(config, "listen", "/run/x.sock"), "");
        ck_assert_uint_eq(config->listen.n_items, 2);
        ck_assert_str_eq(set(config, "listen", "0"), "'0' is not a port from 1 to 65535");
        ck_assert_str_eq(set(config, "listen", "[::1]:65536"),
                        "'65536' is not a port from 1 to 65535");
        ck_assert_ptr_nonnull(strstr(set(config, "listen", "example.org:9000"),
                        "'example.org' is not an IP address"));

        ck_assert_str_eq(set(config, "env[A]", "b"), "");
        ck_assert_str_eq(set(config, "env[A=]", "b"), "the name of a variable cannot contain =");
        ck_assert_str_eq(set(config, "env[]", "b"),
                        "there is no name in the brackets, write env[NAME] = value");
        ck_assert_str_eq(set(config, "env[A]", ""), "is empty, leave the line out");
        ck_assert_str_eq(set(config, "php_value[a]", ""), "");
        ck_assert_str_eq(set(config, "php_admin_flag[b]", "off"), "");
        ck_assert_str_eq(set(config, "php_flag[b]", "x"), "'x' is neither on nor off");
        ck_assert_uint_eq(config->php_values.n_items, 2);
        ck_assert_int_eq(config->php_values.items[1].kind, SETTING_PHP_ADMIN_FLAG);
        ck_assert_str_eq(config->php_values.items[1].value, "0");
        ck_assert_str_eq(set(config, "access.suppress_path[]", "/ping"), "");
        ck_assert_str_eq(set(config, "access.suppress_path[a]", "/ping"),
                        "takes no name, write access.suppress_path[] = /path");
        pool_config_free(config);
}
END_TEST

/* --- the man page --- */

static char *read_page(void) {
        const char *srcdir = getenv("srcdir");
        char path[4096], *text = calloc(1, 256 * 1024);
        FILE *f;

        snprintf(path, sizeof(path), "%s/src/manager/fpmd.conf.5", srcdir ? srcdir : ".");
        f = fopen(path, "re");
        ck_assert_msg(f != NULL, "cannot open %s", path);
        ck_assert_uint_gt(fread(text, 1, 256 * 1024 - 1, f), 0);
        fclose(f);
        return text;
}

/* The entry is ".It Ic KEY … = Ar TYPE Pq default VALUE". */
static const Directive *check_entry(DirectiveSection section, const char *line) {
        char key[64], wanted[128];
        bool is_array = strstr(line, " Ns [] ") || strstr(line, " Oo Ar NAME Oc ");
        const Directive *d;

        ck_assert_int_eq(sscanf(line, ".It Ic %63s", key), 1);
        d = directive_find(section, key, is_array);
        ck_assert_msg(d != NULL, "fpmd.conf.5 has %s, the table does not", key);

        snprintf(wanted, sizeof(wanted), "= Ar %s", directive_type_name(d->type));
        ck_assert_msg(strstr(line, wanted) != NULL, "%s: not of type %s", line, wanted);

        if (d->value_default && !strpbrk(d->value_default, " \"")) {
                snprintf(wanted, sizeof(wanted), " Pq default %s", d->value_default);
                ck_assert_msg(strstr(line, wanted) != NULL, "%s: not%s", line, wanted);
        } else
                ck_assert_msg(!strstr(line, "default"), "%s: there is no such default", line);

        return d;
}

/* What the text below an entry says of its effect. */
static void check_status(const Directive *d, const char *line) {
        if (!d)
                return;

        if (strcmp(line, ".Em Has no effect yet :") == 0)
                ck_assert_msg(d->status == DIRECTIVE_LATER, "%s has an effect by now", d->key);
        if (strcmp(line, ".Em Has no effect here .") == 0)
                ck_assert_msg(d->status == DIRECTIVE_NEVER, "%s has an effect", d->key);
}

START_TEST(the_man_page_has_the_same_rows) {
        char *text = read_page(), *rest = text, *line;
        bool *seen = calloc(directive_count(), sizeof(*seen)), inside = false;
        size_t n_without_effect = 0, n_said = 0;
        DirectiveSection section = DIRECTIVE_GLOBAL;
        const Directive *d = NULL;

        while ((line = strsep(&rest, "\n"))) {
                if (strncmp(line, ".Sh ", 4) == 0) {
                        inside = strstr(line, "DIRECTIVES") != NULL;
                        section = strstr(line, "GLOBAL") ? DIRECTIVE_GLOBAL : DIRECTIVE_POOL;
                }
                if (inside && strncmp(line, ".It Ic ", 7) == 0) {
                        d = check_entry(section, line);
                        ck_assert_msg(!seen[directive_index(d)], "%s twice", d->key);
                        seen[directive_index(d)] = true;
                }
                if (inside && strncmp(line, ".Em Has no effect ", 18) == 0)
                        n_said++;
                check_status(d, line);
        }

        for (size_t i = 0; i < directive_count(); i++) {
                ck_assert_msg(seen[i], "fpmd.conf.5 lacks %s", directive_at(i)->key);
                n_without_effect += directive_at(i)->status != DIRECTIVE_WORKS;
        }

        ck_assert_uint_eq(n_said, n_without_effect);
        free(seen);
        free(text);
}
END_TEST

UNIT_MAIN("directive", rows_are_whole, defaults_are_values, keys_of_php_fpm_are_there, case_of_keys,
                nearest_keys, numbers_have_a_range, counts_below_zero_are_zero, times_have_a_range,
                other_types, texts, access_formats, lists, the_man_page_has_the_same_rows);
