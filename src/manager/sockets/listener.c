/* SPDX-License-Identifier: MIT */
#include "manager/sockets/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "base/queue_depth.h"
#include "config/value/address.h"
#include "manager/base/log.h"
#include "manager/sockets/listener_state.h"
#include "manager/spawn/folder_owner.h"

enum {
        /* As long as a worker would wait for the first byte; then the kernel hands it over all the same. */
        DEFER_SEC = 5,

        /* The fds that the last manager may have stored: a pair, and that of another user if the manager was killed in
         * between. */
        STORED_MAX = 8,
};

static int listener_check(int fd, const char *name) {
        int r;

        r = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, -1);
        if (r < 0)
                return log_error_errno(r, "Cannot examine the socket '%s' (fd %d): %m", name, fd);
        if (r == 0 || !listener_state_revive(fd)) {
                log_error("The fd %d ('%s') is not a listening stream socket; "
                          "use ListenStream= in the socket unit",
                                fd, name);
                return -EINVAL;
        }

        r = listener_state_unblock(fd);
        if (r < 0)
                return log_error_errno(r, "Cannot make the socket '%s' non-blocking: %m", name);

        /* Connections inherit it: an answer that leaves in one piece must not wait for an ACK.
         * Fails on unix sockets, which never wait. */
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));

        /* A connection wakes a worker when its request has come, not before: the worker sleeps once instead of twice,
         * and a peer that connects and sends nothing holds no worker. */
        (void) setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &(int){ DEFER_SEC }, sizeof(int));
        return 0;
}

static void free_names(char ***names) {
        for (char **name = *names; name && *name; name++)
                free(*name);
        free(*names);
}

typedef struct Stored {
        int fds[STORED_MAX];
        char *names[STORED_MAX]; /* borrowed */
        size_t n;
} Stored;

static int add_listener(Listeners *listeners, int fd, const char *name) {
        int r;

        if (listeners->n_fds >= LISTENERS_MAX) {
                log_error("The socket unit passes more than %d sockets, a pool listens on %d at most: remove "
                          "lines of listen in the pool file, or of ListenStream= in the unit",
                                LISTENERS_MAX, LISTENERS_MAX);
                return -E2BIG;
        }

        r = listener_check(fd, name);
        if (r < 0)
                return r;
        listeners->fds[listeners->n_fds++] = fd;
        return 0;
}

static void add_stored(Stored *stored, int fd, char *name) {
        if (stored->n >= STORED_MAX) {
                fd_close(fd);
                return;
        }

        stored->fds[stored->n] = fd;
        stored->names[stored->n++] = name;
}

/* Socket units can give any names, too, but the sockets that come from there listen. */
static bool is_unknown(int fd, const char *name) {
        return strcmp(name, "listen") != 0 && sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, -1) == 0;
}

/* Another version of this program may have stored it. */
static void close_unknown(int fd, const char *name) {
        log_warning("This version does not know the descriptor '%s', closing it", name);
        fd_close(fd);
        (void) sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

static int sort(int n, char **names, Listeners *listeners, Stored *stored) {
        for (int i = 0; i < n; i++) {
                int fd = SD_LISTEN_FDS_START + i, r = 0;

                if (handoff_pair_is_name(names[i]))
                        add_stored(stored, fd, names[i]);
                else if (is_unknown(fd, names[i]))
                        close_unknown(fd, names[i]);
                else
                        r = add_listener(listeners, fd, names[i]);
                if (r < 0)
                        return r;
        }

        return listeners->n_fds > 0 ? 0 : -ENOTCONN;
}

static int handoff_pair(HandoffPair **ret, const Stored *stored, uid_t uid) {
        int r;

        r = stored->n > 0 ? handoff_pair_restore(ret, uid, stored->fds, stored->names, stored->n)
                          : -ENOENT;
        if (r == -ENOENT)
                r = handoff_pair_new(ret, uid);
        if (r >= 0)
                handoff_pair_store(*ret); /* what is there already is not stored twice */
        return r;
}

int listeners_receive(Listeners *ret, uid_t uid) {
        _cleanup_(free_names) char **names = NULL;
        Listeners listeners = {};
        Stored stored = {};
        int n, r;

        n = sd_listen_fds_with_names(true, &names);
        if (n < 0)
                return log_error_errno(n, "Cannot take the sockets of LISTEN_FDS: %m");

        r = sort(n, names, &listeners, &stored);
        if (r < 0)
                return r;

        r = handoff_pair(&listeners.pair, &stored, uid);
        if (r < 0)
                return log_error_errno(r, "Cannot make a socket for kept connections: %m");

        *ret = listeners;
        return 0;
}

bool listeners_are_hung_up(const Listeners *listeners) {
        for (size_t i = 0; i < listeners->n_fds; i++)
                if (!listener_state_is_hung_up(listeners->fds[i]))
                        return false;

        return true;
}

/* From here on they may be systemd's alone. */
void listeners_done(Listeners *listeners) {
        for (size_t i = 0; i < listeners->n_fds; i++)
                (void) listener_state_is_hung_up(listeners->fds[i]);
        listeners->n_fds = 0;
        listeners->pair = handoff_pair_unref(listeners->pair);
}

/* Whether two paths are the same name in the same folder, by whatever links: systemd makes /run/x of /var/run/x. */
static bool is_same_place(const char *a, const char *b) {
        const char *a_slash = strrchr(a, '/'), *b_slash = strrchr(b, '/');
        _cleanup_free_ char *a_folder = NULL, *b_folder = NULL;
        struct stat a_st, b_st;

        if (!a_slash || !b_slash || strcmp(a_slash, b_slash) != 0)
                return false;

        a_folder = strndup(a, (size_t) (a_slash - a) + 1);
        b_folder = strndup(b, (size_t) (b_slash - b) + 1);
        return a_folder && b_folder && stat(a_folder, &a_st) >= 0 && stat(b_folder, &b_st) >= 0 &&
               a_st.st_dev == b_st.st_dev && a_st.st_ino == b_st.st_ino;
}

bool listener_is(int fd, const char *address) {
        union {
                struct sockaddr any;
                struct sockaddr_un un;
                struct sockaddr_storage space;
        } bound = {};
        socklen_t size = sizeof(bound) - 1; /* a NUL stays behind the path */

        if (getsockname(fd, &bound.any, &size) < 0)
                return false;

        return address_is_of(address, &bound.any) ||
               (bound.any.sa_family == AF_UNIX && is_same_place(address, bound.un.sun_path));
}

void listeners_split(const Listeners *all, const char *status_address, Listeners *ret,
                int *ret_status_fd) {
        Listeners others = { .pair = handoff_pair_ref(all->pair) };
        int status_fd = -EBADF;

        for (size_t i = 0; i < all->n_fds; i++)
                if (status_address && status_fd < 0 && listener_is(all->fds[i], status_address))
                        status_fd = all->fds[i];
                else
                        others.fds[others.n_fds++] = all->fds[i];

        if (status_address && status_fd < 0)
                log_warning("pm.status_listen: the socket unit has no socket at %s; run systemctl "
                            "daemon-reload and restart the socket",
                                status_address);

        *ret = others;
        *ret_status_fd = status_fd;
}

/* A queue that cannot be read counts as empty: more workers then come when all are busy, later than they could. */
unsigned listeners_queue_length(const Listeners *listeners) {
        return queue_length_sum(listeners->fds, listeners->n_fds) +
               handoff_pair_depth(listeners->pair);
}

bool listeners_have_connection(const int fds[], size_t n_fds) {
        for (size_t i = 0; i < n_fds; i++) {
                struct pollfd pollfd = { .fd = fds[i], .events = POLLIN };

                if (poll(&pollfd, 1, 0) > 0 && pollfd.revents & POLLIN)
                        return true;
        }

        return false;
}

bool listeners_passed_have_connection(void) {
        int fds[LISTENERS_MAX + STORED_MAX], n = sd_listen_fds(false);

        for (int i = 0; i < n && i < (int) ELEMENTSOF(fds); i++)
                fds[i] = SD_LISTEN_FDS_START + i;

        return n > 0 &&
               listeners_have_connection(
                               fds, (size_t) n < ELEMENTSOF(fds) ? (size_t) n : ELEMENTSOF(fds));
}

/* An fd of its own: during a reload two generations watch the same socket, each for its workers and for its
 * queue, and epoll takes each fd once. */
static int watch_copy(sd_event *event, sd_event_source **source, int listen_fd,
                sd_event_io_handler_t handler, void *userdata) {
        _cleanup_close_ int fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 3);
        int r;

        if (fd < 0)
                return -errno;

        r = sd_event_add_io(event, source, fd, EPOLLIN, handler, userdata);
        if (r < 0)
                return r;

        r = sd_event_source_set_io_fd_own(*source, true);
        if (r < 0)
                return r;

        TAKE_FD(fd);
        return 0;
}

int listener_watch(sd_event *event, sd_event_source **source, int listen_fd,
                sd_event_io_handler_t handler, void *userdata) {
        int r;

        if (listener_state_is_hung_up(listen_fd))
                return *source ? sd_event_source_set_enabled(*source, SD_EVENT_OFF) : 0;

        if (!*source) {
                r = watch_copy(event, source, listen_fd, handler, userdata);
                if (r < 0)
                        return r;
        }

        return sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
}

gid_t listeners_group(const Listeners *listeners) {
        for (size_t i = 0; i < listeners->n_fds; i++) {
                struct sockaddr_un address = {};
                socklen_t size = sizeof(address) - 1; /* a NUL stays behind the path */
                struct stat st;

                if (getsockname(listeners->fds[i], (struct sockaddr *) &address, &size) >= 0 &&
                                address.sun_family == AF_UNIX && address.sun_path[0] == '/' &&
                                folder_owner_stat(address.sun_path, &st) >= 0)
                        return st.st_gid;
        }

        return (gid_t) -1;
}
