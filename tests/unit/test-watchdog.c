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
static unsigned n_pings;

/* In the place of the pool's, whose zygote answers the first ping. */
void pool_ping(Pool *pool) {
        (void) pool;
        pings[n_pings++] = clock_now_usec();
        if (n_pings == 1)
                watchdog_answered(&watchdog);
        if (n_pings == 3)
                sd_event_exit(event, 0);
}

START_TEST(the_next_ping_depends_on_the_answer) {
        uint64_t begin = clock_now_usec();
        char text[32];

        snprintf(text, sizeof(text), "%" PRIu64, (uint64_t) PATIENCE_USEC);
        setenv("WATCHDOG_USEC", text, 1);
        ck_assert_int_eq(sd_event_new(&event), 0);
        ck_assert_int_ge(watchdog_start(&watchdog, event), 0);
        ck_assert_int_ge(sd_event_loop(event), 0);

        ck_assert_uint_ge(pings[0] - begin, PATIENCE_USEC / 2);
        ck_assert_uint_ge(pings[1] - pings[0], PATIENCE_USEC / 2 - USEC_PER_SEC / 4);
        ck_assert_uint_ge(pings[2] - pings[1], PATIENCE_USEC / 4 - USEC_PER_SEC / 4);
        ck_assert_uint_lt(pings[2] - pings[1], PATIENCE_USEC / 2);
        watchdog_stop(&watchdog);
        sd_event_unref(event);
}
END_TEST

UNIT_MAIN("watchdog", the_next_ping_depends_on_the_answer);
