/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "config/value/unit_setting.h"

typedef struct Plan {
        MigratePlan *plan;
        const MigrateSource *source;
        FILE *out; /* the file that is being written */
        mode_t mode;
        size_t n_written;
} Plan;

static int add_row(MigratePlan *plan, const char *place, const char *what, const char *now) {
        MigrateRow *grown = reallocarray(plan->rows, plan->n_rows + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;

        plan->rows = grown;
        grown[plan->n_rows] = (MigrateRow){ strdup(place), strdup(what), strdup(now) };
        plan->n_rows++;
        return grown[plan->n_rows - 1].place && grown[plan->n_rows - 1].what &&
                                               grown[plan->n_rows - 1].now
                               ? 0
                               : -ENOMEM;
}

static int row(Plan *plan, const MigrateLine *line, const char *now) {
        _cleanup_free_ char *place = NULL, *what = NULL;

        if (asprintf(&place, "%s:%u", line->file, line->line) < 0)
                return -ENOMEM;
        if (asprintf(&what, "%s = %s", line->key, line->raw) < 0)
                return -ENOMEM;

        return add_row(plan->plan, place, what, now);
}

static int begin_file(Plan *plan, char **text, size_t *size) {
        plan->out = open_memstream(text, size);
        plan->mode = 0644;
        return plan->out ? 0 : -ENOMEM;
}

static int add_file(Plan *plan, const char *name, char *text) {
        MigrateFile *grown =
                        reallocarray(plan->plan->files, plan->plan->n_files + 1, sizeof(*grown));

        if (!grown) {
                free(text);
                return -ENOMEM;
        }

        plan->plan->files = grown;
        grown[plan->plan->n_files++] = (MigrateFile){ strdup(name), text, plan->mode };
        return grown[plan->plan->n_files - 1].name ? 0 : -ENOMEM;
}

/* A line that has an effect is written, of another one the report says what is there in its place. */
static int put_line(Plan *plan, const MigrateLine *line, const char **file) {
        if (line->directive->status == DIRECTIVE_NEVER)
                return row(plan, line, line->directive->help);

        if (!*file || strcmp(*file, line->file) != 0) {
                _cleanup_free_ char *escaped = escape_string_new(line->file);

                if (!escaped)
                        return -ENOMEM;
                fprintf(plan->out, "; %s\n", escaped);
        }
        *file = line->file;
        plan->mode &= line->mode;

        if (line->sub)
                fprintf(plan->out, "%s[%s] = %s\n", line->key, line->sub, line->raw);
        else
                fprintf(plan->out, "%s = %s\n", line->key, line->raw);
        plan->n_written++;
        return 0;
}

static int put_lines(Plan *plan, const MigratePool *pool) {
        const char *file = NULL;
        int r = 0;

        plan->n_written = 0;
        for (size_t i = 0; r == 0 && i < pool->n_lines; i++)
                r = put_line(plan, &pool->lines[i], &file);

        return r;
}

/* --- pools --- */

/* php-fpm leaves a socket to root where nothing is said; here it would be www-data's. */
static int put_owner(Plan *plan, const MigratePool *pool) {
        const MigrateLine *listen = migrate_pool_find(pool, "listen");
        bool is_unix = listen && strpbrk(listen->raw, "/");
        int r = 0;

        if (!is_unix || migrate_pool_find(pool, "listen.acl_users") ||
                        migrate_pool_find(pool, "listen.acl_groups"))
                return 0;

        if (!migrate_pool_find(pool, "listen.owner")) {
                fputs("; as php-fpm has it without this line\nlisten.owner = root\n", plan->out);
                r = row(plan, listen, "listen.owner = root, which php-fpm does not need said");
        }
        if (!migrate_pool_find(pool, "listen.group"))
                fputs("; as php-fpm has it without this line\nlisten.group = root\n", plan->out);

        return r;
}

static int write_pool(Plan *plan, const MigratePool *pool) {
        _cleanup_free_ char *text = NULL, *name = NULL, *what = NULL, *now = NULL;
        size_t size;
        int r;

        if (asprintf(&name, "conf.d/%s.conf", pool->name) < 0)
                return -ENOMEM;

        if (begin_file(plan, &text, &size) < 0)
                return -ENOMEM;

        fprintf(plan->out, "; Made by fpmctl migrate of what php-fpm had.\n[%s]\n", pool->name);
        if (pool->php)
                fprintf(plan->out, "php = %s\n", pool->php);
        r = put_lines(plan, pool);
        if (r == 0)
                r = put_owner(plan, pool);
        if (fclose(plan->out) != 0 || r < 0)
                return -ENOMEM;

        if (asprintf(&what, "[%s]: %zu lines", pool->name, plan->n_written) < 0)
                return -ENOMEM;
        if (asprintf(&now, "/etc/fpmd/%s, fpmd@%s.service", name, pool->name) < 0)
                return -ENOMEM;

        r = add_row(plan->plan, pool->n_lines > 0 ? pool->lines[0].file : "", what, now);
        return r < 0 ? r : add_file(plan, name, TAKE_PTR(text));
}

/* --- fpmd.conf --- */

/* In the quotes that the ini dialect needs. false: there are none. */
static bool put_setting(FILE *out, const char *key, const char *value) {
        char why[UNIT_SETTING_WHY_MAX];

        if (strchr(value, '\'') || !unit_setting_value_fits(value, why))
                return false;

        fprintf(out, "systemd.%s = %s%s%s\n", key, *value ? "'" : "", value, *value ? "'" : "");
        return true;
}

static int put_unit_line(Plan *plan, const MigrateUnitLine *line) {
        _cleanup_free_ char *what = NULL, *now = NULL;
        char why[UNIT_SETTING_WHY_MAX];
        const char *key = unit_setting_key(line->key, why);

        if (asprintf(&what, "%s=%s", line->key, line->value) < 0)
                return -ENOMEM;

        if (key && put_setting(plan->out, key, line->value)) {
                plan->mode &= line->mode;
                plan->n_written++;
                return add_row(plan->plan, line->place, what, "[defaults] of /etc/fpmd/fpmd.conf");
        }

        if (asprintf(&now, "not taken over: %s", key ? "its quotes are not understood" : why) < 0)
                return -ENOMEM;

        return add_row(plan->plan, line->place, what, now);
}

static int report_globals(Plan *plan) {
        const MigratePool *global = &plan->source->global;
        int r = 0;

        for (size_t i = 0; r == 0 && i < global->n_lines; i++)
                if (global->lines[i].directive->status != DIRECTIVE_NEVER)
                        r = row(plan, &global->lines[i], "[global] of /etc/fpmd/fpmd.conf");

        return r;
}

static int write_global(Plan *plan, const MigrateUnitLine *lines, size_t n) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (begin_file(plan, &text, &size) < 0)
                return -ENOMEM;

        fputs("; Made by fpmctl migrate of what php-fpm had for all pools.\n[global]\n", plan->out);
        r = put_lines(plan, &plan->source->global);
        fputs("\n[defaults]\n", plan->out);
        for (size_t i = 0; r == 0 && i < n; i++)
                r = put_unit_line(plan, &lines[i]);
        if (fclose(plan->out) != 0 || r < 0)
                return -ENOMEM;

        r = report_globals(plan);
        if (r < 0 || plan->n_written == 0)
                return r;

        return add_file(plan, "fpmd.conf", TAKE_PTR(text));
}

/* --- habits --- */

static int add_habits(MigratePlan *plan) {
        static const char *const habits[][2] = {
                { "systemctl reload php-fpm",
                                "fpmctl reload POOL, or systemctl reload 'fpmd@*.service'" },
                { "php-fpm -t, -tt", "fpmctl check, fpmctl config POOL" },
                { "the log of php-fpm", "journalctl -u 'fpmd@*'" },
                { "kill -USR1 by logrotate",
                                "fpmd@POOL.service takes it too; the journal needs none" },
                { "/run/php/php-fpm.sock, an alternative",
                                "goes at a boot; name the socket of a pool, or keep the link" },
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < ELEMENTSOF(habits); i++)
                r = add_row(plan, "a habit", habits[i][0], habits[i][1]);

        return r;
}

int migrate_plan_make(MigratePlan *ret, const MigrateSource *source,
                const MigrateUnitLine *unit_lines, size_t n_unit_lines) {
        Plan plan = { .plan = ret, .source = source };
        int r;

        *ret = (MigratePlan){};
        r = write_global(&plan, unit_lines, n_unit_lines);
        for (size_t i = 0; r == 0 && i < source->n_pools; i++)
                r = write_pool(&plan, &source->pools[i]);

        return r < 0 ? r : add_habits(ret);
}

void migrate_plan_done(MigratePlan *plan) {
        for (size_t i = 0; i < plan->n_files; i++) {
                free(plan->files[i].name);
                free(plan->files[i].text);
        }
        for (size_t i = 0; i < plan->n_rows; i++) {
                free(plan->rows[i].place);
                free(plan->rows[i].what);
                free(plan->rows[i].now);
        }

        free(plan->files);
        free(plan->rows);
        *plan = (MigratePlan){};
}
