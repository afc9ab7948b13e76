/* SPDX-License-Identifier: MIT */
#pragma once
/* Reload: who has asked for a reload, and its result. Requests that overlap are put together: a file that was changed
 * while a reload is under way may have been read before the change, so one more round follows, and all who asked get
 * the result of the last round.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "contract/control.h"
#include "manager/generation/pool.h"
#include "manager/sockets/listener.h"
#include "manager/spawn/helper.h"

typedef enum ReloadAsker {
        RELOAD_BY_CLIENT = 1 << 0, /* waits for what comes of it */
        RELOAD_BY_SIGNAL = 1 << 1, /* does not */
} ReloadAsker;

typedef struct ReloadHooks {
        void (*on_round_end)(void *userdata); /* a round has ended; one more may follow */
        void (*on_result)(int result, const char *text,
                        void *userdata); /* no more: for those who wait */
} ReloadHooks;

typedef enum ReloadState {
        RELOAD_LATER, /* nothing serves yet: a reload that is asked for waits for that */
        RELOAD_OPEN,
        RELOAD_CLOSED, /* the pool stops: reloads are refused */
} ReloadState;

/* Embedded in its owner, who fills in what stands before state, and calls reload_done() before the event loop goes. */
typedef struct Reload {
        sd_event *event;
        const char *conf_dir, *name;
        const Listeners *listeners;
        Pool *pool;
        const ReloadHooks *hooks;
        void *userdata;

        ReloadState state;
        unsigned asked, again; /* by whom: the round under way, and one more behind it */
        Helper *helper; /* reads and opens what the next generation needs, as this may take long */
        PoolResources resources;
        char reason[600];                /* of the helper, why not: one line for the journal */
        char mistakes[CONTROL_TEXT_MAX]; /* all of the pool file, as lines, for those who have asked */
        size_t mistakes_size;
        unsigned n_mistakes;
        bool has_reopened; /* log files, since it began */
} Reload;

/* Asks for a reload. It begins now, when the round under way has ended, or when the pool serves. */
void reload_ask(Reload *reload, ReloadAsker asker);

/* Is to be called when no client waits any more: ends the round under way, unless a signal has asked for it, or the
 * pool has begun it itself after crashes. */
void reload_abandon(Reload *reload);

/* Is to be called when log files were moved away: what is being opened for the next generation may be one of them, and
 * is opened again. */
void reload_note_reopened(Reload *reload);

/* Are to be called when the pool serves, and when it stops for good: in between, rounds may begin. */
void reload_open(Reload *reload);
void reload_close(Reload *reload);

/* Is to be called when the pool has ended a round, with 0, or with a negative errno and the reason: tells those who
 * have asked, and begins the next round if one was asked for. */
void reload_end(Reload *reload, int result, const char *reason);

/* Is to be called when the pool has ended a change of generations that it had begun itself: a reload that was asked
 * for meanwhile begins now. */
void reload_resume(Reload *reload);

void reload_done(Reload *reload);
