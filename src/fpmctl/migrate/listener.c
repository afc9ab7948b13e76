/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"
#include "config/value/address.h"

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68 /* Linux 5.3 */
#endif

typedef struct Bound {
        struct sockaddr_storage address;
        socklen_t size;
} Bound;

static int bound_of(int fd, Bound *ret) {
        *ret = (Bound){ .size = sizeof(ret->address) };

        return getsockname(fd, (struct sockaddr *) &ret->address, &ret->size) < 0 ? -errno : 0;
}

/* --- of another process --- */

static bool listens_at(int fd, const char *address) {
        int listens = 0;
        socklen_t size = sizeof(listens);
        Bound bound;

        return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
               bound_of(fd, &bound) == 0 &&
               address_is_of(address, (struct sockaddr *) &bound.address);
}

/* A descriptor of fd_text, which is a number, in that process; -ENOENT: it is no socket. */
static int take_socket(int pid_fd, int folder_fd, const char *fd_text) {
        char target[64];
        uint64_t number;
        ssize_t n;
        int fd;

        n = readlinkat(folder_fd, fd_text, target, sizeof(target) - 1);
        if (n < 0 && errno == EACCES)
                return -EPERM; /* as pidfd_getfd() says it: nobody may trace the process */
        if (n < 0 || strncmp(target, "socket:", 7) != 0 || parse_uint(fd_text, &number) < 0)
                return -ENOENT;

        fd = (int) syscall(SYS_pidfd_getfd, pid_fd, (int) number, 0);
        return fd < 0 ? -errno : fd;
}

int listener_take(pid_t pid, const char *address) {
        _cleanup_close_ int pid_fd = -EBADF;
        char path[64];
        int r = -ENOENT;
        DIR *folder;

        if (pid <= 0)
                return -ENOENT;

        pid_fd = (int) syscall(SYS_pidfd_open, pid, 0);
        if (pid_fd < 0)
                return -errno;

        snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
        folder = opendir(path);
        if (!folder)
                return -errno;

        for (const struct dirent *entry; (entry = readdir(folder));) {
                _cleanup_close_ int fd = take_socket(pid_fd, dirfd(folder), entry->d_name);

                if (fd < 0 && fd != -ENOENT && fd != -EBADF)
                        r = fd;
                if (fd >= 0 && listens_at(fd, address)) {
                        r = TAKE_FD(fd);
                        break;
                }
        }

        closedir(folder);
        return r;
}

/* --- one port, several sockets --- */

static int set_option(int fd, int level, int option, int value) {
        return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* A program of one instruction: it returns a number. */
static int attach(int fd, int option, unsigned value) {
        struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, value);
        struct sock_fprog program = { .len = 1, .filter = &code };

        return setsockopt(fd, SOL_SOCKET, option, &program, sizeof(program)) < 0 ? -errno : 0;
}

int listener_choose(int fd, unsigned nth) {
        return attach(fd, SO_ATTACH_REUSEPORT_CBPF, nth);
}

void listener_unchoose(int fd) {
        (void) set_option(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
}

/* A socket that can be bound beside fd, to the same address. */
static int socket_beside(int fd, const Bound *bound) {
        _cleanup_close_ int beside = -EBADF;
        bool is_ipv6 = bound->address.ss_family == AF_INET6;
        int v6_only = 0, r;
        socklen_t size = sizeof(v6_only);

        beside = socket(bound->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (beside < 0)
                return -errno;
        if (is_ipv6 && getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size) < 0)
                return -errno;

        r = is_ipv6 ? set_option(beside, IPPROTO_IPV6, IPV6_V6ONLY, v6_only) : 0;
        if (r == 0)
                r = set_option(beside, SOL_SOCKET, SO_REUSEADDR, 1);
        if (r == 0)
                r = set_option(beside, SOL_SOCKET, SO_REUSEPORT, 1);
        if (r == 0)
                r = set_option(beside, IPPROTO_IP, IP_FREEBIND, 1);

        return r < 0 ? r : TAKE_FD(beside);
}

/* The kernel takes the program of listener_choose() only where two sockets share the port. So a second one is opened
 * that nobody will accept from: the filter lets it see no packet in the moment before the program is there. A client
 * that begins to connect in this moment tries again after a second. */
int listener_share(int fd) {
        _cleanup_close_ int hold = -EBADF;
        Bound bound;
        int r;

        r = bound_of(fd, &bound);
        if (r == 0)
                r = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        if (r < 0)
                return r;

        hold = socket_beside(fd, &bound);
        if (hold < 0)
                return hold;

        if (bind(hold, (struct sockaddr *) &bound.address, bound.size) < 0)
                return -errno;

        r = attach(hold, SO_ATTACH_FILTER, 0);
        if (r < 0)
                return r;
        if (listen(hold, 1) < 0)
                return -errno;

        r = listener_choose(fd, 0);
        return r < 0 ? r : TAKE_FD(hold);
}

bool listener_has_queue(int fd) {
        struct tcp_info info = {};
        socklen_t size = sizeof(info);

        /* Of a socket that listens these are the connections that nobody has accepted. */
        return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_unacked > 0;
}

int listener_name(int fd, char stream[static LISTENER_NAME_MAX],
                char inherited[static LISTENER_NAME_MAX]) {
        char host[INET6_ADDRSTRLEN];
        bool is_ipv6;
        Bound bound;
        void *bytes;
        unsigned port;
        int r;

        r = bound_of(fd, &bound);
        if (r < 0)
                return r;

        is_ipv6 = bound.address.ss_family == AF_INET6;
        bytes = is_ipv6 ? (void *) &((struct sockaddr_in6 *) &bound.address)->sin6_addr
                        : (void *) &((struct sockaddr_in *) &bound.address)->sin_addr;
        port = ntohs(is_ipv6 ? ((struct sockaddr_in6 *) &bound.address)->sin6_port
                             : ((struct sockaddr_in *) &bound.address)->sin_port);
        if (!inet_ntop(bound.address.ss_family, bytes, host, sizeof(host)))
                return -errno;

        snprintf(stream, LISTENER_NAME_MAX, is_ipv6 ? "[%s]:%u" : "%s:%u", host, port);
        snprintf(inherited, LISTENER_NAME_MAX, "%s:%u", host, port);
        return 0;
}
