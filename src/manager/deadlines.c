/* SPDX-License-Identifier: MIT */
#include "manager/deadlines.h"

#include <errno.h>
#include <stdlib.h>

#include "manager/log.h"
#include "manager/timer.h"

struct Deadlines {
        sd_event *event;
        uint64_t timeout_usec;
        bool track_finished, armed;
        Scoreboard *board;
        DeadlineHook hook;
        void *userdata;
        sd_event_source *timer_source;
        SlotWord told[]; /* by slot: the word that the hook was called for */
};

int deadlines_new(Deadlines **ret, sd_event *event, uint64_t timeout_usec, bool track_finished,
                Scoreboard *board, DeadlineHook hook, void *userdata) {
        Deadlines *d;

        d = calloc(1, sizeof(*d) + scoreboard_slots(board) * sizeof(SlotWord));
        if (!d)
                return -ENOMEM;

        d->event = event;
        d->timeout_usec = timeout_usec;
        d->track_finished = track_finished;
        d->board = board;
        d->hook = hook;
        d->userdata = userdata;
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

static bool is_timed(const Deadlines *d, SlotWord word) {
        switch (slot_word_state(word)) {
        case SLOT_REQUEST_INFO:
        case SLOT_RUNNING:
        case SLOT_ENDING:
                return true;
        case SLOT_FINISHING:
                return d->track_finished;
        default:
                return false;
        }
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void arm(Deadlines *d, uint64_t usec) {
        d->armed = timer_arm(d->event, &d->timer_source, usec, on_timer, d,
                                   "requests may run for too long") >= 0;
}

/* Tells of the slots that are late. Returns the earliest deadline of the others, 0: none is timed.
 */
static uint64_t look_at_slots(Deadlines *d, uint64_t now) {
        uint64_t earliest = 0;

        for (unsigned i = 0; i < scoreboard_slots(d->board); i++) {
                SlotWord word = scoreboard_word(d->board, i);
                uint64_t since = slot_word_since_usec(word), deadline;

                if (!is_timed(d, word))
                        continue;

                /* From the future: as if it began now. */
                if (since > now)
                        since = now;
                deadline = since + d->timeout_usec;
                if (deadline > now) {
                        if (earliest == 0 || deadline < earliest)
                                earliest = deadline;
                        continue;
                }
                if (slot_word_since_usec(d->told[i]) == slot_word_since_usec(word))
                        continue;

                d->told[i] = word;
                d->hook(i, word, now - since, d->userdata);
        }

        return earliest;
}

static void look(Deadlines *d) {
        Ledger *ledger = scoreboard_ledger(d->board);
        uint64_t now = timer_now_usec(d->event), earliest = 0;
        int r;

        /* Asked for before it is looked at: a request that starts in between is told of. */
        atomic_store(&ledger->tell_start, 1);
        r = scoreboard_copy(d->board);
        if (r < 0)
                log_error_errno(r, "Cannot read the scoreboard, requests may run for too long: %m");
        else
                earliest = look_at_slots(d, now);
        if (earliest == 0)
                return;

        atomic_store(&ledger->tell_start, 0);
        arm(d, earliest);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Deadlines *d = userdata;

        (void) source;
        (void) usec;
        d->armed = false;
        look(d);
        return 0;
}

void deadlines_look(Deadlines *d) {
        if (d->timeout_usec > 0 && !d->armed)
                look(d);
}
