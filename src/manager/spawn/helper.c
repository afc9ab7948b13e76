/* SPDX-License-Identifier: MIT */
#include "manager/spawn/helper.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/spawn/child_signals.h"

struct Helper {
        HelperPlan plan;
        int answer_fd;
        sd_event_source *child_source, *answer_source, *limit_source;
};

/* --- the child --- */

static int compare_fds(const void *a, const void *b) {
        return *(const int *) a - *(const int *) b;
}

/* A helper that hangs may outlive the manager: what it kept open would hide that end from the zygotes. */
static void close_all_but(int fds[], size_t n) {
        unsigned first = STDERR_FILENO + 1;

        qsort(fds, n, sizeof(*fds), compare_fds);
        for (size_t i = 0; i < n; i++) {
                if (fds[i] < (int) first)
                        continue;
                if (fds[i] > (int) first)
                        (void) close_range(first, (unsigned) fds[i] - 1, 0);
                first = (unsigned) fds[i] + 1;
        }
        (void) close_range(first, ~0U, 0);
}

_noreturn_ static void child_main(const HelperPlan *plan, int answer_fd) {
        int fds[HELPER_KEEP_MAX + 2];
        size_t n = 0;
        int r;

        log_enter_child();
        child_signals_reset();
        (void) signal(SIGPIPE, SIG_IGN);
        for (; n < plan->n_keep_fds; n++)
                fds[n] = plan->keep_fds[n];
        fds[n++] = answer_fd;
        fds[n++] = log_fd();
        close_all_but(fds, n);

        /* Also without a manager that could kill it, it does not wait for ever. */
        if (plan->limit_usec > 0)
                (void) alarm((unsigned) (plan->limit_usec / 1000000) + 1);

        r = plan->work(answer_fd, plan->userdata);
        log_close();
        _exit(r < 0 ? (-r < 255 ? -r : 255) : 0);
}

/* --- what it answers --- */

/* Until there is none any more. */
static void take_packets(Helper *helper) {
        for (;;) {
                char data[HELPER_PACKET_MAX];
                int fd = -EBADF, n;

                n = fd_pass_receive(helper->answer_fd, data, sizeof(data), &fd, MSG_DONTWAIT);
                if (n <= 0)
                        return;
                if (helper->plan.packet && n <= (int) sizeof(data))
                        helper->plan.packet(data, (size_t) n, fd, helper->plan.userdata);
                else
                        fd_close(fd);
        }
}

static int helper_on_answer(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Helper *helper = userdata;

        (void) fd;
        take_packets(helper);
        if (revents & EPOLLHUP)
                (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static void end(Helper *helper, int result) {
        void (*ended)(int result, void *userdata) = helper->plan.ended;
        void *userdata = helper->plan.userdata;

        helper_free(helper);
        if (ended)
                ended(result, userdata);
}

static int helper_on_exit(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Helper *helper = userdata;

        (void) source;
        take_packets(helper);
        end(helper, si->si_code == CLD_EXITED ? -si->si_status : -ECHILD);
        return 0;
}

/* One that hangs in the kernel dies later, and is nobody's any more. */
static int helper_on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        end(userdata, -ETIMEDOUT);
        return 0;
}

/* --- life --- */

static int watch(Helper *helper, sd_event *event, pid_t pid) {
        int r;

        r = sd_event_add_child(event, &helper->child_source, pid, WEXITED, helper_on_exit, helper);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &helper->answer_source, helper->answer_fd, EPOLLIN,
                        helper_on_answer, helper);
        if (r < 0 || helper->plan.limit_usec == 0)
                return r;

        return timer_arm(event, &helper->limit_source,
                        timer_now_usec(event) + helper->plan.limit_usec, helper_on_limit, helper,
                        "a helper may take for ever");
}

int helper_start(Helper **ret, sd_event *event, const HelperPlan *plan) {
        _cleanup_close_ int theirs = -EBADF;
        _cleanup_(helper_freep) Helper *helper = NULL;
        int pair[2], r;
        pid_t pid;

        assert(plan->n_keep_fds <= HELPER_KEEP_MAX);
        helper = calloc(1, sizeof(*helper));
        if (!helper)
                return -ENOMEM;

        *helper = (Helper){ .plan = *plan, .answer_fd = -EBADF };
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        helper->answer_fd = pair[0];
        theirs = pair[1];

        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                child_main(plan, theirs);

        r = watch(helper, event, pid);
        if (r < 0) {
                if (!helper->child_source)
                        (void) kill(pid, SIGKILL); /* our child still: nobody has reaped it */
                return r;
        }

        *ret = TAKE_PTR(helper);
        return 0;
}

/* What has no event source any more is the reaper's to take. */
Helper *helper_release(Helper *helper) {
        if (!helper)
                return NULL;

        sd_event_source_disable_unref(helper->limit_source);
        sd_event_source_disable_unref(helper->answer_source);
        sd_event_source_disable_unref(helper->child_source);
        fd_close(helper->answer_fd);
        free(helper);
        return NULL;
}

Helper *helper_free(Helper *helper) {
        /* By pidfd: fails once it has been reaped. */
        if (helper && helper->child_source)
                (void) sd_event_source_send_child_signal(helper->child_source, SIGKILL, NULL, 0);

        return helper_release(helper);
}
