/* SPDX-License-Identifier: MIT */
/* Proves that what PHP is told of the files of the time zones is what the kernel says, and that PHP asks as this test
 * does: last entry first. */

#include "php/hooks/zone_scan.h"

#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>

#include "php-unit.h"

#define ZONEINFO "/usr/share/zoneinfo"

static unsigned n_entries;

static int is_entry(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

static int is_folder(const struct dirent *entry) {
        return entry->d_type == DT_DIR && is_entry(entry);
}

/* Where PHP is patched they are there: php_asks_so fails without them. */
static bool has_zones(void) {
        if (access(ZONEINFO, R_OK) >= 0)
                return true;

        fputs("there is no " ZONEINFO ": what PHP is told of it is not tested\n", stderr);
        return false;
}

static void compare(const char *path) {
        struct stat told, real;
        int r = stat(path, &told), expected = fstatat(AT_FDCWD, path, &real, 0);

        ck_assert_msg(r == expected, "%s: %d in place of %d", path, r, expected);
        if (r == 0)
                ck_assert_msg((told.st_mode & S_IFMT) == (real.st_mode & S_IFMT),
                                "%s: %o in place of %o", path, told.st_mode, real.st_mode);
}

/* As PHP's patch does it, with its two slashes. */
static void walk(const char *below, bool backwards) {
        struct dirent **entries;
        int n = scandir(below, &entries, is_entry, alphasort);

        for (int i = 0; i < n; i++) {
                char path[PATH_MAX];

                snprintf(path, sizeof(path), "%s//%s", below,
                                entries[backwards ? n - 1 - i : i]->d_name);
                compare(path);
                n_entries++;
        }

        for (int i = 0; i < n; i++) {
                char path[PATH_MAX];

                snprintf(path, sizeof(path), "%s/%s", below, entries[i]->d_name);
                if (entries[i]->d_type == DT_DIR)
                        walk(path, backwards);
                free(entries[i]);
        }
        if (n >= 0)
                free(entries);
}

START_TEST(it_is_what_the_kernel_says) {
        if (!has_zones())
                return;

        zone_scan_begin();
        walk(ZONEINFO, true);
        zone_scan_end();
        ck_assert_uint_gt(zone_scan_told(), n_entries / 4);
}
END_TEST

/* The kernel is asked of the first entry of the folder. Returns of how many of the first three it was not. */
static unsigned walk_three(void (*before_third)(const char *second)) {
        struct dirent **entries;
        unsigned told = zone_scan_told();
        int n = scandir(ZONEINFO, &entries, is_folder, alphasort);
        char path[PATH_MAX];

        ck_assert_int_gt(n, 3);
        for (int i = 0; i < 3; i++) {
                if (i == 2 && before_third)
                        before_third(path);
                snprintf(path, sizeof(path), ZONEINFO "/%s", entries[n - 1 - i]->d_name);
                compare(path);
        }

        while (n > 0)
                free(entries[--n]);
        free(entries);
        return zone_scan_told() - told;
}

static void ask_another(const char *second) {
        (void) second;
        compare("/usr");
}

static void ask_again(const char *second) {
        compare(second);
}

/* What begins with the folder's name is not yet in it. */
static void ask_beside(const char *second) {
        struct dirent **entries;
        struct stat st;
        char path[PATH_MAX];
        int n = scandir(ZONEINFO, &entries, is_folder, alphasort);

        (void) second;
        snprintf(path, sizeof(path), ZONEINFO "/%s", entries[n - 1]->d_name);
        compare(path);
        snprintf(path, sizeof(path), ZONEINFO "%s", entries[n - 2]->d_name);
        ck_assert_int_eq(stat(path, &st), -1);
        while (n > 0)
                free(entries[--n]);
        free(entries);
}

START_TEST(another_path_ends_it) {
        if (!has_zones())
                return;

        zone_scan_begin();
        ck_assert_uint_eq(walk_three(NULL), 2);
        ck_assert_uint_eq(walk_three(ask_another), 1);
        ck_assert_uint_eq(walk_three(ask_again), 1);
        ck_assert_uint_eq(walk_three(ask_beside), 1);
        zone_scan_end();
}
END_TEST

static sem_t has_entry, may_go_on;

static int wait_in_scan(const struct dirent *entry) {
        (void) entry;
        sem_post(&has_entry);
        sem_wait(&may_go_on);
        return 0;
}

static void *scan_elsewhere(void *filter) {
        struct dirent **entries;
        int n = scandir(ZONEINFO, &entries, filter ? wait_in_scan : is_folder, alphasort);

        for (int i = n; i > 0; i--) {
                char path[PATH_MAX];

                snprintf(path, sizeof(path), ZONEINFO "/%s", entries[i - 1]->d_name);
                compare(path);
                free(entries[i - 1]);
        }
        free(entries);
        return NULL;
}

static void scan_in_thread(const char *second) {
        pthread_t thread;

        (void) second;
        ck_assert_int_eq(pthread_create(&thread, NULL, scan_elsewhere, NULL), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

START_TEST(other_threads_are_not_watched) {
        pthread_t thread;

        if (!has_zones())
                return;

        zone_scan_begin();
        ck_assert_uint_eq(walk_three(scan_in_thread), 2);

        /* One that is in the middle of a scan when PHP has started. */
        sem_init(&has_entry, 0, 0);
        sem_init(&may_go_on, 0, 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, scan_elsewhere, &may_go_on), 0);
        sem_wait(&has_entry);
        zone_scan_end();
        for (int i = 0; i < 10000; i++)
                sem_post(&may_go_on);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_uint_eq(walk_three(NULL), 0);
}
END_TEST

/* Then the kernel answers, but for a folder of one entry. */
START_TEST(another_order) {
        zone_scan_begin();
        walk(ZONEINFO, false);
        zone_scan_end();
        ck_assert_uint_le(zone_scan_told(), n_entries / 4);
}
END_TEST

START_TEST(other_folders_are_not_watched) {
        char inside[] = "/tmp/test-zone-scan.XXXXXX", path[PATH_MAX];
        struct dirent **entries;

        ck_assert_ptr_nonnull(mkdtemp(inside));
        snprintf(path, sizeof(path), "%s/file", inside);
        zone_scan_begin();
        for (int i = 0; i < 2; i++) {
                ck_assert_int_eq(close(open(path, O_CREAT | O_CLOEXEC | O_WRONLY, 0600)), 0);
                ck_assert_int_eq(scandir(inside, &entries, is_entry, alphasort), 1);
                ck_assert_int_eq(unlink(path), 0);
                compare(path);
                free(entries[0]);
                free(entries);
        }
        ck_assert_int_eq(scandir(path, &entries, is_entry, alphasort), -1);
        zone_scan_end();
        ck_assert_uint_eq(zone_scan_told(), 0);
        ck_assert_int_eq(rmdir(inside), 0);
}
END_TEST

/* "0.system" where PHP was patched, a year where it has zones of its own. */
static zend_string *zones_version(void) {
        const zend_function *function = zend_hash_str_find_ptr(
                        CG(function_table), ZEND_STRL("timezone_version_get"));
        zend_execute_data call = {};
        zval version;

        ck_assert_ptr_nonnull(function);
        function->internal_function.handler(&call, &version);
        return Z_STR(version);
}

START_TEST(php_asks_so) {
        zend_string *version;

        start_php();
        version = zones_version();
        if (strncmp(ZSTR_VAL(version), "0.system", strlen("0.system")) == 0)
                ck_assert_uint_gt(zone_scan_told(), 100);
        else
                ck_assert_uint_eq(zone_scan_told(), 0);
        zend_string_release(version);
}
END_TEST

UNIT_MAIN("zone-scan", it_is_what_the_kernel_says, another_path_ends_it,
                other_threads_are_not_watched, another_order, other_folders_are_not_watched,
                php_asks_so);
