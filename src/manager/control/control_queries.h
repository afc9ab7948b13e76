/* SPDX-License-Identifier: MIT */
#pragma once
/* ControlQueries: answers what fpmctl asks of a pool.
 *
 * Runs in: manager.     Owns: the traces that are being read. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "manager/control/control_server.h"
#include "manager/generation/pool.h"

typedef struct ControlQueries ControlQueries;

/* Makes the answerer of questions about a pool. Borrows everything. Returns 0 or a negative errno. */
int control_queries_new(ControlQueries **ret, sd_event *event, Pool *pool, const char *name);
ControlQueries *control_queries_free(ControlQueries *control_queries);
DEFINE_CLEANUP(ControlQueries, control_queries_free);

/* Answers a question of a client, at once or later; and forgets the questions of a client that has gone. These are the
 * two hooks of the control server. */
void control_queries_ask(ControlQueries *control_queries, ControlClient *client,
                const ControlRequest *request);
void control_queries_leave(ControlQueries *control_queries, ControlClient *client);
