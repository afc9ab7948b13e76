/* SPDX-License-Identifier: MIT */
#include "manager/workers/worker_limit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/workers/policy.h"

/* Reading limits costs some 50 µs, and memory does not change from one request to the next. */
#define RENEW_EVERY_USEC (5 * USEC_PER_SEC)

/* A limit of the pool's own may be used but for a reserve (the zygote, page cache, a worker that grows); the available
 * memory of the machine is for others too. */
enum {
        SHARE_OF_LIMIT = 80,
        SHARE_OF_MACHINE = 50,
};

#define WEIGHT_MIN_BYTES (UINT64_C(1) << 20)
#define WEIGHT_MAX_BYTES (UINT64_C(64) << 30)

static unsigned share_of(MemorySource source) {
        return source == MEMORY_CGROUP_LIMIT ? SHARE_OF_LIMIT : SHARE_OF_MACHINE;
}

static uint64_t clamp(uint64_t bytes) {
        if (bytes < WEIGHT_MIN_BYTES)
                return WEIGHT_MIN_BYTES;

        return bytes > WEIGHT_MAX_BYTES ? WEIGHT_MAX_BYTES : bytes;
}

/* Workers whose memory was not measured yet do not count. */
static uint64_t average_worker_memory(
                const Scoreboard *board, const Slots *slots, uint64_t *ret_sum) {
        uint64_t sum = 0, n = 0;

        for (unsigned i = 0; i < slots_count(slots); i++) {
                uint64_t worker_memory = scoreboard_worker_memory(board, i);

                if (slots_life(slots, i) == SLOT_VACANT || worker_memory == 0)
                        continue;

                sum += clamp(worker_memory);
                n++;
        }

        *ret_sum = sum;
        return n > 0 ? sum / n : 0;
}

static const char *plural(uint64_t n) {
        return n == 1 ? "" : "s";
}

void worker_limit_describe(const WorkerLimit *worker_limit, const PoolConfig *config, char *buffer,
                size_t size) {
        if (config->pm != PM_AUTO) {
                snprintf(buffer, size, "%" PRIu64 " worker%s: pm.max_children",
                                worker_limit->workers, plural(worker_limit->workers));
                return;
        }

        /* Whether the memory or the pool file is what keeps the number from being higher. */
        snprintf(buffer, size,
                        "%" PRIu64 " worker%s: %s%" PRIu64 " MiB (%u%% of %s) at %" PRIu64
                        " MiB each%s",
                        worker_limit->workers, plural(worker_limit->workers),
                        worker_limit->workers >= config->max_children
                                        ? "pm.max_children, for which there is room in "
                                        : "",
                        worker_limit->usable_bytes >> 20, share_of(worker_limit->budget.source),
                        worker_limit->budget.description,
                        (worker_limit->worker_bytes > 0 ? worker_limit->worker_bytes
                                                        : POLICY_WORKER_BYTES_GUESS) >>
                                        20,
                        worker_limit->worker_bytes > 0
                                        ? " as measured"
                                        : ", a guess before the first worker is measured");
}

static bool is_news(uint64_t before, uint64_t now) {
        uint64_t difference = before > now ? before - now : now - before;

        return before == 0 || difference * 10 >= before;
}

void worker_limit_update(WorkerLimit *worker_limit, const PoolConfig *config,
                const Scoreboard *board, const Slots *slots, uint64_t now_usec) {
        uint64_t before = worker_limit->workers, used;
        char text[512];
        int r;

        if (config->pm != PM_AUTO) {
                worker_limit->workers = config->max_children;
                return;
        }
        if (worker_limit->renewed_usec > 0 &&
                        now_usec - worker_limit->renewed_usec < RENEW_EVERY_USEC)
                return;

        worker_limit->renewed_usec = now_usec;
        worker_limit->worker_bytes = average_worker_memory(board, slots, &used);
        r = memory_budget(used, &worker_limit->budget);
        if (r < 0) {
                log_error_errno(r,
                                "Cannot find out how much memory there is, using pm.max_children: %m");
                worker_limit->workers = config->max_children;
                return;
        }

        worker_limit->usable_bytes =
                        worker_limit->budget.bytes / 100 * share_of(worker_limit->budget.source);
        worker_limit->workers = policy_worker_limit(
                        config, worker_limit->usable_bytes, worker_limit->worker_bytes);
        if (!is_news(before, worker_limit->workers))
                return;

        worker_limit_describe(worker_limit, config, text, sizeof(text));
        log_notice("pm = auto: %s", text);
}
