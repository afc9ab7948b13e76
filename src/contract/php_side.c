/* SPDX-License-Identifier: MIT */
#include "contract/php_side.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char *digits(const char *text) {
        size_t n = strspn(text, "0123456789");

        return n >= 1 && n <= 2 ? text + n : NULL;
}

bool php_side_version_is_valid(const char *text) {
        const char *p = digits(text);

        p = p && *p == '.' ? digits(p + 1) : NULL;
        return p && *p == '\0';
}

void php_side_done(PhpSide *side) {
        free(side->program);
        free(side->engine);
        *side = (PhpSide){};
}

/* Where the link of this version leads; NULL: there is none. */
static char *link_target(const char *version, const char *name) {
        char path[sizeof(FPMD_PHP_DIR) + PHP_SIDE_VERSION_MAX + 16], target[4096];
        ssize_t n;

        snprintf(path, sizeof(path), "%s/%s/%s", FPMD_PHP_DIR, version, name);
        n = readlink(path, target, sizeof(target));
        return n > 0 && (size_t) n < sizeof(target) ? strndup(target, (size_t) n) : NULL;
}

int php_side_find(PhpSide *ret, const char *version) {
        PhpSide side = {};

        if (!php_side_version_is_valid(version))
                return -ENOENT;

        side.program = link_target(version, "php-fpm");
        if (side.program && access(side.program, X_OK) >= 0 &&
                        asprintf(&side.engine, "%s/%s/engine.so", FPMD_PHP_DIR, version) >= 0 &&
                        access(side.engine, R_OK) >= 0) {
                *ret = side;
                return 0;
        }

        php_side_done(&side);
        return -ENOENT;
}

char *php_side_ini_folder(const char *version) {
        return version && php_side_version_is_valid(version) ? link_target(version, "ini") : NULL;
}

/* --- all of them --- */

static int is_installed(const struct dirent *entry) {
        PhpSide side;

        if (php_side_find(&side, entry->d_name) < 0)
                return 0;

        php_side_done(&side);
        return 1;
}

/* By number: 8.10 comes behind 8.9. Sorted, as an array of scandir(3); negative errno. */
static int list(struct dirent ***ret) {
        int n = scandir(FPMD_PHP_DIR, ret, is_installed, versionsort);

        return n < 0 ? -errno : n;
}

static void free_list(struct dirent **entries, int n) {
        for (int i = 0; i < n; i++)
                free(entries[i]);
        free(entries);
}

int php_side_default(char ret[PHP_SIDE_VERSION_MAX]) {
        struct dirent **entries;
        int n;

        if (*FPMD_PHP_DEFAULT) {
                snprintf(ret, PHP_SIDE_VERSION_MAX, "%s", FPMD_PHP_DEFAULT);
                return 0;
        }

        n = list(&entries);
        if (n < 0)
                return n;

        if (n > 0)
                snprintf(ret, PHP_SIDE_VERSION_MAX, "%.7s", entries[n - 1]->d_name);
        free_list(entries, n);
        return n > 0 ? 0 : -ENOENT;
}

int php_side_describe_all(char **ret) {
        struct dirent **entries;
        char *text = NULL;
        size_t size;
        int n = list(&entries);
        FILE *f = open_memstream(&text, &size);

        for (int i = 0; f && i < n; i++)
                fprintf(f, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", entries[i]->d_name);
        if (n >= 0)
                free_list(entries, n);
        if (!f || fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }

        *ret = text;
        return 0;
}
