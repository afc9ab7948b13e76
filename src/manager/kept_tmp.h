/* SPDX-License-Identifier: MIT */
#pragma once
/* KeptTmp: has systemd keep the /tmp of a pool that runs.
 *
 * systemd removes a service's private /tmp when the service ends. Requests that run beside the next manager have their
 * temporary files there, and a pool that leaves for want of work is to find its /tmp again, so a second unit holds it,
 * fpmd-tmp@POOL.service. It costs as much as a fifth of a start of PHP. So a pool that nobody has visited has none, and
 * a pool that was visited gets it once it has run for half a second, or when it is restarted before.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "manager/own_unit.h"

/* Embedded in its owner. */
typedef struct KeptTmp {
        OwnUnit unit;
        sd_event_source *source;
} KeptTmp;

/* Begins to wait, unless the folder is kept already. name is borrowed. What fails is logged. */
void kept_tmp_begin(KeptTmp *kept, sd_event *event, const char *name);

/* Stops to wait. */
void kept_tmp_done(KeptTmp *kept);
