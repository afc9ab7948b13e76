/* SPDX-License-Identifier: MIT */
#pragma once
/* What manager.c (its life) and manager_signals.c (what signals make it do) share with each other and with nobody else.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "manager/control/control_folder.h"
#include "manager/control/control_queries.h"
#include "manager/control/control_server.h"
#include "manager/edits.h"
#include "manager/generation/pool.h"
#include "manager/kept_tmp.h"
#include "manager/manager.h"
#include "manager/own_unit.h"
#include "manager/reload.h"
#include "manager/status_line.h"
#include "manager/watchdog.h"

struct Manager {
        sd_event *event;
        Pool *pool;
        ManagerOptions options;
        const Listeners *listeners;
        ControlFolder control_folder;
        ControlServer *control; /* NULL: no folder for its sockets */
        ControlQueries *control_queries;
        Reload reload;
        Edits edits;
        bool ready, stopping, is_idle;
        bool is_deliberate;     /* stopped by a signal, which is systemd's or an administrator's */
        uint64_t patience_usec; /* then: for workers of an earlier manager */
        int result;   /* of a pool that cannot go on, or has ended before systemd has answered */
        OwnUnit unit; /* asks systemd */
        KeptTmp tmp;
        bool has_ended, is_restarted;
        sd_event_source *leave_source;
        unsigned n_workers_shown; /* workers in the last status line */
        unsigned n_troubles_shown;
        StatusRate rate;
        Watchdog watchdog;
};

/* Begins the stop, and says so to systemd. */
void manager_stop(Manager *m);

/* Asks systemd whether the service is restarted; if so the manager leaves soon. */
void manager_ask_whether_restarted(Manager *m);

/* Blocks the signals that the manager handles. Returns 0 or a negative errno. */
int manager_block_signals(void);

/* Handles these signals in the event loop. Returns 0 or a negative errno. */
int manager_add_signals(Manager *m);
