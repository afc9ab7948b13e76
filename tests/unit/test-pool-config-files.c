/* SPDX-License-Identifier: MIT */
/* Proves that a pool file may include others, that messages name the file of a line, and what is said of files that
 * cannot be read. */

#include <sys/stat.h>
#include <unistd.h>

#include "pool-config.h"

static char folder[64];

/* Of what anybody could put into its place, root would quote nothing. */
static void make_folder(void) {
        snprintf(folder, sizeof(folder), "%s/fpmd-test-XXXXXX", geteuid() == 0 ? "/run" : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(folder));
}

static const char *in_folder(const char *name) {
        static char path[256];

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        return path;
}

static void write_file(const char *name, const char *text) {
        FILE *f = fopen(in_folder(name), "we");

        ck_assert_ptr_nonnull(f);
        fputs(text, f);
        fclose(f);
}

static void remove_folder(void) {
        static const char *const names[] = { "www.conf", "a.inc", "b.inc", "fifo", "d.inc" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                remove(in_folder(names[i]));
        ck_assert_int_eq(rmdir(folder), 0);
}

static int load(PoolConfig **ret, const char *name) {
        reports = (Reports){};
        return pool_config_load(ret, "www", in_folder(name), record, &reports);
}

START_TEST(includes) {
        PoolConfig *config;
        char expected[512];

        make_folder();
        mkdir(in_folder("d.inc"), 0755);
        write_file("a.inc", "user = alice\n[global]\nlog_level = debug\n");
        write_file("b.inc", "\ngroup = users\nuser = bob\nenv[A] = 1\n");
        write_file("www.conf", "[www]\ninclude = *.inc\npm = static\npm.max_children = 1\n"
                               "include = nothing.*\nenv[B] = 1\n");

        ck_assert_int_eq(load(&config, "www.conf"), 0);
        ck_assert_str_eq(config->user, "bob");
        ck_assert_uint_eq(pool_config_line_of(config, "user"), 3);
        ck_assert_str_eq(pool_config_file_of(config, "user"), in_folder("b.inc"));
        ck_assert_str_eq(pool_config_file_of(config, "pm"), in_folder("www.conf"));
        ck_assert_str_eq(config->env.items[0].file, in_folder("b.inc"));
        ck_assert_str_eq(pool_config_file_of(config, "env[A]"), in_folder("b.inc"));
        ck_assert_uint_eq(pool_config_line_of(config, "env[A]"), 4);
        ck_assert_str_eq(pool_config_file_of(config, "env[B]"), in_folder("www.conf"));
        ck_assert_uint_eq(config->log_level, LOG_DEBUG);
        snprintf(expected, sizeof(expected),
                        "<4> %s/www.conf:5: include: there is no file %s/nothing.*\n", folder,
                        folder);
        ck_assert_str_eq(reports.text, expected);
        pool_config_free(config);

        write_file("b.inc", "\nchroot = /x\npm.max_children = 0\n");
        ck_assert_int_eq(load(&config, "www.conf"), -EINVAL);
        snprintf(expected, sizeof(expected),
                        "<3> %s/b.inc:3: pm.max_children: 0 is below 1\n"
                        "<4> %s/www.conf:5: include: there is no file %s/nothing.*\n",
                        folder, folder, folder);
        ck_assert_str_eq(reports.text, expected);

        write_file("www.conf", "[www]\ninclude = www.conf\n");
        ck_assert_int_eq(load(&config, "www.conf"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(reports.text, ":2: include: "));
        ck_assert_ptr_nonnull(strstr(reports.text, "is being read already, it includes itself"));

        write_file("www.conf", "[www]\ninclude = nowhere/x.conf\n");
        ck_assert_int_ne(load(&config, "www.conf"), 0);
        remove_folder();
}
END_TEST

START_TEST(files_that_cannot_be_read) {
        PoolConfig *config;
        char expected[512];
        FILE *f;

        make_folder();
        ck_assert_int_eq(load(&config, "www.conf"), -ENOENT);
        snprintf(expected, sizeof(expected),
                        "<3> %s/www.conf: there is no such file; if the pool was removed: "
                        "systemctl disable --now fpmd@www.socket fpmd@www.service\n",
                        folder);
        ck_assert_str_eq(reports.text, expected);

        ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
        ck_assert_int_eq(load(&config, "fifo"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(reports.text, "fifo: is not a regular file"));

        f = fopen(in_folder("www.conf"), "we");
        ck_assert_int_eq(ftruncate(fileno(f), 1024 * 1024 + 1), 0);
        fclose(f);
        ck_assert_int_eq(load(&config, "www.conf"), -EFBIG);
        ck_assert_ptr_nonnull(strstr(reports.text, "is larger than 1048576 bytes"));

        f = fopen(in_folder("www.conf"), "we");
        ck_assert_int_eq(ftruncate(fileno(f), 10), 0);
        fclose(f);
        ck_assert_int_eq(load(&config, "www.conf"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(reports.text, ":1: there is a NUL byte"));
        remove_folder();
}
END_TEST

UNIT_MAIN("pool-config-files", includes, files_that_cannot_be_read);
