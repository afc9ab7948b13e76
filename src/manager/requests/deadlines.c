/* SPDX-License-Identifier: MIT */
#include "manager/requests/deadlines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/base/log.h"
#include "manager/base/timer.h"

/* By slot: when the request began for which the hook was called. */
typedef struct Reported {
        uint64_t since_usec[_DEADLINE_MAX];
} Reported;

struct Deadlines {
        sd_event *event;
        DeadlineRule rules[_DEADLINE_MAX];
        uint64_t shortest_usec; /* of the timeouts, 0: there is none */
        bool covered;           /* the timer comes before anything that starts now is due */
        Scoreboard *board;
        DeadlineHook hook;
        void *userdata;
        sd_event_source *timer_source;
        Reported reported[];
};

int deadlines_new(Deadlines **ret, sd_event *event, const DeadlineRule rules[static _DEADLINE_MAX],
                Scoreboard *board, DeadlineHook hook, void *userdata) {
        Deadlines *d;

        d = calloc(1, sizeof(*d) + scoreboard_slots(board) * sizeof(Reported));
        if (!d)
                return -ENOMEM;

        d->event = event;
        d->board = board;
        d->hook = hook;
        d->userdata = userdata;
        memcpy(d->rules, rules, sizeof(d->rules));
        for (unsigned i = 0; i < _DEADLINE_MAX; i++) {
                uint64_t timeout = rules[i].timeout_usec;

                if (timeout > 0 && (d->shortest_usec == 0 || timeout < d->shortest_usec))
                        d->shortest_usec = timeout;
        }

        *ret = d;
        return 0;
}

Deadlines *deadlines_free(Deadlines *d) {
        if (!d)
                return NULL;

        sd_event_source_disable_unref(d->timer_source);
        free(d);
        return NULL;
}

static bool is_timed(const DeadlineRule *rule, SlotWord word) {
        if (rule->timeout_usec == 0)
                return false;

        switch (slot_word_state(word)) {
        case SLOT_REQUEST_INFO:
        case SLOT_RUNNING:
        case SLOT_ENDING:
                return true;
        case SLOT_FINISHING:
                return rule->track_finished;
        default:
                return false;
        }
}

/* Returns when it will be due, or 0 if it has no limit or was reported already. */
static uint64_t check_slot(Deadlines *d, DeadlineKind kind, unsigned slot, uint64_t now) {
        SlotWord word = scoreboard_word(d->board, slot);
        uint64_t since = slot_word_since_usec(word),
                 *reported = &d->reported[slot].since_usec[kind];
        uint64_t begun = since < now ? since : now; /* from the future: as if it began now */

        if (!is_timed(&d->rules[kind], word))
                return 0;
        if (begun + d->rules[kind].timeout_usec > now)
                return begun + d->rules[kind].timeout_usec;

        if (*reported != since) {
                *reported = since;
                d->hook(kind, slot, word, now - begun, d->userdata);
        }
        return 0;
}

/* Calls the hook for the slots that are late. Returns the earliest deadline of the others, or 0 if there is none. */
static uint64_t check_slots(Deadlines *d, uint64_t now) {
        uint64_t earliest = 0;

        for (unsigned slot = 0; slot < scoreboard_slots(d->board); slot++)
                for (DeadlineKind kind = 0; kind < _DEADLINE_MAX; kind++) {
                        uint64_t due = check_slot(d, kind, slot, now);

                        if (due > 0 && (earliest == 0 || due < earliest))
                                earliest = due;
                }

        return earliest;
}

static int deadlines_on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void look(Deadlines *d) {
        PoolControl *control_page = scoreboard_control_page(d->board);
        uint64_t now = timer_now_usec(d->event), earliest = 0;
        int r;

        /* The wake-up is asked for before the slots are read, so that a request that starts in between wakes the
         * manager. */
        atomic_store(&control_page->wake_on_start, 1);
        d->covered = false;
        r = scoreboard_copy(d->board);
        if (r < 0)
                log_error_errno(r, "Cannot read the scoreboard, requests may run for too long: %m");
        else
                earliest = check_slots(d, now);
        if (earliest == 0)
                return;

        r = timer_arm(d->event, &d->timer_source, earliest, deadlines_on_timer, d,
                        "requests may run for too long");
        d->covered = r >= 0 && earliest <= now + d->shortest_usec;
        if (d->covered)
                atomic_store(&control_page->wake_on_start, 0);
}

static int deadlines_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        look(userdata);
        return 0;
}

void deadlines_check(Deadlines *d) {
        if (d->shortest_usec > 0 && !d->covered)
                look(d);
}
