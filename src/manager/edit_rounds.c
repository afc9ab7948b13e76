/* SPDX-License-Identifier: MIT */
#include "manager/edit_rounds.h"

#include "base/parse.h"

#define PAUSE_USEC USEC_PER_SEC
#define PAUSE_MAX_USEC (60 * USEC_PER_SEC)

/* An application that writes files which it runs has done so by then; a person is seldom that quick. */
#define AT_ONCE_USEC (2 * USEC_PER_SEC)

enum {
        /* The pause before the last one is 16 s. */
        ROUNDS_OF_BOOT = 5,
};

static bool is_at_once(const EditRounds *rounds, bool is_reloading, uint64_t now_usec) {
        return rounds->asked_usec > 0 &&
               (is_reloading || now_usec < rounds->serving_usec + AT_ONCE_USEC);
}

/* A round counts once, however many workers of it have booted. */
static bool count_round(EditRounds *rounds, uint64_t which) {
        if (rounds->which != which)
                rounds->n = 0;
        if (rounds->n > 0 && rounds->counted_usec == rounds->asked_usec)
                return false;

        rounds->which = which;
        rounds->counted_usec = rounds->asked_usec;
        rounds->n++;
        return rounds->n == ROUNDS_OF_BOOT;
}

/* Nor is the boot's what changes at another time; but a worker may be replaced, which boots then. */
static void note_other_time(EditRounds *rounds, uint64_t which, uint64_t now_usec) {
        bool is_quiet = now_usec > rounds->asked_usec + PAUSE_MAX_USEC;

        if (is_quiet || (rounds->which == which && rounds->n < ROUNDS_OF_BOOT))
                rounds->n = 0;
}

EditVerdict edit_rounds_note(
                EditRounds *rounds, uint64_t which, bool is_reloading, uint64_t now_usec) {
        bool is_of_boot, is_anew = false;

        rounds->is_at_once = is_at_once(rounds, is_reloading, now_usec);
        if (rounds->is_at_once)
                is_anew = count_round(rounds, which);
        else
                note_other_time(rounds, which, now_usec);

        is_of_boot = rounds->which == which && rounds->n >= ROUNDS_OF_BOOT;
        if (is_of_boot && rounds->is_at_once)
                return is_anew ? EDIT_IS_LEFT_ANEW : EDIT_IS_LEFT;

        /* It has to wait all the same, or there would be no end of it. */
        rounds->is_at_once = rounds->is_at_once || is_of_boot;
        return EDIT_RELOADS;
}

uint64_t edit_rounds_due_usec(EditRounds *rounds, uint64_t now_usec) {
        rounds->pause_usec = rounds->is_at_once && rounds->pause_usec > 0 ? 2 * rounds->pause_usec
                                                                          : PAUSE_USEC;
        if (rounds->pause_usec > PAUSE_MAX_USEC)
                rounds->pause_usec = PAUSE_MAX_USEC;

        return rounds->asked_usec == 0 ? now_usec : rounds->asked_usec + rounds->pause_usec;
}
