/* SPDX-License-Identifier: MIT */
#include "manager/spawn/socket_access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/unix_diag.h"
#include "config/value/syntax.h"
#include "contract/unit_files.h"
#include "listen/address_key.h"
#include "listen/socket_path.h"
#include "manager/base/log.h"
#include "manager/spawn/account.h"
#include "manager/spawn/acl.h"

/* For pm.status_listen beside TCP sockets it has no effect, nor have listen.owner and listen.group. */
static bool has_acl_names(const PoolConfig *config) {
        return pool_config_listens_on_path(config) &&
               (config->listen_acl_users || config->listen_acl_groups);
}

/* Logs a failure at the line of a directive. Returns error. */
_printf_(4, 5) static int fail(const PoolConfig *config, const char *directive, int error,
                const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);

        log_error("%s:%u: %s: %s", pool_config_file_of(config, directive),
                        pool_config_line_of(config, directive), directive, text ? text : format);
        return error;
}

/* For a folder of another user: returns whether this is the socket that root has bound there, and that was not given
 * away yet. */
static bool is_bound_there(const char *path, int fd) {
        _cleanup_(address_key_done) AddressKey key = {};
        struct stat st;

        if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != 0)
                return false;

        /* systemd binds /var/run/x as /run/x. */
        return unix_diag_is_listener(path, st.st_ino) ||
               (address_key_make(&key, path) >= 0 && unix_diag_is_listener(key.path, st.st_ino));
}

/* Opens the socket itself, not what a link at its place leads to. */
static int open_socket(const PoolConfig *config, const char *path, bool is_owned) {
        _cleanup_close_ int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return fail(config, "listen", -errno, "cannot open %s: %s", path, strerror(errno));
        if (is_owned && !is_bound_there(path, fd))
                return fail(config, "listen", -EPERM,
                                "%s is not the socket that systemd has opened there; write a path in "
                                "/run/fpmd, or chown root its folder",
                                path);

        return TAKE_FD(fd);
}

static int change_owner(const PoolConfig *config, int fd, const char *owner, const char *group) {
        uid_t uid;
        gid_t gid;
        int r;

        r = account_know(owner, group, &uid, &gid);
        if (r < 0)
                return fail(config, r == -ENODATA ? "listen.group" : "listen.owner", r,
                                "there is no %s '%s' on this machine",
                                r == -ENODATA ? "group" : "user", r == -ENODATA ? group : owner);

        if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
                return fail(config, "listen.owner", -errno, "cannot change the owner: %s",
                                strerror(errno));

        return 0;
}

static int add_name(Acl *acl, const char *name, bool is_group) {
        uid_t uid;
        gid_t gid;
        int r;

        r = is_group ? account_know("0", name, &uid, &gid) : account_know(name, "0", &uid, &gid);
        return r < 0 ? r : acl_add(acl, is_group, is_group ? gid : uid);
}

static int add_names(const PoolConfig *config, Acl *acl, const char *directive, const char *names,
                bool is_group) {
        size_t size;

        for (; (size = syntax_next_name(&names)) > 0; names += size) {
                _cleanup_free_ char *name = strndup(names, size);
                int r;

                if (!name)
                        return -ENOMEM;

                r = add_name(acl, name, is_group);
                if (r == -E2BIG)
                        return fail(config, directive, r, "more than %d names", ACL_NAMES_MAX);
                if (r < 0)
                        return fail(config, directive, r, "there is no %s '%s' on this machine",
                                        is_group ? "group" : "user", name);
        }

        return 0;
}

static int set_acl(const PoolConfig *config, int fd) {
        const char *directive = config->listen_acl_users ? "listen.acl_users" : "listen.acl_groups";
        struct stat st;
        Acl acl = {};
        int r;

        r = add_names(config, &acl, "listen.acl_users", config->listen_acl_users, false);
        if (r == 0)
                r = add_names(config, &acl, "listen.acl_groups", config->listen_acl_groups, true);
        if (r < 0)
                return r;

        if (fstat(fd, &st) < 0)
                return -errno;

        r = acl_set(&acl, fd, st.st_mode);
        if (r < 0)
                return fail(config, directive, r, "cannot set it: %s", strerror(-r));

        return 0;
}

/* With an ACL listen.owner and listen.group have no effect, and the owner is that of the unit. */
static int give_to_owner(const PoolConfig *config, int fd) {
        bool counts = pool_config_listens_on_path(config) && !has_acl_names(config);

        return change_owner(config, fd,
                        counts && config->listen_owner ? config->listen_owner : UNIT_SOCKET_OWNER,
                        counts && config->listen_group ? config->listen_group : UNIT_SOCKET_OWNER);
}

/* In a folder that only root can change systemd gives the socket to its owner by its path, unless the folder was
 * missing when the unit was made, or another socket of the unit is in a folder of somebody else. */
static int give_path(const PoolConfig *config, const char *path) {
        char why[SOCKET_PATH_WHY_MAX];
        bool is_owned = socket_path_check(path, why) != SOCKET_PATH_SAFE;
        bool is_roots = is_owned || getenv(UNIT_SOCKET_IS_ROOTS);
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!is_roots && !has_acl_names(config))
                return 0;

        fd = open_socket(config, path, is_owned);
        if (fd < 0)
                return fd;

        r = is_roots ? give_to_owner(config, fd) : 0;
        return r == 0 && has_acl_names(config) ? set_acl(config, fd) : r;
}

/* fpmctl migrate opens sockets beside their paths, and says so in the unit. */
static int give(const PoolConfig *config, const char *listen_path) {
        const char *suffix = getenv("FPMD_SOCKET_SUFFIX");
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s%s", listen_path, suffix ? suffix : "") < 0)
                return -ENOMEM;

        return give_path(config, path);
}

int socket_access_give(const PoolConfig *config) {
        _cleanup_free_ char *path = NULL;
        int r = 0;

        if (pool_config_default_listen(config, &path) < 0)
                return -ENOMEM;

        if (config->listen.n_items == 0)
                r = give(config, path);
        for (size_t i = 0; r == 0 && i < config->listen.n_items; i++)
                if (*config->listen.items[i].value == '/')
                        r = give(config, config->listen.items[i].value);
        if (r == 0 && config->status_listen && *config->status_listen == '/')
                r = give(config, config->status_listen);

        return r;
}
