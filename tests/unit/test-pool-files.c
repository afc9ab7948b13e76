/* SPDX-License-Identifier: MIT */
/* Proves that the name of a pool leads to one file, in whatever way the files of a machine are divided, and that what
 * fpmd.conf says counts where the pool's own file is silent. */

#include "config/pool_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static char dir[64];
static char reports[16384];

static void record(void *userdata, int priority, const char *line) {
        size_t used = strlen(reports);

        (void) userdata;
        snprintf(reports + used, sizeof(reports) - used, "<%d> %s\n", priority, line);
}

static void begin(void) {
        char path[128];

        /* Root quotes files of root's alone. */
        strcpy(dir, geteuid() == 0 ? "/run/fpmd-test-XXXXXX" : "/tmp/fpmd-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/conf.d", dir);
        ck_assert_int_eq(mkdir(path, 0755), 0);
        snprintf(path, sizeof(path), "%s/pool.d", dir);
        ck_assert_int_eq(mkdir(path, 0755), 0);
        reports[0] = '\0';
}

static void end(void) {
        char command[128];

        snprintf(command, sizeof(command), "rm -r %s", dir);
        ck_assert_int_eq(system(command), 0);
}

/* DIR in the text becomes the folder of this test. */
static void put(const char *name, const char *text) {
        char path[512];
        FILE *out;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        out = fopen(path, "we");
        ck_assert_ptr_nonnull(out);
        for (const char *p = text; *p;) {
                if (strncmp(p, "DIR", 3) == 0) {
                        fputs(dir, out);
                        p += 3;
                } else
                        fputc(*p++, out);
        }
        ck_assert_int_eq(fclose(out), 0);
}

static const char *conf_dir(void) {
        static char path[128];

        snprintf(path, sizeof(path), "%s/conf.d", dir);
        return path;
}

/* "NAME=FILE NAME=FILE" without the folder of the test. */
static void pools_are(const char *expected) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        char text[4096] = "";

        reports[0] = '\0';
        ck_assert_int_eq(pool_files_read(&files, conf_dir(), record, NULL), 0);
        for (size_t i = 0; i < files.n_items; i++) {
                size_t used = strlen(text);

                ck_assert_ptr_eq(pool_files_find(&files, files.items[i].name), &files.items[i]);
                snprintf(text + used, sizeof(text) - used, "%s%s=%s", i > 0 ? " " : "",
                                files.items[i].name, files.items[i].file + strlen(dir) + 1);
        }
        ck_assert_str_eq(text, expected);
}

static PoolConfig *load(const char *name) {
        PoolConfig *config = NULL;

        reports[0] = '\0';
        ck_assert_msg(pool_files_load_name(&config, conf_dir(), name, false, record, NULL) == 0,
                        "%s: %s", name, reports);
        return config;
}

static void refused(const char *name, const char *part) {
        PoolConfig *config = NULL;

        reports[0] = '\0';
        ck_assert_int_lt(pool_files_load_name(&config, conf_dir(), name, false, record, NULL), 0);
        ck_assert_msg(strstr(reports, part) != NULL, "%s: %s", name, reports);
}

static const char STATIC[] = "user = bin\npm = static\npm.max_children = 3\n";

START_TEST(files_and_sections) {
        begin();
        put("conf.d/www.conf", "[www]\n");
        put("conf.d/many.conf", "; two\n[b]\nuser = x\n[a]\n[global]\n[b]\n");
        put("conf.d/.hidden.conf", "[hidden]\n");
        put("conf.d/note.txt", "[note]\n");
        put("conf.d/silent.conf", "");
        put("conf.d/Case.conf", "[CASE]\n");
        pools_are("a=conf.d/many.conf b=conf.d/many.conf Case=conf.d/Case.conf silent=conf.d/silent.conf "
                  "www=conf.d/www.conf");
        ck_assert_str_eq(reports, "");
        end();
}
END_TEST

START_TEST(includes_and_pool_dirs) {
        begin();
        put("fpmd.conf", "[global]\npool_dirs = DIR/pool.d\n");
        put("pool.d/x.conf", "[x]\n");
        put("pool.d/y.inc", "[y]\n");
        put("conf.d/z.conf", "[z]\ninclude = DIR/pool.d/*.inc\n");
        pools_are("x=pool.d/x.conf y=conf.d/z.conf z=conf.d/z.conf");

        /* of itself, and a folder that is not there */
        put("fpmd.conf", "pool_dirs = DIR/nowhere relative\n");
        put("conf.d/z.conf", "include = *.conf\n[z]\n");
        pools_are("z=conf.d/z.conf");
        ck_assert_ptr_nonnull(strstr(reports, "nowhere: No such file"));
        ck_assert_ptr_nonnull(strstr(reports, "relative is not an absolute path"));
        end();
}
END_TEST

/* For the units a file that is called after the pool counts, and is enough. */
static void units_have(const char *name, const char *listen) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;

        ck_assert_int_eq(pool_files_load_name(&config, conf_dir(), name, true, NULL, NULL), 0);
        ck_assert_str_eq(config->name, name);
        ck_assert_uint_eq(config->listen.n_items, listen ? 1 : 0);
        if (listen)
                ck_assert_str_eq(config->listen.items[0].value, listen);
}

START_TEST(one_name_twice) {
        char other[256];

        begin();
        put("conf.d/www.conf",
                        "[www]\nlisten = /from/www\nuser = bin\npm = static\npm.max_children = 1\n");
        put("conf.d/a.conf",
                        "\n[WWW]\nlisten = /from/a\n[a]\nuser = bin\npm = static\npm.max_children = 1\n");
        pools_are("a=conf.d/a.conf www=conf.d/www.conf");
        snprintf(other, sizeof(other),
                        "<3> %s/conf.d/www.conf:1: [www] is a pool of %s/conf.d/a.conf:2 too", dir,
                        dir);
        ck_assert_msg(strstr(reports, other) != NULL, "%s", reports);
        refused("www", "is a pool of");
        pool_config_free(load("a"));
        units_have("www", "/from/www");
        units_have("a", NULL);
        end();
}
END_TEST

START_TEST(hostile_names) {
        begin();
        put("conf.d/x.conf", "[a b]\n[%n]\n[..]\n[.x]\n[ok]\n[\"a\"]\n[\xff]\n");
        put("conf.d/long.conf",
                        "[aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggggggggh]\n");
        pools_are("a=conf.d/x.conf ok=conf.d/x.conf");
        ck_assert_ptr_nonnull(strstr(reports, "x.conf:1: [a b] cannot be the name of a pool"));
        ck_assert_ptr_nonnull(strstr(reports, "x.conf:3: [..] cannot"));
        ck_assert_ptr_nonnull(strstr(reports, "long.conf:1: "));

        put("conf.d/a b%n.conf", "");
        ck_assert_int_eq(symlink("/dev/zero", (snprintf(reports, sizeof(reports),
                                                               "%s/conf.d/zero.conf", dir),
                                                              reports)),
                        0);
        pools_are("a=conf.d/x.conf ok=conf.d/x.conf zero=conf.d/zero.conf");
        refused("zero", "is not a regular file");
        end();
}
END_TEST

START_TEST(other_sections_do_no_harm) {
        PoolConfig *config;

        begin();
        put("conf.d/x.conf",
                        "[a]\nuser = bin\npm = static\npm.max_children = 3\n[b]\nnonsense\nuser = \"\n");
        config = load("a");
        ck_assert_uint_eq(config->max_children, 3);
        ck_assert_str_eq(reports, "");
        pool_config_free(config);
        refused("b", "x.conf:6: 'nonsense' has no value");
        refused("c", "c.conf: there is no such file");
        end();
}
END_TEST

START_TEST(defaults) {
        PoolConfig *config;

        begin();
        put("fpmd.conf",
                        "[global]\nprocess_control_timeout = 7\nrlimit_files = 4096\nprocess.max = 2\n"
                        "[defaults]\nuser = daemon\ngroup = daemon\npm = dynamic\npm.max_requests = 9\n"
                        "listen = /run/php/$pool.sock\nenv[A] = default\nenv[B] = default\n"
                        "systemd.MemoryMax = 1G\nsystemd.CPUWeight = 20\n");
        put("conf.d/www.conf", "[www]\nuser = bin\npm = static\npm.max_children = 3\nenv[A] = own\n"
                               "systemd.memorymax = 2G\n");
        config = load("www");
        ck_assert_str_eq(config->user, "bin");
        ck_assert_ptr_null(config->group);
        ck_assert_uint_eq(config->pm, PM_STATIC);
        ck_assert_uint_eq(config->max_requests, 9);
        ck_assert_uint_eq(config->max_children, 2);
        ck_assert_uint_eq(config->rlimit_files, 4096);
        ck_assert_uint_eq(config->process_control_timeout_usec, 7000000);
        ck_assert_uint_eq(config->env.n_items, 2);
        ck_assert_str_eq(config->env.items[0].value, "own");
        ck_assert_str_eq(config->env.items[1].key, "B");
        ck_assert_uint_eq(config->listen.n_items, 1);
        ck_assert_str_eq(config->listen.items[0].value, "/run/php/www.sock");
        ck_assert_uint_eq(config->unit_settings.n_items, 2);
        ck_assert_str_eq(config->unit_settings.items[0].key, "MemoryMax");
        ck_assert_str_eq(config->unit_settings.items[0].value, "2G");
        pool_config_free(config);

        /* the pool's own word about each of them */
        put("conf.d/www.conf",
                        "[global]\nprocess_control_timeout = 3\n[www]\nuser = bin\npm = static\n"
                        "pm.max_children = 1\nrlimit_files = 99\nlisten = /a\nlisten = /b\n");
        config = load("www");
        ck_assert_str_eq(reports, "");
        ck_assert_uint_eq(config->process_control_timeout_usec, 3000000);
        ck_assert_uint_eq(config->rlimit_files, 99);
        ck_assert_uint_eq(config->listen.n_items, 2);
        pool_config_free(config);

        put("fpmd.conf", "[defaults]\nnonsense = 1\n[www]\nuser = bin\n");
        refused("www", "fpmd.conf:2: nonsense: there is no such directive");
        refused("www", "fpmd.conf:3: [www]: this file has the sections [global] and [defaults] alone");
        put("fpmd.conf", "");
        put("conf.d/www.conf", "[global]\npool_dirs = /x\n[www]\n");
        refused("www", "pool_dirs: belongs into fpmd.conf");
        end();
}
END_TEST

/* Whoever owns the file must not decide about a service of root's. */
START_TEST(settings_of_others) {
        if (geteuid() != 0)
                return;

        begin();
        put("conf.d/www.conf",
                        "[www]\nuser = bin\npm = static\npm.max_children = 1\nsystemd.Nice = 1\n");
        pool_config_free(load("www"));
        ck_assert_int_eq(chown((snprintf(reports, sizeof(reports), "%s/www.conf", conf_dir()),
                                               reports),
                                         1, 1),
                        0);
        refused("www", "www.conf:5: systemd: may stand only in a file that root alone can change");
        end();
}
END_TEST

/* The bound is for a loaded machine: alone it takes a tenth of it. */
START_TEST(many_pools_of_one_file) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        struct timespec from, to;
        char path[128];
        FILE *out;

        begin();
        snprintf(path, sizeof(path), "%s/conf.d/all.conf", dir);
        out = fopen(path, "we");
        ck_assert_ptr_nonnull(out);
        for (int i = 0; i < 500; i++)
                fprintf(out, "[p%03d]\nlisten = /run/php/p%03d.sock\n%s; words\n\n", i, i, STATIC);
        ck_assert_int_eq(fclose(out), 0);

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        ck_assert_int_eq(pool_files_read(&files, conf_dir(), record, NULL), 0);
        ck_assert_uint_eq(files.n_items, 500);
        for (size_t i = 0; i < files.n_items; i++) {
                PoolConfig *config = NULL;

                ck_assert_int_eq(
                                pool_files_load(&config, &files, &files.items[i], true, NULL, NULL),
                                0);
                pool_config_free(config);
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        ck_assert_int_lt((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000,
                        1000);
        end();
}
END_TEST

#define POOL "user = bin\npm = static\n"

static PoolConfig *load_for_units(PoolFiles *files, const char *name, bool from_sections) {
        FileSectionsList kept = files->files;
        PoolConfig *config = NULL;
        const PoolFile *file = pool_files_find(files, name);

        ck_assert_ptr_nonnull(file);
        if (!from_sections)
                files->files = (FileSectionsList){};
        ck_assert_int_eq(pool_files_load(&config, files, file, true, record, NULL), 0);
        files->files = kept;
        return config;
}

/* A pool of a file of many sections is read from these, and it is what it is by the whole file: with what is global
 * between pools and before the first one, a second section of its own, and the lines of mistakes. */
static void is_the_same(PoolFiles *files, const char *name) {
        static const char *const directives[] = { "listen", "listen.mode", "listen.backlog",
                "chdir", "access.log", "rlimit_files" };
        _cleanup_(pool_config_freep) PoolConfig *pieces = NULL, *whole = NULL;
        char said[sizeof(reports)];

        reports[0] = '\0';
        pieces = load_for_units(files, name, true);
        strcpy(said, reports);
        reports[0] = '\0';
        whole = load_for_units(files, name, false);
        ck_assert_str_eq(said, reports);
        for (size_t i = 0; i < ELEMENTSOF(directives); i++) {
                ck_assert_uint_eq(pool_config_line_of(pieces, directives[i]),
                                pool_config_line_of(whole, directives[i]));
                ck_assert_str_eq(pool_config_file_of(pieces, directives[i]),
                                pool_config_file_of(whole, directives[i]));
        }
        ck_assert_uint_eq(pieces->listen_mode, whole->listen_mode);
        ck_assert_str_eq(pieces->listen.items[0].value, whole->listen.items[0].value);
}

START_TEST(a_pool_is_the_same_from_its_sections) {
        _cleanup_(pool_files_done) PoolFiles files = {};

        begin();
        put("conf.d/all.conf",
                        "rlimit_files = 11\r\n[A]\nlisten = /run/a\n" POOL
                        "[b]\nlisten = /run/b\nlisten.mode = 9\n[c]\nlisten = /run/c\n\n"
                        "[d]\nlisten = /run/d\n[global]\nrlimit_files = 22\n[e]\nlisten = /run/e\n"
                        "[f]\nlisten = /run/f\n[g]\nlisten = /run/g\nlisten.backlog = many\n"
                        "[GLOBAL]\nrlimit_files = 33\n[a]\nlisten.mode = 0611\nchdir = /\n[h]\nlisten = /run/h");
        put("conf.d/other.conf", "[x]\nlisten = /run/x\n[y]\nlisten = /run/y\n");
        ck_assert_int_eq(pool_files_read(&files, conf_dir(), record, NULL), 0);
        ck_assert_uint_eq(files.n_items, 10);
        ck_assert_uint_eq(files.files.n_items, 1);
        for (size_t i = 0; i < files.n_items; i++)
                is_the_same(&files, files.items[i].name);
        end();
}
END_TEST

/* As for php-fpm a section may come again, what is global behind pools, too; what comes last counts. */
START_TEST(global_after_pools) {
        _cleanup_(pool_config_freep) PoolConfig *a = NULL, *b = NULL, *c = NULL;

        begin();
        put("fpmd.conf", "[defaults]\nuser = bin\npm = static\n[global]\nrlimit_files = 77\n"
                         "pool_dirs = DIR/nowhere\n[defaults]\npm.max_children = 9\n[GLOBAL]\n"
                         "rlimit_files = 88\npool_dirs = DIR/pool.d\n");
        put("conf.d/a.conf",
                        "[a]\nlisten = /run/a\n[global]\nlog_level = debug\n[a]\nlisten.mode = 0600\n");
        put("pool.d/b.conf", "[b]\n[c]\n[global]\nrlimit_files = 99\n");
        a = load("a");
        b = load("b");
        c = load("c");
        ck_assert_uint_eq(a->rlimit_files, 88);
        ck_assert_uint_eq(a->max_children, 9);
        ck_assert_uint_eq(a->listen_mode, 0600);
        ck_assert_uint_eq(b->rlimit_files, 99);
        ck_assert_uint_eq(c->rlimit_files, 99);
        end();
}
END_TEST

/* A file that includes others, or has a mistake in a section line, is read as a whole for each pool. */
START_TEST(sections_of_a_file_that_is_not_plain) {
        static const char many[] = "[a]\n[b]\n[c]\n[d]\n[e]\n[f]\n[g]\n[h]\n[i]\n";
        static const char *const more[] = { "include = DIR/nothing*\n", "[broken\n", "[]\n" };

        for (size_t i = 0; i < ELEMENTSOF(more); i++) {
                _cleanup_(pool_files_done) PoolFiles files = {};
                char text[512];

                begin();
                snprintf(text, sizeof(text), "%s%s", many, more[i]);
                put("conf.d/all.conf", text);
                ck_assert_int_eq(pool_files_read(&files, conf_dir(), NULL, NULL), 0);
                ck_assert_uint_eq(files.n_items, 9);
                ck_assert_uint_eq(files.files.n_items, 0);
                end();
        }
}
END_TEST

static size_t files_read_for(const PoolFiles *files, const char *name, uint64_t max_children) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        const PoolFile *file = pool_files_find(files, name);

        ck_assert_ptr_nonnull(file);
        ck_assert_int_eq(pool_files_load(&config, files, file, false, record, NULL), 0);
        ck_assert_uint_eq(config->max_children, max_children);
        return config->n_files;
}

/* Some panels include a folder with a file for each pool. */
START_TEST(a_pool_does_not_read_the_included_files_of_others) {
        _cleanup_(pool_files_done) PoolFiles files = {};

        begin();
        put("conf.d/all.conf", "[z]\n" POOL "include = DIR/pool.d/*.conf\n");
        put("pool.d/a.conf", "pm.max_children = 7\n[a]\n" POOL "pm.max_children = 3\n");
        put("pool.d/b.conf", "[b]\n" POOL "pm.max_children = 4\n");
        put("pool.d/c.conf", "[C]\n" POOL "pm.max_children = 5\n");
        put("pool.d/d.conf", "[d]\n" POOL "[e]\n" POOL);
        ck_assert_int_eq(pool_files_read(&files, conf_dir(), record, NULL), 0);
        ck_assert_uint_eq(files.n_items, 6);
        /* Files that may not be quoted have a say in the messages of all. */
        if (geteuid() == 0) {
                ck_assert_uint_eq(files_read_for(&files, "z", 7), 3); /* all, a, d */
                ck_assert_uint_eq(files_read_for(&files, "b", 4), 4);
                ck_assert_uint_eq(files_read_for(&files, "C", 5), 4);
        }
        ck_assert_str_eq(reports, "");
        end();
}
END_TEST

UNIT_MAIN("pool-files", a_pool_does_not_read_the_included_files_of_others, files_and_sections,
                includes_and_pool_dirs, one_name_twice, hostile_names, other_sections_do_no_harm,
                defaults, settings_of_others, many_pools_of_one_file,
                a_pool_is_the_same_from_its_sections, sections_of_a_file_that_is_not_plain,
                global_after_pools);
