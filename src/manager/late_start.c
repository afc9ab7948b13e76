/* SPDX-License-Identifier: MIT */
#include "manager/late_start.h"

#include <signal.h>
#include <time.h>

#include "manager/base/log.h"
#include "manager/generation/pool_check.h"
#include "manager/sockets/listener.h"

enum {
        CHECK_MSEC = 500,
        CHECKS_MAX = 20,
};

/* One that is not blocked has ended this process. */
static bool is_to_stop(void) {
        sigset_t pending;

        return sigpending(&pending) >= 0 &&
               (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) ||
                               sigismember(&pending, SIGQUIT));
}

bool late_start_again(LateStart *late, int result) {
        const struct timespec pause = { .tv_nsec = CHECK_MSEC * 1000000L };

        if (result != POOL_CHECK_LACKS || late->n_checks >= CHECKS_MAX ||
                        !listeners_passed_have_connection() || is_to_stop())
                return false;

        if (late->n_checks++ == 0)
                log_notice("A connection waits: checking again for %d s more",
                                CHECKS_MAX * CHECK_MSEC / 1000);

        nanosleep(&pause, NULL);
        return true;
}
