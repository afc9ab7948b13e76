/* SPDX-License-Identifier: MIT */
/* fpmctl drain and undrain: whether the load balancers before a pool are to send it requests. */

#include <inttypes.h>

#include "contract/rotation.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/pool_internal.h"

static void set(Pool *pool, bool is_out) {
        if (pool->is_out_of_rotation == is_out)
                return;

        pool->is_out_of_rotation = is_out;
        pool_publish(pool);
        log_notice(is_out ? "Drained: the ping page answers 503, requests are served as before"
                          : "No longer drained: the ping page answers as before");
}

static int pool_on_rotation_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        set(userdata, false);
        return 0;
}

int pool_leave_rotation(Pool *pool, uint64_t usec) {
        timer_disarm(pool->rotation_source);
        if (usec > 0) {
                int r;

                r = timer_arm(pool->event, &pool->rotation_source,
                                timer_now_usec(pool->event) + usec, pool_on_rotation_timer, pool,
                                "the pool stays drained until fpmctl undrain");
                if (r < 0)
                        return r;
        }

        set(pool, true);
        return 0;
}

void pool_enter_rotation(Pool *pool) {
        timer_disarm(pool->rotation_source);
        set(pool, false);
}

void pool_restore_rotation(Pool *pool) {
        uint64_t seconds = rotation_seconds_left(pool->resources.config->name);
        int r;

        if (seconds == 0)
                return;

        r = pool_leave_rotation(pool, seconds == ROTATION_WITHOUT_END ? 0 : seconds * USEC_PER_SEC);
        if (r < 0)
                log_warning_errno(
                                r, "Cannot drain the pool, as fpmctl has told the one before: %m");
}

bool pool_is_out_of_rotation(const Pool *pool) {
        return pool->is_out_of_rotation;
}
