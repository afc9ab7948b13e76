/* SPDX-License-Identifier: MIT */
#include "manager/generation/mount_check.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* As systemd-escape --path does it. */
int mount_check_unit(const char *path, char *buffer, size_t size) {
        size_t used = 0;

        for (const char *p = path + strspn(path, "/"); *p;) {
                bool is_first = used == 0;
                char part[5] = { *p, '\0' };

                if (*p == '/') {
                        p += strspn(p, "/");
                        if (!*p)
                                break;
                        strcpy(part, "-");
                } else {
                        if ((!isalnum((unsigned char) *p) && !strchr(":_.", *p)) ||
                                        (is_first && *p == '.'))
                                snprintf(part, sizeof(part), "\\x%02x", (unsigned char) *p);
                        p++;
                }

                if (used + strlen(part) >= size)
                        return -ENAMETOOLONG;
                strcpy(buffer + used, part);
                used += strlen(part);
        }

        if (used == 0 || used + strlen(".mount") >= size)
                return -ENAMETOOLONG;

        strcpy(buffer + used, ".mount");
        return 0;
}

/* A unit that is masked is a link to /dev/null. Those of /usr are the distribution's, for mounts that it can do
 * without, such as tmp.mount. */
static bool has_unit(const char *unit) {
        static const char *const folders[] = { "/run/systemd/generator", "/run/systemd/system",
                "/etc/systemd/system" };

        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                char path[PATH_MAX];
                struct stat st;

                snprintf(path, sizeof(path), "%s/%s", folders[i], unit);
                if (stat(path, &st) >= 0 && S_ISREG(st.st_mode))
                        return true;
        }

        return false;
}

/* On a folder that does not exist nothing is mounted either. A kernel before 5.8 does not say. */
static bool is_mounted(const char *path) {
        struct statx st;

        if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, 0, &st) < 0)
                return errno != ENOENT;

        return !(st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) ||
               (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

bool mount_check_is_missing(const char *path, char *ret_unit, size_t size) {
        char prefix[PATH_MAX];
        size_t end = 0;

        while (end < sizeof(prefix) - 1 && path[end]) {
                end += strspn(path + end, "/");
                end += strcspn(path + end, "/");
                snprintf(prefix, sizeof(prefix), "%.*s", (int) end, path);
                if (mount_check_unit(prefix, ret_unit, size) >= 0 && has_unit(ret_unit) &&
                                !is_mounted(prefix))
                        return true;
        }

        return false;
}
