/* SPDX-License-Identifier: MIT */
#include "manager/watchdog.h"

#include <systemd/sd-daemon.h>
#include <time.h>

enum {
        /* Of systemd's patience: a zygote that leaves a ping unanswered for one part is replaced in the
         * second, so that systemd does not end the manager for it. */
        WATCHDOG_PART = 3,
};

/* That a timer ticks, and that the zygote answers, proves little. When connections wait while workers are
 * idle, and not one request has been answered since the last look, the pool is stuck: systemd is to start
 * it anew. */
bool watchdog_requests_flow(Watchdog *watchdog, const PoolStatus *status) {
        bool moved = status->counts.n_requests != watchdog->n_requests_seen;

        watchdog->n_requests_seen = status->counts.n_requests;
        watchdog->n_stuck = moved || status->n_queued == 0 || status->n_idle == 0
                                            ? 0
                                            : watchdog->n_stuck + 1;
        return watchdog->n_stuck < 2;
}

static int watchdog_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Watchdog *watchdog = userdata;
        int r;

        pool_ping(watchdog->pool);

        r = sd_event_source_set_time(source, usec + watchdog->patience_usec / WATCHDOG_PART);
        if (r < 0)
                return r;

        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int watchdog_start(Watchdog *watchdog, sd_event *event) {
        uint64_t now;
        int r;

        r = sd_watchdog_enabled(true, &watchdog->patience_usec);
        if (r <= 0)
                return r;

        r = sd_event_now(event, CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;

        return sd_event_add_time(event, &watchdog->source, CLOCK_MONOTONIC,
                        now + watchdog->patience_usec / WATCHDOG_PART, 0, watchdog_on_timer,
                        watchdog);
}

void watchdog_stop(Watchdog *watchdog) {
        watchdog->source = sd_event_source_disable_unref(watchdog->source);
}
