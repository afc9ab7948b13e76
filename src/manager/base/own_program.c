/* SPDX-License-Identifier: MIT */
#include "manager/base/own_program.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GONE " (deleted)"

bool own_program_is_replaced(void) {
        char path[PATH_MAX];
        struct stat ours, there;
        ssize_t n;

        n = readlink("/proc/self/exe", path, sizeof(path) - 1);
        if (n <= 0 || stat("/proc/self/exe", &ours) < 0)
                return false;

        path[n] = '\0';
        /* The kernel marks a name that another file has taken. */
        if ((size_t) n > strlen(GONE) && strcmp(path + n - strlen(GONE), GONE) == 0)
                path[n - (ssize_t) strlen(GONE)] = '\0';

        return stat(path, &there) >= 0 &&
               (there.st_dev != ours.st_dev || there.st_ino != ours.st_ino);
}
