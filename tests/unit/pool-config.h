/* SPDX-License-Identifier: MIT */
#pragma once
/* What the tests of PoolConfig are written with: pool files as text, and what was reported of them.
 */

#include "config/pool_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "unit.h"

typedef struct Reports {
        char text[8192]; /* "<3> line\n" each */
        unsigned n_errors;
} Reports;

static Reports reports;

static inline void record(void *userdata, int priority, const char *line) {
        Reports *r = userdata;
        size_t used = strlen(r->text);

        r->n_errors += priority <= LOG_ERR;
        ck_assert_ptr_null(strchr(line, '\n'));
        snprintf(r->text + used, sizeof(r->text) - used, "<%d> %s\n", priority, line);
}

static inline PoolConfig *parse(const char *text, int expected) {
        PoolConfig *config = NULL;

        reports = (Reports){};
        ck_assert_msg(pool_config_parse(&config, "www", "www.conf", text, strlen(text), record,
                                      &reports) == expected,
                        "%s: %s", text, reports.text);
        ck_assert((config != NULL) == (expected == 0));
        ck_assert((reports.n_errors > 0) == (expected != 0));
        return config;
}

static const char minimal[] = "[www]\npm = static\npm.max_children = 5\n";

/* A good pool with more lines, the first of which is line 4. */
static inline PoolConfig *parse_more(const char *lines, int expected) {
        char text[4096];

        snprintf(text, sizeof(text), "%s%s", minimal, lines);
        return parse(text, expected);
}

static inline void says(const char *lines, const char *expected) {
        pool_config_free(parse_more(lines, 0));
        ck_assert_str_eq(reports.text, expected);
}

/* That is the error, and the only one. */
static inline void refused(const char *text, const char *expected) {
        const char *error;
        char line[1024];

        parse(text, -EINVAL);
        error = strstr(reports.text, "<3>");
        snprintf(line, sizeof(line), "<3> www.conf%s\n", expected);
        ck_assert_str_eq(error ? error : reports.text, line);
}

/* Of a pool that has what it needs behind these lines, the first of which is line 2. */
static inline void refused_before(const char *lines, const char *expected) {
        char text[4096];

        snprintf(text, sizeof(text), "[www]\n%s\npm = static\npm.max_children = 5\n", lines);
        refused(text, expected);
}

static inline void refused_more(const char *lines, const char *expected) {
        char text[4096];

        snprintf(text, sizeof(text), "%s%s", minimal, lines);
        refused(text, expected);
}
