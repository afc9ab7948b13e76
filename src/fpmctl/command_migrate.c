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
#include "base/fd.h"
#include "config/pool_files.h"
#include "fpmctl/checker.h"
#include "fpmctl/command.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/move.h"
#include "fpmctl/migrate/plan.h"
#include "fpmctl/migrate/plan_files.h"
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

/* --- reading --- */

/* "8.2" of "/etc/php/8.2/fpm/php-fpm.conf", which php8.2-fpm.service runs with. */
static bool version_of(const char *file, char version[static 16]) {
        char rest;

        return sscanf(file, "/etc/php/%15[0-9.]/fpm/php-fpm.con%c", version, &rest) == 2 &&
               rest == 'f';
}

static int read_one(Migration *m, const char *file) {
        _cleanup_free_ char *unit = NULL;
        char version[16];
        int r;

        if (!version_of(file, version))
                return migrate_source_read(&m->source, file, NULL);

        unit = migrate_pool_unit(&(MigratePool){ .php = version });
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

static int note_check(Migration *m, const char *conf_dir, const MigratePool *pool,
                const CheckerResult *result) {
        _cleanup_free_ char *made = NULL;

        if (result->status < 0)
                return migrate_source_add_problem(&m->source, "[%s]: it cannot be checked: %s",
                                pool->name, strerror(-result->status));
        if (result->status == EXIT_SUCCESS)
                return 0;
        if (asprintf(&made, "%s/%s.conf", conf_dir, pool->name) < 0) {
                made = NULL;
                return -ENOMEM;
        }

        return migrate_source_add_refusal(&m->source, pool, made, result->output);
}

/* Each pool as fpmd will read it; what is wrong becomes a problem. */
static int check_pools(Migration *m, const char *base) {
        _cleanup_(checker_results_done) CheckerResults results = {};
        _cleanup_free_ char *conf_dir = migrate_file_path(base, "conf.d");
        _cleanup_free_ const char **names = calloc(m->source.n_pools + 1, sizeof(*names));
        int r = conf_dir && names ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < m->source.n_pools; i++)
                names[i] = m->source.pools[i].name;
        if (r == 0)
                r = checker_run_all(conf_dir, names, m->source.n_pools, &results);
        for (size_t i = 0; r == 0 && i < results.n_items; i++)
                r = note_check(m, conf_dir, &m->source.pools[i], &results.items[i]);

        return r;
}

/* In a folder that only root can change, as /etc is: files of others may say less. */
static int check_staged(Migration *m) {
        char base[] = "/run/fpmd-migrate-XXXXXX";
        int r;

        if (!mkdtemp(base))
                return -errno;

        r = plan_files_write(&m->plan, base);
        if (r == 0)
                r = check_pools(m, base);

        plan_files_remove(&m->plan, base);
        return r;
}

/* --- writing --- */

static int write_all(Migration *m) {
        int r;

        /* Before the first file is written: what is half done can be undone. */
        r = migrate_state_new(&m->state, &m->plan, m->base);
        if (r == 0)
                r = migrate_state_write(m->state);
        if (r == 0)
                r = plan_files_write(&m->plan, m->base);
        if (r == 0)
                r = check_pools(m, m->base); /* beside the pools that are there already */

        for (size_t i = 0; r == 0 && i < m->source.n_pools; i++)
                r = migrate_state_add_pool(m->state, m->in->conf_dir, &m->source.pools[i]);
        if (r == 0 && m->source.n_problems == 0)
                r = migrate_file_sync(m->base);
        if (r == 0 && m->source.n_problems == 0)
                r = migrate_state_reach(m->state, "written");
        if (r < 0 || m->source.n_problems > 0)
                (void) migrate_state_undo_files(m->state);

        return r;
}

/* --- moving --- */

/* One php-fpm after the other. */
static int move_units(const json_t *state, int (*move)(const MoveUnit *)) {
        json_t *units = json_object_get(state, "units"), *one;
        const char *name;

        json_object_foreach(units, name, one) {
                _cleanup_(migrate_state_unit_done) MoveUnit unit = {};
                int r;

                r = migrate_state_unit(&unit, name, one);
                if (r == 0)
                        r = move(&unit);
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

        r = migrate_state_reach(state, "moved");
        if (r == 0)
                r = move_units(state, move_to_fpmd);
        if (r < 0)
                return complain(EXIT_FAILURE,
                                "the move has stopped there; fpmctl migrate --now goes on, fpmctl migrate --back "
                                "undoes it");

        r = migrate_state_reach(state, "done");
        return r < 0 ? complain(EX_IOERR, "cannot write the state: %s", strerror(-r))
                     : EXIT_SUCCESS;
}

static int complain_state(int error) {
        return complain(EX_IOERR, "cannot read the state of the migration: %s", strerror(-error));
}

/* --- back --- */

static int go_back(void) {
        json_auto_t *state = NULL;
        int r;

        r = migrate_state_read(&state);
        if (r < 0)
                return complain_state(r);
        if (!state)
                return complain(EX_NOINPUT, "there is nothing to undo: fpmctl migrate was not run");

        if (migrate_state_has(state, "moved"))
                r = migrate_state_reach(state, "back");
        if (r == 0 && migrate_state_has(state, "moved"))
                r = move_units(state, move_to_php_fpm);
        if (r < 0)
                return complain(EXIT_FAILURE,
                                "not undone, the pool files stay; fpmctl migrate --back goes on");

        r = migrate_state_undo_files(state);
        if (r < 0)
                return complain(EX_IOERR, "cannot undo the files: %s", strerror(-r));

        (void) systemctl("daemon-reload", NULL);
        puts("php-fpm serves as before");
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

        puts("written; php-fpm goes on serving. fpmctl migrate --now moves the pools, "
             "fpmctl migrate --back undoes this");
        return EXIT_SUCCESS;
}

/* What was killed before all its files were written begins anew. */
static int run_or_go_on(Migration *m) {
        json_auto_t *state = NULL;
        int r;

        r = migrate_state_read(&state);
        if (r < 0)
                return complain_state(r);
        if (!state)
                return run(m);

        if (migrate_state_has(state, "back"))
                return complain(EXIT_FAILURE,
                                "the way back to php-fpm has stopped half-way; fpmctl migrate --back goes on");
        if (!migrate_state_has(state, "written")) {
                r = migrate_state_undo_files(state);
                return r < 0 ? complain(EX_IOERR, "cannot undo what was half written: %s",
                                               strerror(-r))
                             : run(m);
        }
        if (m->in->now && m->in->n_arguments == 0 && !migrate_state_has(state, "done"))
                return move_now(state);

        return complain(EXIT_FAILURE,
                        "the pools were migrated already; fpmctl migrate --back undoes it");
}

/* Two at once would move the same pools, or move them there and back. */
static int lock(int *ret_fd) {
        *ret_fd = migrate_state_lock();
        if (*ret_fd == -EWOULDBLOCK)
                return complain(EX_TEMPFAIL,
                                "another fpmctl migrate runs: run this again when it has ended");

        return *ret_fd < 0 ? complain(EX_OSERR, "cannot lock the migration: %s", strerror(-*ret_fd))
                           : EXIT_SUCCESS;
}

int command_migrate(const Invocation *in) {
        _cleanup_(migration_done) Migration m = { .in = in };
        _cleanup_close_ int lock_fd = -EBADF;
        int status = EXIT_SUCCESS;
        size_t size = strlen(in->conf_dir), suffix = strlen("/conf.d");

        if (geteuid() != 0)
                return complain(EX_NOPERM, "only root can migrate");
        if (!in->dry_run || in->back)
                status = lock(&lock_fd);
        if (status != EXIT_SUCCESS)
                return status;
        if (in->back)
                return go_back();
        if (size <= suffix || strcmp(in->conf_dir + size - suffix, "/conf.d") != 0)
                return complain(EX_USAGE, "%s is not called conf.d", in->conf_dir);

        m.base = strndup(in->conf_dir, size - suffix);
        if (!m.base)
                return complain_memory();

        return in->dry_run ? run(&m) : run_or_go_on(&m);
}
