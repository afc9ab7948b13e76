/* SPDX-License-Identifier: MIT */
#include "manager/edits.h"

#include <inttypes.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"

#define PAUSE_TOLD_USEC (8 * USEC_PER_SEC)

static int edits_on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Edits *edits = userdata;

        (void) source;
        (void) usec;
        edits->rounds.asked_usec = timer_now_usec(edits->event);
        reload_ask(edits->reload, RELOAD_BY_SIGNAL);
        return 0;
}

static bool is_armed(const Edits *edits) {
        int enabled = SD_EVENT_OFF;

        return edits->timer && sd_event_source_get_enabled(edits->timer, &enabled) > 0;
}

static void arm(Edits *edits, uint64_t now_usec) {
        uint64_t due_usec = edit_rounds_due_usec(&edits->rounds, now_usec);

        if (edits->rounds.pause_usec >= PAUSE_TOLD_USEC)
                log_notice("worker_watch: each new generation finds changed what it runs; if the application writes "
                           "such files itself, it should not: the next reload is in %" PRIu64 " s",
                                edits->rounds.pause_usec / USEC_PER_SEC);
        (void) timer_arm(edits->event, &edits->timer, due_usec, edits_on_time, edits,
                        "files that have changed make no reload");
}

void edits_note(Edits *edits, uint64_t which) {
        uint64_t now_usec = timer_now_usec(edits->event);
        EditVerdict verdict = edit_rounds_note(
                        &edits->rounds, which, edits->reload->asked != 0, now_usec);

        if (verdict == EDIT_IS_LEFT_ANEW)
                log_notice("worker_watch: the files that have changed last do so each time that the application boots, "
                           "and at no other time, so it writes them itself: no reload until they change later");
        if (verdict == EDIT_RELOADS && !is_armed(edits))
                arm(edits, now_usec);
}

void edits_served(Edits *edits) {
        edits->rounds.serving_usec = timer_now_usec(edits->event);
}

void edits_done(Edits *edits) {
        edits->timer = sd_event_source_unref(edits->timer);
}
