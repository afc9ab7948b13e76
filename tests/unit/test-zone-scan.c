/* SPDX-License-Identifier: MIT */
/* Proves that what PHP is told of the files of the time zones is what the kernel says, and that PHP asks as this test
 * does: last entry first. */

#include "php/hooks/zone_scan.h"

#include <dirent.h>
#include <sys/stat.h>

#include "php-unit.h"

#define ZONEINFO "/usr/share/zoneinfo"

static unsigned n_entries;

static int is_entry(const struct dirent *entry) {
        return entry->d_name[0] != '.';
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
        if (access(ZONEINFO, R_OK) < 0)
                return;

        zone_scan_begin();
        walk(ZONEINFO, true);
        zone_scan_end();
        ck_assert_uint_gt(zone_scan_told(), n_entries / 4);
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

/* Later versions may be patched in another way, and ask the kernel then. */
START_TEST(php_asks_so) {
        zend_string *version;

        start_php();
        version = zones_version();
        if (strncmp(ZSTR_VAL(version), "0.system", strlen("0.system")) == 0)
                ck_assert_uint_ge(zone_scan_told(), PHP_VERSION_ID < 80500 ? 100 : 0);
        else
                ck_assert_uint_eq(zone_scan_told(), 0);
        zend_string_release(version);
}
END_TEST

UNIT_MAIN("zone-scan", it_is_what_the_kernel_says, another_order, other_folders_are_not_watched,
                php_asks_so);
