/* SPDX-License-Identifier: MIT */
#include "config/ini_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "contract/php_side.h"

/* A file in a folder that this process may not enter is not taken for a missing one: its prohibitions must not be
 * passed over. */
static bool exists(const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The folder of this PHP's php-fpm, or a folder in it, if name is there. */
static char *folder_with(const PoolConfig *config, const char *name, bool is_folder) {
        _cleanup_free_ char *folder = php_side_ini_folder(config->php), *path = NULL;

        if (!folder || asprintf(&path, "%s/%s", folder, name) < 0)
                return NULL;
        if (!exists(path))
                return NULL;

        return is_folder ? TAKE_PTR(path) : TAKE_PTR(folder);
}

char *ini_files_path(const PoolConfig *config) {
        return config->php_ini ? strdup(config->php_ini) : folder_with(config, "php.ini", false);
}

char *ini_files_scan_dirs(const PoolConfig *config) {
        if (config->php_ini_scan_dir)
                return strdup(config->php_ini_scan_dir);

        return folder_with(config, "conf.d", true);
}

/* The file is opened, since access(2) is not always right about capabilities and ACLs. */
static int try_read(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

        return fd < 0 ? -errno : 0;
}

static int check_file(const char *path, char *reason, size_t size) {
        int r = try_read(path);

        /* Where there is none PHP needs none. */
        if (r >= 0 || r == -ENOENT)
                return 0;

        snprintf(reason, size, "the pool's user cannot read '%s': %s", path, strerror(-r));
        return r;
}

static bool is_folder(const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISDIR(st.st_mode);
}

static int check_main(const char *path, bool must_exist, char *reason, size_t size) {
        _cleanup_free_ char *file = NULL;

        if (asprintf(&file, "%s%s", path, is_folder(path) ? "/php.ini" : "") < 0)
                return 0;

        if (must_exist && try_read(file) == -ENOENT) {
                snprintf(reason, size, "there is no '%s'", file);
                return -ENOENT;
        }

        return check_file(file, reason, size);
}

static int is_ini(const struct dirent *entry) {
        size_t n = strlen(entry->d_name);

        return n >= 4 && strcmp(entry->d_name + n - 4, ".ini") == 0;
}

static int check_folder(const char *folder, char *reason, size_t size) {
        struct dirent **entries;
        int r = 0;
        int n = scandir(folder, &entries, is_ini, alphasort);

        if (n < 0)
                return check_file(folder, reason, size);

        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = NULL;

                if (r >= 0 && asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0)
                        r = check_file(path, reason, size);
                free(entries[i]);
        }

        free(entries);
        return r;
}

/* An empty element of the list stands for PHP's own. */
static int check_element(const PoolConfig *config, const char *folder, char *reason, size_t size) {
        _cleanup_free_ char *own = *folder ? NULL : folder_with(config, "conf.d", true);

        if (*folder)
                return check_folder(folder, reason, size);

        return own ? check_folder(own, reason, size) : 0;
}

static int check_folders(const PoolConfig *config, char *folders, char *reason, size_t size) {
        char *rest = folders && *folders ? folders : NULL, *folder;
        int r = 0;

        while (r >= 0 && (folder = strsep(&rest, ":")))
                r = check_element(config, folder, reason, size);

        return r;
}

int ini_files_try(const PoolConfig *config, const char **ret_directive, char *reason, size_t size) {
        _cleanup_free_ char *path = ini_files_path(config), *folders = ini_files_scan_dirs(config);
        int r;

        *ret_directive = "php_ini";
        r = path ? check_main(path, config->php_ini, reason, size) : 0;
        if (r < 0)
                return r;

        *ret_directive = "php_ini_scan_dir";
        return check_folders(config, folders, reason, size);
}

const char *ini_files_check(const PoolConfig *config, char *reason, size_t size) {
        const char *directive;

        return ini_files_try(config, &directive, reason, size) < 0 ? directive : NULL;
}

static unsigned count_folder(const char *folder) {
        DIR *dir = opendir(folder);
        struct dirent *entry;
        unsigned n = 0;

        if (!dir)
                return 1; /* it is to be looked at more closely */

        while ((entry = readdir(dir)))
                n += (unsigned) is_ini(entry);

        (void) closedir(dir);
        return n;
}

unsigned ini_files_count_scanned(const PoolConfig *config) {
        _cleanup_free_ char *folders = ini_files_scan_dirs(config);
        char *rest = folders, *folder;
        unsigned n = 0;

        if (!folders || *folders == '\0')
                return 0;

        while ((folder = strsep(&rest, ":"))) {
                if (*folder == '\0')
                        return UINT_MAX;
                n += count_folder(folder);
        }

        return n;
}
