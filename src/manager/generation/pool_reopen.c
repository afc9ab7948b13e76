/* SPDX-License-Identifier: MIT */
/* Log files that were moved away: a helper opens them anew, since a disk or a mount may hang, and its answers are
 * handed down to each generation. */

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "manager/base/log.h"
#include "manager/generation/pool_internal.h"
#include "manager/spawn/log_file.h"

typedef struct ReopenAnswer {
        unsigned generation; /* its number */
        int result;          /* 0: the fd is beside it; or negative errno */
} ReopenAnswer;

/* --- the helper --- */

static int open_for(Generation *generation, void *userdata) {
        const PoolConfig *config = generation_config(generation);
        _cleanup_close_ int fd = -EBADF;
        ReopenAnswer answer = { .generation = generation_number(generation) };
        const int *answer_fd = userdata;

        answer.result = log_file_open_target(config, config->access_log, &fd);
        if (answer.result >= 0 && fd < 0)
                return 0;

        return fd_pass_send(*answer_fd, &answer, sizeof(answer), fd, 0);
}

static int open_all(int answer_fd, void *userdata) {
        Pool *pool = userdata;
        int r;

        r = pool_each_generation(pool, open_for, &answer_fd);
        if (r >= 0 && pool->next)
                r = open_for(pool->next, &answer_fd);

        return r;
}

/* --- what becomes of it --- */

/* The pool keeps the fd for the generation that may have to be started in this one's place. */
static PoolResources *resources_of(Pool *pool, const Generation *generation) {
        if (generation == pool->current)
                return &pool->resources;

        return generation == pool->next ? &pool->next_resources : NULL;
}

static void pool_on_reopened(const void *data, size_t size, int fd, void *userdata) {
        _cleanup_close_ int taken = fd;
        Pool *pool = userdata;
        PoolResources *resources;
        Generation *generation;
        ReopenAnswer answer;

        if (size != sizeof(answer))
                return;

        memcpy(&answer, data, sizeof(answer));
        generation = pool->next && generation_number(pool->next) == answer.generation
                                     ? pool->next
                                     : pool_generation(pool, answer.generation);
        if (!generation)
                return;

        generation_reopen_logs(generation, answer.result < 0 ? answer.result : taken);
        resources = resources_of(pool, generation);
        if (resources && answer.result >= 0)
                pool_resources_set_access_log(resources, TAKE_FD(taken));
}

static void pool_on_reopener_ended(int result, void *userdata) {
        Pool *pool = userdata;

        pool->reopener = NULL;
        if (result < 0)
                log_error_errno(result,
                                "Cannot reopen all log files, going on with the old ones: %m");
        if (!pool->reopen_again)
                return;

        pool->reopen_again = false;
        pool_reopen_logs(pool);
}

/* Whoever asks while it is done may have moved a file that was opened already. */
void pool_reopen_logs(Pool *pool) {
        HelperPlan plan = {
                .work = open_all,
                .packet = pool_on_reopened,
                .ended = pool_on_reopener_ended,
                .userdata = pool,
                .limit_usec = HELPER_LIMIT_USEC,
        };
        int r;

        if (pool->reopener) {
                pool->reopen_again = true;
                return;
        }

        r = helper_start(&pool->reopener, pool->event, &plan);
        if (r < 0)
                log_error_errno(r, "Cannot reopen log files, going on with the old ones: %m");
}
