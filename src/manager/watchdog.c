/* SPDX-License-Identifier: MIT */
#include "manager/watchdog.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/parse.h"

/* Parts of systemd's patience: so long after a ping that was answered comes the next one, and so long is an answer
 * waited for before the zygote is looked at again, and replaced. That is three quarters at most, and systemd does not
 * end the manager for it. The first is what a pool at rest costs: manager, zygote and systemd wake up for it. So late
 * may the kernel wake us, so that it can do so for other things, too: twice that is little of the last quarter. And a
 * ping counts as missed only after so long, or after MISSED_MAX_USEC: a manager that was held up itself asks twice in
 * a row. */
enum {
        PING_PART = 2,
        ANSWER_PART = 4,
        ACCURACY_PART = 40,
        MISSED_PART = 8,
};

#define MISSED_MAX_USEC (USEC_PER_SEC / 5)

/* Less than the time between two looks, also where systemd has little patience. */
static uint64_t missed_usec(const Watchdog *watchdog) {
        uint64_t part = watchdog->patience_usec / MISSED_PART;

        return part < MISSED_MAX_USEC ? part : MISSED_MAX_USEC;
}

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

static void look_at(Watchdog *watchdog, uint64_t usec) {
        (void) sd_event_source_set_time(watchdog->source, usec);
        (void) sd_event_source_set_enabled(watchdog->source, SD_EVENT_ONESHOT);
}

static int watchdog_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Watchdog *watchdog = userdata;

        (void) source;
        watchdog->pinged_usec = usec;
        look_at(watchdog, usec + watchdog->patience_usec / ANSWER_PART);
        pool_ping(watchdog->pool, missed_usec(watchdog));
        return 0;
}

void watchdog_answered(Watchdog *watchdog) {
        if (watchdog->source && watchdog->pinged_usec > 0)
                look_at(watchdog, watchdog->pinged_usec + watchdog->patience_usec / PING_PART);
}

int watchdog_start(Watchdog *watchdog, sd_event *event) {
        uint64_t now;
        int r;

        /* spawn_pool_program() asks the same. */
        r = sd_watchdog_enabled(false, &watchdog->patience_usec);
        if (r <= 0)
                return r;

        r = sd_event_now(event, CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;

        return sd_event_add_time(event, &watchdog->source, CLOCK_MONOTONIC,
                        now + watchdog->patience_usec / PING_PART,
                        watchdog->patience_usec / ACCURACY_PART, watchdog_on_timer, watchdog);
}

void watchdog_stop(Watchdog *watchdog) {
        watchdog->source = sd_event_source_disable_unref(watchdog->source);
}
