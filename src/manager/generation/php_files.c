/* SPDX-License-Identifier: MIT */
#include "manager/generation/php_files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"

/* Below the folder of the version, links followed. A folder changes when a file in it is made, replaced or removed. */
static const struct {
        const char *path, *what;
} watched[PHP_FILES] = {
        { "php-fpm", "the program of php-fpm" },
        { "extensions", "an extension" },
        { "ini/conf.d", "the configuration of extensions" },
        { "engine.so", "fpmd's engine" },
        { "../preload.so", "fpmd's engine" },
        { "ini/php.ini", "php.ini" },
};

void php_files_note(PhpFiles *ret, const char *version) {
        *ret = (PhpFiles){};
        if (!version)
                return;

        snprintf(ret->version, sizeof(ret->version), "%s", version);
        for (size_t i = 0; i < PHP_FILES; i++) {
                char path[256];
                struct stat st;

                snprintf(path, sizeof(path), "%s/%s/%s", FPMD_PHP_DIR, ret->version,
                                watched[i].path);
                if (stat(path, &st) < 0)
                        continue;

                ret->files[i].device = st.st_dev;
                ret->files[i].inode = st.st_ino;
                ret->files[i].changed_usec = (uint64_t) st.st_mtim.tv_sec * USEC_PER_SEC +
                                             (uint64_t) st.st_mtim.tv_nsec / 1000;
        }
}

const char *php_files_changed(const PhpFiles *noted) {
        PhpFiles now;

        if (*noted->version == '\0')
                return NULL;

        php_files_note(&now, noted->version);
        for (size_t i = 0; i < PHP_FILES; i++)
                if (memcmp(&now.files[i], &noted->files[i], sizeof(now.files[i])) != 0)
                        return watched[i].what;

        return NULL;
}
