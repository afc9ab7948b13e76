/* SPDX-License-Identifier: MIT */
#include "manager/kept_tmp.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "config/value/pool_name.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"

/* The first visitor does not wait beside it, and it comes before the shortest pm.idle_exit_timeout. */
#define DELAY_USEC (USEC_PER_SEC / 2)

/* RuntimeDirectory= of the unit: it is there while the unit is. */
static bool is_kept(const char *name) {
        char path[sizeof("/run/fpmd-tmp/") + 64];

        snprintf(path, sizeof(path), "/run/fpmd-tmp/%s", name);
        return access(path, F_OK) >= 0;
}

/* A manager in another unit, or without root, has nobody to ask: hardened.conf starts the keeper itself. Where the
 * socket is being closed (-EDEADLK), there is nothing to keep. */
static void kept_tmp_on_answered(int result, void *userdata) {
        (void) userdata;
        if (result < 0 && result != -ENXIO && result != -ENODATA && result != -EDEADLK &&
                        geteuid() == 0)
                log_warning_errno(result,
                                "Cannot have systemd keep /tmp, so a restart will empty it: %m");
}

static int kept_tmp_on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        KeptTmp *kept = userdata;

        (void) source;
        (void) usec;
        (void) own_unit_ask(&kept->unit, own_unit_keep_tmp, kept_tmp_on_answered);
        return 0;
}

void kept_tmp_begin(KeptTmp *kept, sd_event *event, const char *name) {
        if (is_kept(name))
                return;

        kept->unit = (OwnUnit){ .event = event, .pool = name, .userdata = kept };
        (void) timer_arm(event, &kept->source, timer_now_usec(event) + DELAY_USEC, kept_tmp_on_time,
                        kept, "a restart will empty /tmp");
}

void kept_tmp_done(KeptTmp *kept) {
        own_unit_done(&kept->unit);
        sd_event_source_disable_unref(kept->source);
}
