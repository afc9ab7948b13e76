/* SPDX-License-Identifier: MIT */
#include "manager/control/control_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "contract/control.h"
#include "manager/base/unit_folder.h"

#define VARIABLE "RUNTIME_DIRECTORY"

/* The socket of a manager that was killed is still there, but nobody listens. */
static bool is_served(const char *pool) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (fd < 0 || control_root_path(address.sun_path, sizeof(address.sun_path), pool) < 0)
                return true;

        return connect(fd, (const struct sockaddr *) &address, sizeof(address)) == 0 ||
               (errno != ENOENT && errno != ECONNREFUSED);
}

static int make(const char *path) {
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int control_folder_open(ControlFolder *ret, const char *pool) {
        char path[sizeof(((struct sockaddr_un *) NULL)->sun_path)];
        const char *given = getenv(VARIABLE);

        *ret = (ControlFolder){};
        if (given && *given) {
                ret->path = unit_folder(VARIABLE, pool);
                return ret->path ? 0 : -ENOMEM;
        }
        if (geteuid() != 0 || control_path(path, sizeof(path), pool) < 0 || is_served(pool))
                return 0;

        *strrchr(path, '/') = '\0';
        if (make("/run/fpmd") < 0 || make(path) < 0)
                return 0;

        ret->is_own = true;
        ret->path = strdup(path);
        return ret->path ? 0 : -ENOMEM;
}

void control_folder_close(ControlFolder *folder) {
        static const char *const names[] = { CONTROL_SOCKET, CONTROL_ROOT_SOCKET };

        for (size_t i = 0; folder->is_own && i < ELEMENTSOF(names); i++) {
                char path[sizeof(((struct sockaddr_un *) NULL)->sun_path) + 16];

                snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
                (void) unlink(path);
        }
        if (folder->is_own)
                (void) rmdir(folder->path);

        free(folder->path);
        *folder = (ControlFolder){};
}
