/* SPDX-License-Identifier: MIT */
/* Proves that what is said of a value can stand in a pool file and means the same there. */

#include "config/directive/directive_text.h"

#include <string.h>

#include "config/pool_config_internal.h"
#include "unit.h"

static PoolConfig *new_config(void) {
        PoolConfig *config;

        ck_assert_int_eq(pool_config_new(&config, "www", "www.conf"), 0);
        return config;
}

static void set(PoolConfig *config, const Directive *d, const char *text) {
        DirectiveValue value = { .text = text, .raw = text, .line = 1 };
        char why[DIRECTIVE_WHY_MAX];

        ck_assert_msg(directive_set(d, config, &value, why) == 0, "%s = %s: %s", d->key, text, why);
}

static void check(
                DirectiveSection section, const char *key, const char *text, const char *expected) {
        PoolConfig *config = new_config();
        const Directive *d = directive_find(section, key, false);
        char *is, *again;

        ck_assert_ptr_nonnull(d);
        set(config, d, text);
        ck_assert_int_eq(directive_text(d, config, &is), 0);
        ck_assert_str_eq(is, expected);
        set(config, d, is);
        ck_assert_int_eq(directive_text(d, config, &again), 0);
        ck_assert_str_eq(again, is);
        free(is);
        free(again);
        pool_config_free(config);
}

START_TEST(values) {
        check(DIRECTIVE_POOL, "pm", "Auto", "auto");
        check(DIRECTIVE_POOL, "pm", "static", "static");
        check(DIRECTIVE_POOL, "pm", "dynamic", "dynamic");
        check(DIRECTIVE_POOL, "pm", "ondemand", "ondemand");
        check(DIRECTIVE_POOL, "pm.max_children", "12", "12");
        check(DIRECTIVE_POOL, "pm.process_idle_timeout", "90", "90s");
        check(DIRECTIVE_POOL, "pm.process_idle_timeout", "120s", "2m");
        check(DIRECTIVE_POOL, "pm.max_worker_memory", "1024K", "1M");
        check(DIRECTIVE_POOL, "pm.max_worker_memory", "1000", "1000");
        check(DIRECTIVE_POOL, "listen.mode", "660", "0660");
        check(DIRECTIVE_POOL, "rlimit_core", "unlimited", "unlimited");
        check(DIRECTIVE_POOL, "rlimit_core", "0", "0");
        check(DIRECTIVE_POOL, "process.priority", "-5", "-5");
        check(DIRECTIVE_POOL, "clear_env", "1", "yes");
        check(DIRECTIVE_POOL, "user", "www-data", "www-data");
        check(DIRECTIVE_GLOBAL, "log_level", "alert", "alert");
        check(DIRECTIVE_GLOBAL, "log_level", "error", "error");
        check(DIRECTIVE_GLOBAL, "log_level", "warn", "warning");
        check(DIRECTIVE_GLOBAL, "log_level", "notice", "notice");
        check(DIRECTIVE_GLOBAL, "log_level", "debug", "debug");
}
END_TEST

/* What has no default has no text, or 0 until it is derived from others; what has one is told as the table has it. */
START_TEST(defaults) {
        PoolConfig *config = new_config();

        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);
                char *text;

                ck_assert_int_eq(directive_text(d, config, &text), 0);
                if (!directive_has_field(d) || directive_storage(d) == STORAGE_LIST)
                        ck_assert_ptr_null(text);
                else if (d->value_default)
                        ck_assert_msg(text && strcmp(text, d->value_default) == 0, "%s: %s", d->key,
                                        text);
                else
                        ck_assert_msg(!text || strcmp(text, "0") == 0, "%s: %s", d->key, text);
                free(text);
        }
        pool_config_free(config);
}
END_TEST

static void check_range(const char *key, const char *expected) {
        char *range;

        ck_assert_int_eq(directive_range(directive_find(DIRECTIVE_POOL, key, false), &range), 0);
        if (expected)
                ck_assert_str_eq(range, expected);
        else
                ck_assert_ptr_null(range);
        free(range);
}

START_TEST(ranges) {
        check_range("pm.max_children", "1 to 4096");
        check_range("pm.max_requests", "at least 0");
        check_range("process.priority", "-20 to 20");
        check_range("pm.process_idle_timeout", "0 to 365d");
        check_range("listen.mode", "0 to 0777");
        check_range("user", NULL);
}
END_TEST

UNIT_MAIN("directive-text", values, defaults, ranges);
