/* SPDX-License-Identifier: MIT */
#include "config/file_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path_walk.h"

static int judge(const PathFolder *folder, void *userdata) {
        (void) userdata;
        return path_is_roots(folder->fd, &folder->st) ? 0 : -EXDEV;
}

/* As long as each folder before it is root's alone, nobody else can change what a name leads to: so it does no
 * harm that the file is opened later. */
static bool is_roots_alone(const char *path) {
        const char *name;
        _cleanup_close_ int folder_fd = path_walk(path, judge, NULL, &name), fd = -EBADF;
        struct stat st;

        if (folder_fd < 0)
                return false;

        fd = openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        return fd >= 0 && fstat(fd, &st) >= 0 && !S_ISLNK(st.st_mode) && path_is_roots(fd, &st);
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
        return is_roots_alone(absolute);
}

bool file_trust_may_quote_place(const char *place) {
        _cleanup_free_ char *path = strdup(place);
        char *colon = path ? strrchr(path, ':') : NULL;

        if (colon)
                *colon = '\0';
        return path && file_trust_may_quote(path);
}
