/* SPDX-License-Identifier: MIT */
#include "manager/sockets/socket_check.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>

#include "base/unix_diag.h"
#include "config/value/address.h"
#include "manager/base/log.h"
#include "manager/sockets/listener_state.h"
#include "manager/spawn/folder_owner.h"

static bool is_served(const Listeners *listeners, const char *address) {
        for (size_t i = 0; i < listeners->n_fds; i++)
                if (listener_is(listeners->fds[i], address))
                        return true;

        return false;
}

bool socket_check_serves_all(const Listeners *listeners, const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++)
                if (!is_served(listeners, config->listen.items[i].value))
                        return false;

        return true;
}

/* Without listen the addresses are those of the unit or of an administrator's drop-in. */
static void check_addresses(const Listeners *listeners, const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++) {
                const Setting *setting = &config->listen.items[i];

                if (!is_served(listeners, setting->value))
                        log_warning("%s:%u: listen: %s is not served yet: systemctl daemon-reload "
                                    "&& systemctl restart fpmd@%s.socket fpmd@%s.service",
                                        setting->file, setting->line, setting->value, config->name,
                                        config->name);
        }
}

/* The manager has its own /tmp (PrivateTmp= of the unit), and does not report paths that it cannot check. */
static bool sees_path(const char *path) {
        return strncmp(path, "/tmp/", 5) != 0 && strncmp(path, "/var/tmp/", 9) != 0;
}

typedef struct Sight {
        const char *path;
        struct stat st;
        struct statfs fs;
} Sight;

static int look(void *userdata) {
        Sight *sight = userdata;

        return stat(sight->path, &sight->st) < 0 || statfs(sight->path, &sight->fs) < 0 ? -errno
                                                                                        : 0;
}

/* The number that the kernel's inode has may be another one than stat(2) tells on overlayfs. */
static bool has_own_numbers(const Sight *sight) {
        return sight->fs.f_type != OVERLAYFS_SUPER_MAGIC;
}

static const char *trouble_of(int fd, const char *path) {
        struct unix_diag_vfs vfs;
        Sight sight = { .path = path };
        int r;

        r = folder_owner_try(path, look, &sight);
        if (r < 0)
                return r == -ENOENT ? "is gone" : NULL;

        /* The inode of a bound socket lives as long as the socket: its number is not used again. The kernel
         * tells the lower half. */
        if (has_own_numbers(&sight) &&
                        unix_diag_ask(fd, UDIAG_SHOW_VFS, UNIX_DIAG_VFS, &vfs, sizeof(vfs)) >= 0 &&
                        vfs.udiag_vfs_ino != (uint32_t) sight.st.st_ino)
                return "leads to another socket now";

        return NULL;
}

static void check_path(int fd, const char *name) {
        struct sockaddr_un address = {};
        socklen_t size = sizeof(address) - 1; /* a NUL stays behind the path */
        const char *trouble;

        if (getsockname(fd, (struct sockaddr *) &address, &size) < 0 ||
                        address.sun_family != AF_UNIX || address.sun_path[0] != '/' ||
                        !sees_path(address.sun_path))
                return;

        trouble = trouble_of(fd, address.sun_path);
        if (trouble)
                log_warning("The path %s %s: the pool cannot be reached by it; systemctl restart "
                            "fpmd@%s.socket fpmd@%s.service",
                                address.sun_path, trouble, name, name);
}

void socket_check_warn(const Listeners *listeners, const PoolConfig *config) {
        check_addresses(listeners, config);

        for (size_t i = 0; i < listeners->n_fds; i++) {
                check_path(listeners->fds[i], config->name);
                listener_state_restore(listeners->fds[i], config->listen_backlog, config->name);
        }
}
