/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/back_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "contract/listen_fds.h"
#include "fpmctl/migrate/listener.h"
#include "fpmctl/migrate/move_units.h"
#include "fpmctl/migrate/systemctl.h"

char *back_sockets_unit(const char *unit) {
        const char *dot = strrchr(unit, '.');
        size_t size = dot ? (size_t) (dot - unit) : strlen(unit);
        char *name;

        return asprintf(&name, "fpmd-back-%.*s.socket", (int) size, unit) < 0 ? NULL : name;
}

int back_sockets_new(BackSockets *ret, const char *unit) {
        *ret = (BackSockets){
                .unit = unit,
                .socket_unit = back_sockets_unit(unit),
                .next_fd = LISTEN_FDS_FIRST,
        };
        ret->socket = open_memstream(&ret->socket_text, &ret->socket_size);
        ret->names = open_memstream(&ret->names_text, &ret->names_size);
        if (!ret->socket_unit || !ret->socket || !ret->names)
                return -ENOMEM;

        /* Nobody may connect before back_sockets_give(). */
        fprintf(ret->socket,
                        "# Made by fpmctl migrate --back, which removes it at its end.\n"
                        "[Unit]\nDescription=Sockets for %s\n"
                        "[Socket]\nService=%s\nSocketMode=0600\nReusePort=yes\nFreeBind=yes\n",
                        unit, unit);
        return 0;
}

void back_sockets_done(BackSockets *sockets) {
        if (sockets->socket)
                fclose(sockets->socket);
        if (sockets->names)
                fclose(sockets->names);
        free(sockets->socket_unit);
        free(sockets->socket_text);
        free(sockets->names_text);
        *sockets = (BackSockets){};
}

/* The socket that the path leads to is the example for the new one (back_sockets_give()); and no byte may end a name in
 * php-fpm's list, or the value in the unit. */
bool back_sockets_can_pass(const MoveAddress *address) {
        const char *path = address->text;
        struct stat st;

        if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
                return false;

        for (const char *p = address->php_fpm; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f || strchr(",=\"\\", *p))
                        return false;

        return move_has_room(path) && path[strlen(path) - 1] != ' ';
}

static void put(FILE *out, const char *text) {
        for (; *text; text++)
                fputs(*text == '%' ? "%%" : (char[]){ *text, '\0' }, out);
}

static void add_one(
                BackSockets *sockets, const char *stream, const char *suffix, const char *name) {
        fputs("ListenStream=", sockets->socket);
        put(sockets->socket, stream);
        fprintf(sockets->socket, "%s\n", suffix);

        put(sockets->names, name);
        fprintf(sockets->names, "=%u,", sockets->next_fd++);
}

int back_sockets_add(BackSockets *sockets, const MovePool *pool, const MovePorts *ports) {
        size_t port = 0;

        for (size_t i = 0; i < pool->n_addresses; i++) {
                char stream[LISTENER_NAME_MAX], inherited[LISTENER_NAME_MAX];
                const MoveAddress *address = &pool->addresses[i];
                int r;

                if (move_is_unix(address)) {
                        add_one(sockets, address->text, MOVE_PHP_FPM_SUFFIX, address->php_fpm);
                        continue;
                }

                r = listener_name(ports->fds[port++], stream, inherited);
                if (r < 0)
                        return r;
                add_one(sockets, stream, "", inherited);
        }

        return 0;
}

static int close_text(FILE **out) {
        int r = fclose(*out);

        *out = NULL;
        return r == 0 ? 0 : -ENOMEM;
}

int back_sockets_write(BackSockets *sockets) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = close_text(&sockets->socket);
        if (r == 0)
                r = close_text(&sockets->names);
        if (r < 0)
                return r;

        if (sockets->next_fd == LISTEN_FDS_FIRST)
                return systemctl_remove_dropin(sockets->unit, MOVE_PHP_FPM_DROPIN);
        if (asprintf(&text, "[Service]\nSockets=%s\nEnvironment=\"FPM_SOCKETS=%s\"\n",
                            sockets->socket_unit, sockets->names_text) < 0) {
                text = NULL;
                return -ENOMEM;
        }

        r = systemctl_write_unit(sockets->socket_unit, sockets->socket_text);
        return r < 0 ? r : systemctl_write_dropin(sockets->unit, MOVE_PHP_FPM_DROPIN, text);
}

bool back_sockets_are_there(const char *unit) {
        _cleanup_free_ char *name = back_sockets_unit(unit), *path = NULL;

        if (!name || asprintf(&path, "/run/systemd/system/%s", name) < 0) {
                path = NULL;
                return false;
        }

        return access(path, F_OK) == 0;
}

/* --- who may connect --- */

/* An O_PATH descriptor of a unix socket. */
static int open_socket(const char *path, int flags, struct stat *st) {
        _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC | flags);

        if (fd < 0 || fstat(fd, st) < 0)
                return -errno;

        return S_ISSOCK(st->st_mode) ? TAKE_FD(fd) : -ENOTSOCK;
}

static int copy_acl(const char *from, const char *to) {
        static const char acl[] = "system.posix_acl_access";
        char value[4096];
        ssize_t n;

        n = getxattr(from, acl, value, sizeof(value));
        if (n < 0)
                return errno == ENODATA || errno == ENOTSUP ? 0 : -errno;

        return setxattr(to, acl, value, (size_t) n, 0) < 0 ? -errno : 0;
}

/* By descriptors: the folder may be another user's, who could put a link there. */
static int give(const char *from, const char *to) {
        char from_fd_path[64], to_fd_path[64];
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        struct stat from_st, to_st;

        from_fd = open_socket(from, 0, &from_st);
        if (from_fd < 0)
                return from_fd;
        to_fd = open_socket(to, O_NOFOLLOW, &to_st);
        if (to_fd < 0)
                return to_fd;

        snprintf(from_fd_path, sizeof(from_fd_path), "/proc/self/fd/%d", from_fd);
        snprintf(to_fd_path, sizeof(to_fd_path), "/proc/self/fd/%d", to_fd);
        if (fchownat(to_fd, "", from_st.st_uid, from_st.st_gid, AT_EMPTY_PATH) < 0)
                return -errno;
        if (chmod(to_fd_path, from_st.st_mode & 07777) < 0)
                return -errno;

        return copy_acl(from_fd_path, to_fd_path);
}

int back_sockets_give(const MovePool *pool) {
        for (size_t i = 0; i < pool->n_addresses; i++) {
                _cleanup_free_ char *to = NULL;
                int r;

                if (!move_is_unix(&pool->addresses[i]))
                        continue;

                to = move_php_fpm_path(pool->addresses[i].text);
                r = to ? give(pool->addresses[i].text, to) : -ENOMEM;
                if (r < 0)
                        return move_complain(pool->name, pool->addresses[i].text, r);
        }

        return 0;
}
