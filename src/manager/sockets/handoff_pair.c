/* SPDX-License-Identifier: MIT */
#include "manager/sockets/handoff_pair.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/fd.h"
#include "contract/handoff_message.h"
#include "manager/base/log.h"

enum {
        NAME_SIZE = 32,

        /* Twice the usual: some 500 connections. The kernel gives what net.core.wmem_max allows. */
        BUFFER_BYTES = 1 << 20,
};

static const char in_prefix[] = "handoff-in-", out_prefix[] = "handoff-out-";

static void name_of(char name[static NAME_SIZE], const char *prefix, uid_t uid) {
        snprintf(name, NAME_SIZE, "%s%" PRIu32, prefix, (uint32_t) uid);
}

/* --- life --- */

static int allocate(HandoffPair **ret, uid_t uid) {
        HandoffPair *pair = calloc(1, sizeof(*pair));

        if (!pair)
                return -ENOMEM;

        *pair = (HandoffPair){
                .n_refs = 1, .uid = uid, .handoff_in_fd = -EBADF, .handoff_out_fd = -EBADF
        };
        *ret = pair;
        return 0;
}

/* SOCK_SEQPACKET, because there SIOCINQ counts all that waits. */
int handoff_pair_new(HandoffPair **ret, uid_t uid) {
        _cleanup_(handoff_pair_unrefp) HandoffPair *pair = NULL;
        int fds[2], r;

        r = allocate(&pair, uid);
        if (r < 0)
                return r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;

        pair->handoff_in_fd = fds[0];
        pair->handoff_out_fd = fds[1];
        (void) setsockopt(pair->handoff_out_fd, SOL_SOCKET, SO_SNDBUF, &(int){ BUFFER_BYTES },
                        sizeof(int));
        *ret = TAKE_PTR(pair);
        return 0;
}

HandoffPair *handoff_pair_ref(HandoffPair *pair) {
        pair->n_refs++;
        return pair;
}

HandoffPair *handoff_pair_unref(HandoffPair *pair) {
        if (!pair || --pair->n_refs > 0)
                return NULL;

        fd_close(pair->handoff_in_fd);
        fd_close(pair->handoff_out_fd);
        free(pair);
        return NULL;
}

/* --- systemd's store --- */

static void store(const char *prefix, uid_t uid, int fd) {
        char name[NAME_SIZE], text[96];
        int r;

        name_of(name, prefix, uid);
        snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
        r = sd_pid_notify_with_fds(0, 0, text, &fd, 1);
        if (r < 0)
                log_warning_errno(r, "systemd cannot store the socket for kept connections, which "
                                     "a restart will close: %m");
}

static void forget(const char *name) {
        (void) sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

void handoff_pair_store(const HandoffPair *pair) {
        store(in_prefix, pair->uid, pair->handoff_in_fd);
        store(out_prefix, pair->uid, pair->handoff_out_fd);
}

void handoff_pair_forget(const HandoffPair *pair) {
        char name[NAME_SIZE];

        name_of(name, in_prefix, pair->uid);
        forget(name);
        name_of(name, out_prefix, pair->uid);
        forget(name);
}

static bool has_prefix(const char *name, const char *prefix) {
        return strncmp(name, prefix, strlen(prefix)) == 0;
}

bool handoff_pair_is_name(const char *name) {
        return has_prefix(name, in_prefix) || has_prefix(name, out_prefix);
}

/* An end whose other end was closed everywhere would take nothing any more. */
static bool is_end(int fd) {
        struct pollfd pollfd = { .fd = fd };
        struct sockaddr_storage peer;
        socklen_t size = sizeof(peer);

        return sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 0) > 0 &&
               getpeername(fd, (struct sockaddr *) &peer, &size) >= 0 && poll(&pollfd, 1, 0) == 0 &&
               fd_set_nonblock(fd, true) >= 0;
}

static void restore_one(HandoffPair *pair, int fd, const char *name) {
        char in_name[NAME_SIZE], out_name[NAME_SIZE];
        int *place = NULL;

        name_of(in_name, in_prefix, pair->uid);
        name_of(out_name, out_prefix, pair->uid);
        if (strcmp(name, in_name) == 0)
                place = &pair->handoff_in_fd;
        else if (strcmp(name, out_name) == 0)
                place = &pair->handoff_out_fd;

        if (place && *place < 0 && is_end(fd)) {
                *place = fd;
                return;
        }

        /* It belongs to another user that the pool had, or is not what a manager has stored. */
        log_info("The stored socket '%s' does not belong to this pool, closing it", name);
        fd_close(fd);
        forget(name);
}

int handoff_pair_restore(
                HandoffPair **ret, uid_t uid, const int fds[], char *const names[], size_t n) {
        _cleanup_(handoff_pair_unrefp) HandoffPair *pair = NULL;
        int r;

        r = allocate(&pair, uid);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n; i++)
                restore_one(pair, fds[i], names[i]);

        if (pair->handoff_in_fd < 0 || pair->handoff_out_fd < 0) {
                handoff_pair_forget(pair);
                return -ENOENT;
        }

        *ret = TAKE_PTR(pair);
        return 0;
}

unsigned handoff_pair_depth(const HandoffPair *pair) {
        return handoff_message_depth(pair->handoff_in_fd);
}
