/* SPDX-License-Identifier: MIT */
/* fpmctl migrate: moves the pools of a php-fpm in, and back. */

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/escape.h"
#include "config/pool_files.h"
#include "fpmctl/checker.h"
#include "fpmctl/command.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/move.h"
#include "fpmctl/migrate/plan.h"
#include "fpmctl/migrate/state.h"
#include "fpmctl/migrate/systemctl.h"
#include "fpmctl/migrate/unit_lines.h"
#include "fpmctl/migrate_view.h"

#include "fpmctl/migrate/shipped_pool.inc"

typedef struct Migration {
        const Invocation *in;
        char *base; /* the folder of conf.d */
        MigrateSource source;
        UnitLines unit_lines;
        MigratePlan plan;
        json_t *state;
} Migration;

static void migration_done(Migration *m) {
        migrate_source_done(&m->source);
        unit_lines_done(&m->unit_lines);
        migrate_plan_done(&m->plan);
        json_decref(m->state);
        free(m->base);
}

static char *path_of(const char *base, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", base, name) < 0 ? NULL : path;
}

/* --- reading --- */

/* "8.2" of "/etc/php/8.2/fpm/php-fpm.conf", which php8.2-fpm.service runs with. */
static bool version_of(const char *file, char version[static 16]) {
        char rest;

        return sscanf(file, "/etc/php/%15[0-9.]/fpm/php-fpm.con%c", version, &rest) == 2 &&
               rest == 'f';
}

static char *unit_of(const char *php) {
        char *unit;

        return asprintf(&unit, "php%s-fpm.service", php) < 0 ? NULL : unit;
}

static int read_one(Migration *m, const char *file) {
        _cleanup_free_ char *unit = NULL;
        char version[16];
        int r;

        if (!version_of(file, version))
                return migrate_source_read(&m->source, file, NULL);

        unit = unit_of(version);
        r = unit ? migrate_source_read(&m->source, file, version) : -ENOMEM;
        return r == 0 ? unit_lines_read(&m->unit_lines, unit) : r;
}

static int read_all(Migration *m) {
        glob_t found = {};
        int r = 0;

        for (size_t i = 0; r == 0 && i < m->in->n_arguments; i++)
                r = read_one(m, m->in->arguments[i]);
        if (m->in->n_arguments > 0 || r < 0)
                return r;

        if (glob("/etc/php/*/fpm/php-fpm.conf", 0, NULL, &found) == 0)
                for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
                        r = read_one(m, found.gl_pathv[i]);

        globfree(&found);
        return r;
}

/* --- what is in the way --- */

static int check_free(Migration *m) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        int r;

        r = pool_files_read(&files, m->in->conf_dir, NULL, NULL);
        for (size_t i = 0; r == 0 && i < m->source.n_pools; i++) {
                const PoolFile *file = pool_files_find(&files, m->source.pools[i].name);
                _cleanup_free_ char *text = file ? migrate_file_read(file->file) : NULL;

                if (file && (!text || strcmp(text, shipped_pool) != 0))
                        r = migrate_source_add_problem(&m->source,
                                        "%s: there is a pool [%s] already, which is not overwritten",
                                        file->place, file->name);
        }

        if (r == 0 && files.defaults && access(files.defaults, F_OK) == 0 && m->plan.n_files > 0 &&
                        strcmp(m->plan.files[0].name, "fpmd.conf") == 0)
                r = migrate_source_add_problem(&m->source,
                                "%s: is there already, and is not overwritten", files.defaults);

        return r;
}

static int write_files(const Migration *m, const char *base) {
        _cleanup_free_ char *conf_dir = path_of(base, "conf.d");

        if (!conf_dir)
                return -ENOMEM;
        if ((mkdir(base, 0755) < 0 && errno != EEXIST) ||
                        (mkdir(conf_dir, 0755) < 0 && errno != EEXIST))
                return -errno;

        for (size_t i = 0; i < m->plan.n_files; i++) {
                _cleanup_free_ char *path = path_of(base, m->plan.files[i].name);
                int r;

                r = path ? migrate_file_write(path, m->plan.files[i].text, 0644) : -ENOMEM;
                if (r < 0)
                        return r;
        }

        return 0;
}

static void remove_files(const Migration *m, const char *base) {
        _cleanup_free_ char *conf_dir = path_of(base, "conf.d");

        for (size_t i = 0; i < m->plan.n_files; i++) {
                _cleanup_free_ char *path = path_of(base, m->plan.files[i].name);

                if (path)
                        (void) unlink(path);
        }
        if (conf_dir)
                (void) rmdir(conf_dir);
        (void) rmdir(base);
}

/* Each pool as fpmd will read it; what is wrong becomes a problem. */
static int check_pools(Migration *m, const char *base) {
        _cleanup_free_ char *conf_dir = path_of(base, "conf.d");
        int r = conf_dir ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < m->source.n_pools; i++) {
                _cleanup_free_ char *output = NULL;
                int status = checker_run(conf_dir, m->source.pools[i].name, &output);

                if (status != EXIT_SUCCESS)
                        r = migrate_source_add_problem(&m->source, "[%s]: fpmd refuses it: %s",
                                        m->source.pools[i].name,
                                        output ? output : strerror(-status));
        }

        return r;
}

/* In a folder that only root can change, as /etc is: files of others may say less. */
static int check_staged(Migration *m) {
        char base[] = "/run/fpmd-migrate-XXXXXX";
        int r;

        if (!mkdtemp(base))
                return -errno;

        r = write_files(m, base);
        if (r == 0)
                r = check_pools(m, base);

        remove_files(m, base);
        return r;
}

/* --- writing --- */

/* How a php-fpm was, and which pools it has. */
static json_t *unit_state(json_t *units, const char *unit) {
        json_t *state = json_object_get(units, unit);
        _cleanup_free_ char *active = NULL;

        if (state)
                return state;

        active = systemctl_property(unit, "ActiveState");
        state = json_pack("{s:b, s:b, s:{}}", "enabled", systemctl_is_enabled(unit), "active",
                        active && strcmp(active, "active") == 0, "pools");
        return json_object_set_new(units, unit, state) < 0 ? NULL : state;
}

static int add_pool_state(json_t *units, const char *conf_dir, const MigratePool *pool) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *unit = pool->php ? unit_of(pool->php) : strdup("");
        json_t *state = unit ? unit_state(units, unit) : NULL, *addresses;
        int r;

        if (!state)
                return -ENOMEM;

        r = pool_files_load_name(&config, conf_dir, pool->name, true, NULL, NULL);
        if (r < 0)
                return r;

        addresses = json_array();
        for (size_t i = 0; i < config->listen.n_items; i++)
                (void) json_array_append_new(addresses, json_string(config->listen.items[i].value));
        if (config->status_listen)
                (void) json_array_append_new(addresses, json_string(config->status_listen));

        return json_object_set_new(json_object_get(state, "pools"), pool->name, addresses) < 0
                               ? -ENOMEM
                               : 0;
}

/* Before the first file is written: what is half done can be undone. */
static int make_state(Migration *m) {
        json_t *files = json_object(), *saved = json_object();

        for (size_t i = 0; i < m->plan.n_files; i++) {
                _cleanup_free_ char *path = path_of(m->base, m->plan.files[i].name),
                                    *old = path ? migrate_file_read(path) : NULL;

                if (!path)
                        return -ENOMEM;
                (void) json_object_set_new(files, path, json_string(m->plan.files[i].text));
                if (old)
                        (void) json_object_set_new(saved, path, json_string(old));
        }

        m->state = json_pack("{s:o, s:o, s:{}, s:b, s:b}", "files", files, "saved", saved, "units",
                        "moved", 0, "done", 0);
        return m->state ? migrate_state_write(m->state) : -ENOMEM;
}

static int restore_files(const json_t *state);

static int write_all(Migration *m) {
        json_t *units;
        int r;

        r = make_state(m);
        if (r == 0)
                r = write_files(m, m->base);
        if (r == 0)
                r = check_pools(m, m->base); /* beside the pools that are there already */

        units = json_object_get(m->state, "units");
        for (size_t i = 0; r == 0 && i < m->source.n_pools; i++)
                r = add_pool_state(units, m->in->conf_dir, &m->source.pools[i]);
        if (r == 0 && m->source.n_problems == 0)
                r = migrate_state_write(m->state);
        if (r < 0 || m->source.n_problems > 0)
                (void) restore_files(m->state);

        return r;
}

/* --- moving --- */

typedef int (*Move)(const MovePool *pools, size_t n_pools, const char *unit);

/* One php-fpm after the other. */
static int move_units(const json_t *state, Move move) {
        json_t *units = json_object_get(state, "units"), *one;
        const char *unit;

        json_object_foreach(units, unit, one) {
                MovePool *pools;
                size_t n;
                int r;

                if (migrate_state_pools(one, &pools, &n) < 0)
                        return -ENOMEM;

                r = move(pools, n, unit);
                migrate_state_pools_done(pools, n);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int move_now(json_t *state) {
        int r;

        if (json_object_get(json_object_get(state, "units"), ""))
                return complain(EX_CONFIG,
                                "php-fpm's unit is not known by the path of its file; start the pools by systemctl, "
                                "and stop php-fpm");

        (void) json_object_set_new(state, "moved", json_true());
        r = migrate_state_write(state);
        if (r == 0)
                r = move_units(state, move_to_fpmd);
        if (r < 0)
                return complain(EXIT_FAILURE,
                                "the move has stopped there; fpmctl migrate --now goes on, fpmctl migrate --back "
                                "undoes it");

        (void) json_object_set_new(state, "done", json_true());
        r = migrate_state_write(state);
        return r < 0 ? complain(EX_IOERR, "cannot write the state: %s", strerror(-r))
                     : EXIT_SUCCESS;
}

/* --- back --- */

/* What somebody has changed since stays, under another name. */
static int restore_files(const json_t *state) {
        json_t *files = json_object_get(state, "files"), *text;
        const char *path;

        json_object_foreach(files, path, text) {
                const char *old = json_string_value(
                                json_object_get(json_object_get(state, "saved"), path));
                _cleanup_free_ char *now = migrate_file_read(path), *kept = NULL;

                if (now && strcmp(now, json_string_value(text)) != 0 &&
                                (!old || strcmp(now, old) != 0)) {
                        if (asprintf(&kept, "%s.changed", path) < 0)
                                return -ENOMEM;
                        if (rename(path, kept) < 0)
                                return -errno;
                        printf("kept %s, which was changed, as %s\n", path, kept);
                } else if (now && !old && unlink(path) < 0)
                        return -errno;
                if (old) {
                        int r = migrate_file_write(path, old, 0644);

                        if (r < 0)
                                return r;
                }
        }

        return migrate_state_remove();
}

static int enable_units(const json_t *state) {
        json_t *units = json_object_get(state, "units"), *one;
        const char *unit;
        int r = 0;

        json_object_foreach(units, unit, one) {
                if (r == 0 && json_is_true(json_object_get(one, "enabled")))
                        r = systemctl("enable", unit, NULL);
        }

        return r;
}

static int go_back(void) {
        json_auto_t *state = migrate_state_read();
        int r = 0;

        if (!state)
                return complain(EX_NOINPUT,
                                "there is nothing to undo: fpmctl migrate has not been here");

        if (json_is_true(json_object_get(state, "moved")))
                r = move_units(state, move_to_php_fpm);
        if (r == 0)
                r = enable_units(state);
        if (r < 0)
                return complain(EXIT_FAILURE, "not undone; the pool files stay");

        r = restore_files(state);
        if (r < 0)
                return complain(EX_IOERR, "cannot undo the files: %s", strerror(-r));

        (void) systemctl("daemon-reload", NULL);
        puts("as it was");
        return EXIT_SUCCESS;
}

/* --- the command --- */

static int prepare(Migration *m) {
        int r;

        r = read_all(m);
        if (r == 0 && m->source.n_pools == 0 && m->source.n_problems == 0)
                r = migrate_source_add_problem(
                                &m->source, "there is no pool of php-fpm: name its php-fpm.conf");
        if (r == 0)
                r = migrate_plan_make(
                                &m->plan, &m->source, m->unit_lines.items, m->unit_lines.n_items);
        if (r == 0)
                r = check_free(m);
        if (r == 0 && m->source.n_problems == 0)
                r = check_staged(m);

        return r;
}

static int run(Migration *m) {
        int status, r;

        r = prepare(m);
        if (r < 0)
                return complain(EX_OSERR, "cannot migrate: %s", strerror(-r));
        if (m->source.n_problems > 0)
                return migrate_print_problems(&m->source);

        status = migrate_print_report(&m->plan);
        if (status != EXIT_SUCCESS)
                return status;
        if (m->in->dry_run) {
                migrate_print_diff(&m->plan, m->base);
                return EXIT_SUCCESS;
        }

        r = write_all(m);
        if (r < 0)
                return complain(EX_IOERR, "cannot write: %s; nothing has changed", strerror(-r));
        if (m->source.n_problems > 0)
                return migrate_print_problems(&m->source);

        (void) systemctl("daemon-reload", NULL);
        if (m->in->now)
                return move_now(m->state);

        puts("written; php-fpm serves on. fpmctl migrate --now moves the pools, fpmctl migrate --back undoes this");
        return EXIT_SUCCESS;
}

int command_migrate(const Invocation *in) {
        _cleanup_(migration_done) Migration m = { .in = in };
        json_auto_t *state = NULL;
        size_t size = strlen(in->conf_dir), suffix = strlen("/conf.d");

        if (geteuid() != 0)
                return complain(EX_NOPERM, "only root can migrate");
        if (in->back)
                return go_back();
        if (size <= suffix || strcmp(in->conf_dir + size - suffix, "/conf.d") != 0)
                return complain(EX_USAGE, "%s is not called conf.d", in->conf_dir);

        m.base = strndup(in->conf_dir, size - suffix);
        if (!m.base)
                return complain_memory();

        state = in->dry_run ? NULL : migrate_state_read();
        if (state && in->now && in->n_arguments == 0 &&
                        !json_is_true(json_object_get(state, "done")))
                return move_now(state);
        if (state)
                return complain(EXIT_FAILURE,
                                "the pools were migrated already; fpmctl migrate --back undoes it");

        return run(&m);
}
