/* SPDX-License-Identifier: MIT */
#include "manager/base/timer.h"

#include <time.h>

#include "manager/base/log.h"

enum {
        ACCURACY_USEC = 1000,
};

uint64_t timer_now_usec(sd_event *event) {
        uint64_t now = 0;

        (void) sd_event_now(event, CLOCK_MONOTONIC, &now);
        return now;
}

int timer_arm(sd_event *event, sd_event_source **source, uint64_t usec,
                sd_event_time_handler_t handler, void *userdata, const char *text) {
        int r;

        if (!*source)
                r = sd_event_add_time(event, source, CLOCK_MONOTONIC, usec, ACCURACY_USEC, handler,
                                userdata);
        else {
                r = sd_event_source_set_time(*source, usec);
                if (r >= 0)
                        r = sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                return log_error_errno(r, "Cannot arm a timer, %s: %m", text);

        return 0;
}

void timer_disarm(sd_event_source *source) {
        if (source)
                (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
}
