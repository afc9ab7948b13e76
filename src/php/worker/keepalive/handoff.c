/* SPDX-License-Identifier: MIT */
#include "php/worker/keepalive/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "contract/handoff_message.h"

/* A message whose descriptor finds no free number arrives without it, and the connection would be lost. */
static bool hold_spare(Handoff *handoff) {
        if (handoff->spare_fd < 0)
                handoff->spare_fd = fcntl(handoff->in_fd, F_DUPFD_CLOEXEC, 3);

        return handoff->spare_fd >= 0;
}

void handoff_init(Handoff *handoff, int in_fd, int out_fd) {
        *handoff = (Handoff){ .in_fd = in_fd, .out_fd = out_fd, .spare_fd = -EBADF };
        (void) hold_spare(handoff);
}

void handoff_done(Handoff *handoff) {
        handoff->spare_fd = fd_close(handoff->spare_fd);
}

static int send_once(const Handoff *handoff, int fd, uint64_t since_usec) {
        const HandoffMessage message = { .since_usec = since_usec };

        return fd_pass_send(handoff->out_fd, &message, sizeof(message), fd, MSG_DONTWAIT);
}

/* The kernel compares the descriptors that a user has under way on the whole machine with the soft limit of the sender.
 * That limit is low, because scripts use select(2), so it is raised to the hard limit while sending. */
static int send_with_hard_limit(const Handoff *handoff, int fd, uint64_t since_usec) {
        struct rlimit limit, raised;
        int r;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
                return -ETOOMANYREFS;

        raised = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
        if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
                return -ETOOMANYREFS;

        r = send_once(handoff, fd, since_usec);
        (void) setrlimit(RLIMIT_NOFILE, &limit);
        return r;
}

int handoff_send(Handoff *handoff, int fd, uint64_t since_usec) {
        int r;

        r = send_once(handoff, fd, since_usec);
        if (r == -ETOOMANYREFS)
                r = send_with_hard_limit(handoff, fd, since_usec);
        if (r < 0)
                handoff->failure = -r;

        return r;
}

int handoff_receive(Handoff *handoff, int *ret_fd, uint64_t *ret_since_usec) {
        HandoffMessage message;
        int fd = -EBADF, n;

        if (!hold_spare(handoff))
                return -EMFILE;

        handoff->spare_fd = fd_close(handoff->spare_fd);
        n = fd_pass_receive(handoff->in_fd, &message, sizeof(message), &fd, MSG_DONTWAIT);
        (void) hold_spare(handoff);
        if (n < 0)
                return n;
        if (fd < 0)
                return n == 0 ? -ESHUTDOWN : -EBADMSG;

        *ret_fd = fd;
        *ret_since_usec = n == sizeof(message) ? message.since_usec : 0;
        return 0;
}

unsigned handoff_depth(const Handoff *handoff) {
        return handoff_message_depth(handoff->in_fd);
}

const char *handoff_take_complaint(Handoff *handoff) {
        int failure = handoff->failure;

        handoff->failure = 0;
        if (failure == 0 || failure == EAGAIN)
                return NULL;
        if (failure == ETOOMANYREFS)
                return "its user has as many descriptors under way through sockets, on the whole machine, as "
                       "the hard limit RLIMIT_NOFILE of this process allows (rlimit_files)";

        if (failure == EPIPE)
                return "a process of this pool has shut the pair down";

        return strerror(failure);
}
