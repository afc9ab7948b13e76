/* SPDX-License-Identifier: MIT */
/* Proves how often the watchdog asks the zygote: seldom while it answers, sooner again while it does not. */

#include "manager/watchdog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "unit.h"

#define PATIENCE_USEC (4 * USEC_PER_SEC)

static Watchdog watchdog;
static sd_event *event;
static uint64_t pings[3];
static uint64_t missed_usec;
static unsigned n_pings;

/* In the place of the pool's, whose zygote answers the first ping. */
void pool_ping(Pool *pool, uint64_t missed) {
        (void) pool;
        missed_usec = missed;
        pings[n_pings++] = clock_now_usec();
        if (n_pings == 1)
                watchdog_answered(&watchdog);
        if (n_pings == 3)
                sd_event_exit(event, 0);
}

static void run_for(uint64_t patience_usec) {
        char text[32];

        n_pings = 0;
        watchdog = (Watchdog){};
        snprintf(text, sizeof(text), "%" PRIu64, patience_usec);
        setenv("WATCHDOG_USEC", text, 1);
        ck_assert_int_eq(sd_event_new(&event), 0);
        ck_assert_int_ge(watchdog_start(&watchdog, event), 0);
        ck_assert_int_ge(sd_event_loop(event), 0);
}

static void end(void) {
        watchdog_stop(&watchdog);
        event = sd_event_unref(event);
}

START_TEST(the_next_ping_depends_on_the_answer) {
        uint64_t begin = clock_now_usec();

        run_for(PATIENCE_USEC);
        ck_assert_uint_ge(pings[0] - begin, PATIENCE_USEC / 2);
        ck_assert_uint_ge(pings[1] - pings[0], PATIENCE_USEC / 2 - USEC_PER_SEC / 4);
        ck_assert_uint_ge(pings[2] - pings[1], PATIENCE_USEC / 4 - USEC_PER_SEC / 4);
        ck_assert_uint_lt(pings[2] - pings[1], PATIENCE_USEC / 2);
        ck_assert_uint_eq(missed_usec, USEC_PER_SEC / 5);
        end();
}
END_TEST

/* sd-event takes 0 for a quarter of a second, in which systemd may end the manager. */
START_TEST(a_short_patience_is_kept_to) {
        const uint64_t patience = USEC_PER_SEC / 2;
        uint64_t accuracy;

        run_for(patience);
        ck_assert_int_ge(sd_event_source_get_time_accuracy(watchdog.source, &accuracy), 0);
        ck_assert_uint_le(accuracy, patience / 20);
        ck_assert_uint_lt(missed_usec, patience / 4 - accuracy);
        end();
}
END_TEST

UNIT_MAIN("watchdog", the_next_ping_depends_on_the_answer, a_short_patience_is_kept_to);
