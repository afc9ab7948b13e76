/* SPDX-License-Identifier: MIT */
#pragma once
/* Inspection: answers what fpmctl asks of a pool.
 *
 * Runs in: manager.     Owns: the traces that are being read. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "manager/control/control_server.h"
#include "manager/generation/pool.h"

typedef struct Inspection Inspection;

/* Borrows all. 0 or negative errno. */
int inspection_new(Inspection **ret, sd_event *event, Pool *pool, const char *name);
Inspection *inspection_free(Inspection *inspection);
DEFINE_CLEANUP(Inspection, inspection_free);

/* The two hooks of the control server. */
void inspection_ask(Inspection *inspection, ControlClient *client, const ControlRequest *request);
void inspection_leave(Inspection *inspection, ControlClient *client);
