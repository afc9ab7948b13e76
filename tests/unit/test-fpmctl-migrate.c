/* SPDX-License-Identifier: MIT */
/* Proves what becomes of a php-fpm.conf, and that what is not understood is told and not written. */

#include "fpmctl/migrate/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/socket_users.h"
#include "unit.h"

static char path[] = "/tmp/fpmd-test-XXXXXX";
static mode_t read_mode = 0644;

static void read_text(MigrateSource *source, const char *text) {
        int fd;

        strcpy(path, "/tmp/fpmd-test-XXXXXX");
        fd = mkstemp(path);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fchmod(fd, read_mode), 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
        close(fd);
        ck_assert_int_eq(migrate_source_read(source, path, "8.2"), 0);
        unlink(path);
}

/* The text of a file of the plan, without its comments. */
static void file_is(const MigratePlan *plan, const char *name, const char *expected) {
        for (size_t i = 0; i < plan->n_files; i++) {
                char text[4096] = "";

                if (strcmp(plan->files[i].name, name) != 0)
                        continue;
                for (char *rest = plan->files[i].text, *line; (line = strsep(&rest, "\n"));)
                        if (*line && *line != ';')
                                strcat(strcat(text, line), "\n");
                ck_assert_str_eq(text, expected);
                return;
        }

        ck_abort_msg("there is no %s", name);
}

static mode_t mode_of(const MigratePlan *plan, const char *name) {
        for (size_t i = 0; i < plan->n_files; i++)
                if (strcmp(plan->files[i].name, name) == 0)
                        return plan->files[i].mode;

        return 0;
}

static bool row_says(const MigratePlan *plan, const char *what, const char *now) {
        for (size_t i = 0; i < plan->n_rows; i++)
                if (strstr(plan->rows[i].what, what) && strstr(plan->rows[i].now, now))
                        return true;

        return false;
}

START_TEST(files) {
        _cleanup_(migrate_source_done) MigrateSource source = {};
        _cleanup_(migrate_plan_done) MigratePlan plan = {};
        MigrateUnitLine lines[] = {
                { "x:1", "LimitNOFILE", "9", 0644 },
                { "x:2", "User", "root", 0644 },
                { "x:3", "Environment", "'A=b c'", 0644 },
        };

        read_text(&source,
                        "pid = /run/x\nrlimit_files = 4096\n[A]\nuser = alice ; who\nlisten = /run/a\n"
                        "pm = static\nphp_value[error_reporting] = E_ALL & ~E_NOTICE\n[b]\nuser = b\n"
                        "listen = 9000\npm = static\n[a]\nenv[\"X\"] = \"1;2\"\ncatch_workers_output = yes\n");
        ck_assert_uint_eq(source.n_problems, 0);
        ck_assert_uint_eq(source.n_pools, 2);
        ck_assert_int_eq(migrate_plan_make(&plan, &source, lines, 3), 0);
        file_is(&plan, "fpmd.conf",
                        "[global]\nrlimit_files = 4096\n[defaults]\nsystemd.LimitNOFILE = '9'\n");
        file_is(&plan, "conf.d/A.conf",
                        "[A]\nphp = 8.2\nuser = alice\nlisten = /run/a\npm = static\n"
                        "php_value[error_reporting] = E_ALL & ~E_NOTICE\nenv[X] = \"1;2\"\n"
                        "listen.owner = root\nlisten.group = root\n");
        file_is(&plan, "conf.d/b.conf", "[b]\nphp = 8.2\nuser = b\nlisten = 9000\npm = static\n");
        ck_assert(row_says(&plan, "pid = /run/x", "MainPID"));
        ck_assert(row_says(&plan, "catch_workers_output", "journal"));
        ck_assert(row_says(&plan, "User=root", "not taken over: cannot be set here"));
        ck_assert(row_says(&plan, "Environment='A=b c'", "its quotes are not understood"));
        ck_assert(row_says(&plan, "LimitNOFILE=9", "fpmd.conf"));
}
END_TEST

/* What only root could read before only root can read afterwards. */
START_TEST(modes) {
        _cleanup_(migrate_source_done) MigrateSource source = {};
        _cleanup_(migrate_plan_done) MigratePlan plan = {};
        MigrateUnitLine lines[] = { { "x:1", "Nice", "5", 0640 }, { "x:2", "User", "root", 0600 } };

        read_mode = 0644;
        read_text(&source, "rlimit_files = 1\n[open]\nuser = a\nlisten = 9000\npm = static\n");
        read_mode = 0600;
        read_text(&source, "[open]\n[secret]\nuser = a\nlisten = 9001\npm = static\n");
        ck_assert_int_eq(migrate_plan_make(&plan, &source, lines, 2), 0);
        ck_assert_uint_eq(mode_of(&plan, "conf.d/open.conf"), 0644);
        ck_assert_uint_eq(mode_of(&plan, "conf.d/secret.conf"), 0600);
        ck_assert_uint_eq(mode_of(&plan, "fpmd.conf"), 0640);
}
END_TEST

/* php-fpm -tt: what is global may stand behind pools, and what comes last counts. */
START_TEST(global_after_pools) {
        _cleanup_(migrate_source_done) MigrateSource source = {};
        _cleanup_(migrate_plan_done) MigratePlan plan = {};

        read_text(&source, "[a]\nuser = a\nlisten = 9000\npm = static\n[global]\nrlimit_files = 1\n"
                           "[b]\nuser = b\nlisten = 9001\npm = static\nrlimit_files = 3\n[GLOBAL]\n"
                           "rlimit_files = 2\nprocess_control_timeout = 9s\n");
        ck_assert_uint_eq(source.n_problems, 0);
        ck_assert_int_eq(migrate_plan_make(&plan, &source, NULL, 0), 0);
        file_is(&plan, "fpmd.conf",
                        "[global]\nrlimit_files = 1\nrlimit_files = 2\nprocess_control_timeout = 9s\n[defaults]\n");
        file_is(&plan, "conf.d/a.conf", "[a]\nphp = 8.2\nuser = a\nlisten = 9000\npm = static\n");
        file_is(&plan, "conf.d/b.conf",
                        "[b]\nphp = 8.2\nuser = b\nlisten = 9001\npm = static\nrlimit_files = 3\n");
}
END_TEST

static void problem(const char *text, const char *part) {
        _cleanup_(migrate_source_done) MigrateSource source = {};

        read_text(&source, text);
        ck_assert_uint_ge(source.n_problems, 1);
        ck_assert_msg(strstr(source.problems[0], part) != NULL, "%s", source.problems[0]);
}

START_TEST(problems) {
        problem("[a b]\nuser = x\n", ":1: [a b]: a unit cannot have this name");
        problem("[a]\nuser = x\nlisten = /a\n", "[a]: has no pm");
        problem("[a]\nnew.thing = 1\n", ":2: new.thing: there is no such directive in a pool");
        problem("user = x\n", ":1: user: there is no such directive in [global]");
        problem("include = pool.d/*.conf\n", "relative to a folder");
        problem("[a\n", "is not closed");
        problem("[a]\nenv[A[B] = 1\n", "");
        /* php-fpm lets the section of an include go on */
        problem("include = /nowhere/*.conf\n", "cannot look for");
}
END_TEST

START_TEST(users_of_a_socket) {
        static const char table[] =
                        "Num       RefCount Protocol Flags    Type St Inode Path\n"
                        "0000000000000000: 00000002 00000000 00010000 0001 01 21531 /run/a\n"
                        "0000000000000000: 00000003 00000000 00000000 0001 03 21532 /run/a\n"
                        "0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n"
                        "0000000000000000: 00000003 00000000 00000000 0001 03 21533\n"
                        "0000000000000000: 00000003 00000000 00000000 0001 03 21534 /run/a.fpmd\n";

        ck_assert_uint_eq(socket_count_users(table, "/run/a", false), 2);
        ck_assert_uint_eq(socket_count_users(table, "/run/a", true), 1);
        ck_assert_uint_eq(socket_count_users(table, "/run/a.fpmd", true), 0);
        ck_assert_uint_eq(socket_count_users(table, "/run", false), 0);
        ck_assert_uint_eq(socket_count_users("", "/run/a", false), 0);
}
END_TEST

/* A panel calls its files after domains, which visitors choose. */
START_TEST(a_file_name_is_a_comment) {
        _cleanup_(migrate_source_done) MigrateSource source = {};
        _cleanup_(migrate_plan_done) MigratePlan plan = {};
        char name[] = "/tmp/fpmd-test\nphp_value[x] = y\n;-XXXXXX";
        static const char text[] = "[a]\nuser = b\nlisten = 9000\npm = static\n";
        int fd = mkstemp(name);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
        close(fd);
        ck_assert_int_eq(migrate_source_read(&source, name, NULL), 0);
        unlink(name);
        ck_assert_int_eq(migrate_plan_make(&plan, &source, NULL, 0), 0);
        file_is(&plan, "conf.d/a.conf", "[a]\nuser = b\nlisten = 9000\npm = static\n");
}
END_TEST

START_TEST(refusals) {
        _cleanup_(migrate_source_done) MigrateSource source = {};
        char output[] = "/run/x/a.conf:7: user: there is none\n/run/x/a.conf: php: none\nanother thing\n";
        char expected[64];

        read_text(&source, "[a]\n\nuser = b\nlisten = 9000\npm = static\n");
        ck_assert_int_eq(migrate_source_add_refusal(
                                         &source, &source.pools[0], "/run/x/a.conf", output),
                        0);
        ck_assert_uint_eq(source.n_problems, 3);
        snprintf(expected, sizeof(expected), "%s:3: fpmd refuses it: user: there is none", path);
        ck_assert_str_eq(source.problems[0], expected);
        ck_assert_str_eq(source.problems[1], "[a]: fpmd refuses it: php: none");
        ck_assert_str_eq(source.problems[2], "[a]: fpmd refuses it: another thing");
}
END_TEST

static void path_is(const char *lines, const char *key, const char *expected) {
        _cleanup_(migrate_source_done) MigrateSource source = {};
        _cleanup_free_ char *text = NULL, *found = NULL;

        ck_assert_int_ge(asprintf(&text, "[shop]\nuser = a\npm = static\n%s\n", lines), 0);
        read_text(&source, text);
        ck_assert_int_eq(source.n_problems, 0);
        ck_assert_int_eq(migrate_pool_path(&source.pools[0], key, &found), 0);
        ck_assert_pstr_eq(found, expected);
}

/* php-fpm's own word for a socket that it is given is the text of its file. */
START_TEST(paths_as_php_fpm_has_them) {
        path_is("listen = /run/x.sock", "listen", "/run/x.sock");
        path_is("listen = \"/run//$pool/./x.sock\" ; here", "listen", "/run//shop/./x.sock");
        path_is("listen = /run/a\nlisten = /run//b", "listen", "/run//b");
        path_is("prefix = /srv/\nlisten = x.sock", "listen", "/srv//x.sock");
        path_is("listen = 9000", "listen", NULL);
        path_is("listen = [::1]:9000", "listen", NULL);
        path_is("listen = /run/a\npm.status_listen = /run//s", "pm.status_listen", "/run//s");
        path_is("listen = /run/a", "pm.status_listen", NULL);
}
END_TEST

static void put_away_is(const char *file, const char *text, const char *expected) {
        _cleanup_free_ char *name = NULL, *found = NULL;

        ck_assert_int_eq(fd_replace_file(AT_FDCWD, file, text, 0600), 0);
        ck_assert_int_eq(migrate_file_put_away(file, "removed", &name), 0);
        ck_assert_str_eq(name, expected);
        ck_assert_int_lt(access(file, F_OK), 0);
        found = migrate_file_read(name);
        ck_assert_str_eq(found, text);
}

START_TEST(what_was_put_away_stays) {
        static const char *const names[] = { "www.conf.removed", "www.conf.removed.2",
                "www.conf.removed.3" };
        char folder[] = "/tmp/fpmd-test-XXXXXX";
        _cleanup_free_ char *name = NULL;

        ck_assert_ptr_nonnull(mkdtemp(folder));
        ck_assert_int_eq(chdir(folder), 0);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                put_away_is("www.conf", names[i], names[i]);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *found = migrate_file_read(names[i]);

                ck_assert_str_eq(found, names[i]);
                ck_assert_int_eq(unlink(names[i]), 0);
        }

        /* Also what leads nowhere has its name. */
        ck_assert_int_eq(symlink("nowhere", names[0]), 0);
        put_away_is("www.conf", "text", names[1]);
        ck_assert_int_eq(migrate_file_put_away("www.conf", "removed", &name), -ENOENT);
        ck_assert_int_eq(unlink(names[0]), 0);
        ck_assert_int_eq(unlink(names[1]), 0);
        ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(each_text_comes_back) {
        static const char *const texts[] = { "", "; M\xc3\xbcller\n", "; M\xfcller \x80\xff\xc3\n",
                "\xc0\xaf" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                json_auto_t *json = migrate_file_to_json(texts[i]), *read = NULL;
                _cleanup_free_ char *whole = NULL, *text = NULL;

                ck_assert_ptr_nonnull(json);
                whole = json_dumps(json, JSON_ENCODE_ANY);
                ck_assert_ptr_nonnull(whole);
                read = json_loads(whole, JSON_DECODE_ANY, NULL);
                text = migrate_file_from_json(read);
                ck_assert_pstr_eq(text, texts[i]);
        }

        ck_assert_ptr_null(migrate_file_from_json(NULL));
}
END_TEST

UNIT_MAIN("fpmctl-migrate", each_text_comes_back, what_was_put_away_stays, files, modes,
                global_after_pools, problems, users_of_a_socket, paths_as_php_fpm_has_them,
                a_file_name_is_a_comment, refusals);
