/* SPDX-License-Identifier: MIT */
#include "config/file_trust.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_roots_alone(const char *path) {
        struct stat st;

        return lstat(path, &st) >= 0 && !S_ISLNK(st.st_mode) && st.st_uid == 0 &&
               (st.st_mode & S_IWOTH) == 0 && ((st.st_mode & S_IWGRP) == 0 || st.st_gid == 0);
}

/* As long as each folder before a name is root's alone, no other user can change what the name leads to: so the folders
 * can be checked one after the other, and before the file is opened. */
static bool way_is_roots_alone(char *path) {
        for (char *p = path + 1; *p; p++) {
                bool is_good;

                if (*p != '/')
                        continue;

                *p = '\0';
                is_good = is_roots_alone(path);
                *p = '/';
                if (!is_good)
                        return false;
        }

        return is_roots_alone("/") && is_roots_alone(path);
}

bool file_trust_may_quote(const char *path) {
        char absolute[2 * PATH_MAX] = "";
        size_t used = 0;

        if (geteuid() != 0)
                return true;

        if (*path != '/') {
                if (!getcwd(absolute, PATH_MAX - 1))
                        return false;
                used = strlen(absolute);
                absolute[used++] = '/';
        }
        if (strlen(path) >= PATH_MAX)
                return false;

        strcpy(absolute + used, path);
        return way_is_roots_alone(absolute);
}
