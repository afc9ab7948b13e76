/* SPDX-License-Identifier: MIT */
/* worker_watch: the workers say which files they have compiled, and the zygote watches them: what has changed is a
 * claim on the scoreboard, of which the manager makes a reload when it likes. */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "base/sum.h"
#include "php/zygote/zygote_internal.h"

enum {
        PATHS_AT_ONCE = 64,

        /* A worker waits for so long for a zygote that does not read; it tells the rest later. */
        SEND_LIMIT_USEC = 100000,
};

static void limit_send(int fd) {
        const struct timeval limit = { .tv_usec = SEND_LIMIT_USEC };

        (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int zygote_watch_files(Zygote *zygote, const char *script, const SumTable *compiled, int *ret_fd) {
        int fds[2], r;

        r = file_watch_new(&zygote->files);
        if (r < 0)
                return r;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;

        limit_send(fds[1]);
        zygote->compiled = compiled;
        zygote->paths_fd = fds[0];
        *ret_fd = fds[1];
        r = zygote_watch(zygote, zygote->paths_fd, TAG_PATHS);
        if (r < 0)
                return r;

        (void) file_watch_add_way(zygote->files, script, clock_now_usec());
        return zygote_watch(zygote, file_watch_fd(zygote->files), TAG_FILES);
}

static void say_limit(Zygote *zygote, const char *path) {
        char escaped[512];

        if (zygote->lacks_watches)
                return;

        zygote->lacks_watches = true;
        escape_string(escaped, sizeof(escaped), path);
        stderr_line("<4>worker_watch: %s, and perhaps more, cannot be watched: there are more than 20000 files and "
                    "folders, or more than fs.inotify.max_user_watches allows\n",
                        escaped);
}

void zygote_watch_file(Zygote *zygote, const char *path) {
        uint64_t compiled;

        if (!zygote->files)
                return;

        compiled = sum_table_get(zygote->compiled, sum_of(path, strlen(path)));
        if (file_watch_add(zygote->files, path, compiled, clock_now_usec()) == -ENOSPC)
                say_limit(zygote, path);
}

void zygote_leave_files(Zygote *zygote) {
        zygote->files = file_watch_free(zygote->files);
        zygote->paths_fd = fd_close(zygote->paths_fd);
}

/* The pair would be ready for ever. */
static void lose_paths(Zygote *zygote) {
        (void) epoll_ctl(zygote->epoll_fd, EPOLL_CTL_DEL, zygote->paths_fd, NULL);
        zygote->paths_fd = fd_close(zygote->paths_fd);
        stderr_line("<4>worker_watch: a process of this pool has shut down the socket on which workers say what they "
                    "have compiled; files that they compile from now on are watched after the next reload\n");
}

/* Any process of the pool may write there, and shut it down. No path is empty. */
void zygote_on_paths(Zygote *zygote) {
        char path[PATH_MAX];
        ssize_t n;

        for (unsigned i = 0; i < PATHS_AT_ONCE; i++) {
                n = recv(zygote->paths_fd, path, sizeof(path), MSG_DONTWAIT | MSG_TRUNC);
                if (n < 0)
                        return;
                if (n == 0) {
                        lose_paths(zygote);
                        return;
                }
                if ((size_t) n >= sizeof(path) || memchr(path, '\0', (size_t) n))
                        continue;

                path[n] = '\0';
                zygote_watch_file(zygote, path);
        }
}

void zygote_on_files(Zygote *zygote) {
        file_watch_read(zygote->files, clock_now_usec());
}

uint64_t zygote_files_usec(const Zygote *zygote) {
        return zygote->files && !zygote->draining ? file_watch_due_usec(zygote->files) : 0;
}

void zygote_see_to_files(Zygote *zygote) {
        uint64_t due_usec = zygote_files_usec(zygote), now_usec, which;
        char escaped[512];
        const char *path;

        if (due_usec == 0)
                return;

        now_usec = clock_now_usec();
        if (now_usec < due_usec)
                return;

        path = file_watch_settle(zygote->files, now_usec, &which);
        if (!path)
                return;

        escape_string(escaped, sizeof(escaped), path);
        stderr_line("<5>worker_watch: %s has changed\n", escaped);
        scoreboard_count_change(zygote->board, which);
        fd_signal_event(zygote->hooks.wake_fd);
}
