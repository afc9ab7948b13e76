/* SPDX-License-Identifier: MIT */
/* idle_warm: the folder of what PHP has compiled stays within its bound while the pool runs. The zygote tidies it when
 * it starts, and a pool may run for weeks. */

#include <stdlib.h>

#include "base/fd.h"
#include "base/number.h"
#include "contract/file_cache.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/pool_internal.h"
#include "manager/spawn/cache_folder.h"
#include "manager/spawn/privilege.h"

/* Most is compiled soon after a start; later it is what an application generates, or a deploy brings. */
#define FIRST_LOOK_USEC (30 * USEC_PER_SEC)
#define PAUSE_MAX_USEC (60 * 60 * USEC_PER_SEC)

/* --- the helper --- */

static int tidy(void *userdata) {
        const Pool *pool = userdata;
        const FileCacheRules rules = {
                .bytes_max = pool->resources.config->idle_warm_bytes,
                .files_max = FILE_CACHE_FILES_MAX,
                .runs = true,
        };
        _cleanup_free_ char *path = cache_folder_path(
                        pool->resources.config->name, pool->resources.account.uid);
        _cleanup_close_ int fd = -EBADF;

        if (!path)
                return 0;

        fd = file_cache_open(path, pool->resources.account.uid);
        return fd < 0 ? fd : file_cache_tidy(fd, &rules);
}

/* Scripts may lie on a disk that hangs. A folder that cannot be used is nothing new: the zygote has said so. */
static int pool_cache_work(int answer_fd, void *userdata) {
        Pool *pool = userdata;

        (void) answer_fd;
        (void) (privilege_can_switch_user()
                                        ? privilege_try_files(&pool->resources.account, tidy, pool)
                                        : tidy(pool));
        return 0;
}

static void pool_on_tidier_ended(int result, void *userdata) {
        Pool *pool = userdata;

        (void) result;
        pool->tidier = NULL;
}

/* --- when --- */

static uint64_t requests_so_far(Pool *pool) {
        PoolStatus status;

        pool_status(pool, &status);
        return status.counts.n_requests;
}

/* A pool that has answered nothing since has compiled nothing. */
static void start_tidier(Pool *pool) {
        const HelperPlan plan = {
                .work = pool_cache_work,
                .ended = pool_on_tidier_ended,
                .userdata = pool,
                .limit_usec = HELPER_LIMIT_USEC,
        };
        uint64_t n_requests = requests_so_far(pool);
        int r;

        if (pool->tidier || n_requests == pool->n_requests_tidied)
                return;

        r = helper_start(&pool->tidier, pool->event, &plan);
        if (r < 0)
                log_error_errno(r, "Cannot look after what PHP has compiled (idle_warm): %m");
        else
                pool->n_requests_tidied = n_requests;
}

static int pool_on_cache_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void look_later(Pool *pool) {
        (void) timer_arm(pool->event, &pool->cache_source,
                        timer_now_usec(pool->event) + pool->cache_pause_usec, pool_on_cache_timer,
                        pool, "what PHP has compiled may become more than idle_warm allows");
        pool->cache_pause_usec = number_min(2 * pool->cache_pause_usec, PAUSE_MAX_USEC);
}

static int pool_on_cache_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Pool *pool = userdata;

        (void) source;
        (void) usec;
        if (pool->state != POOL_SERVING || pool->resources.config->idle_warm_bytes == 0)
                return 0;

        start_tidier(pool);
        look_later(pool);
        return 0;
}

void pool_watch_cache(Pool *pool) {
        pool->cache_pause_usec = FIRST_LOOK_USEC;
        if (pool->resources.config->idle_warm_bytes > 0)
                look_later(pool);
}
