/* SPDX-License-Identifier: MIT */
#include "manager/edits.h"

#include <inttypes.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"

#define PAUSE_USEC USEC_PER_SEC
#define PAUSE_MAX_USEC (60 * USEC_PER_SEC)
#define PAUSE_TOLD_USEC (8 * USEC_PER_SEC)

/* An application that writes files which it runs has done so by then; a person is seldom that quick. */
#define AT_ONCE_USEC (2 * USEC_PER_SEC)

static int edits_on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Edits *edits = userdata;

        (void) source;
        (void) usec;
        edits->asked_usec = timer_now_usec(edits->event);
        reload_ask(edits->reload, RELOAD_BY_SIGNAL);
        return 0;
}

static void choose_pause(Edits *edits, uint64_t now_usec) {
        bool at_once = edits->asked_usec > 0 && now_usec < edits->serving_usec + AT_ONCE_USEC;

        edits->pause_usec = at_once && edits->pause_usec > 0 ? 2 * edits->pause_usec : PAUSE_USEC;
        if (edits->pause_usec > PAUSE_MAX_USEC)
                edits->pause_usec = PAUSE_MAX_USEC;
        if (edits->pause_usec >= PAUSE_TOLD_USEC)
                log_notice("worker_watch: each new generation finds changed what it runs; if the application writes "
                           "such files itself, it should not: the next reload is in %" PRIu64 " s",
                                edits->pause_usec / USEC_PER_SEC);
}

static bool is_armed(const Edits *edits) {
        int enabled = SD_EVENT_OFF;

        return edits->timer && sd_event_source_get_enabled(edits->timer, &enabled) > 0;
}

void edits_note(Edits *edits) {
        uint64_t now_usec = timer_now_usec(edits->event), due_usec;

        if (is_armed(edits))
                return;

        choose_pause(edits, now_usec);
        due_usec = edits->asked_usec == 0 ? now_usec : edits->asked_usec + edits->pause_usec;
        (void) timer_arm(edits->event, &edits->timer, due_usec, edits_on_time, edits,
                        "files that have changed make no reload");
}

void edits_served(Edits *edits) {
        edits->serving_usec = timer_now_usec(edits->event);
}

void edits_done(Edits *edits) {
        edits->timer = sd_event_source_unref(edits->timer);
}
