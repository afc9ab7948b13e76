/* SPDX-License-Identifier: MIT */
#pragma once
/* EditRounds: when a pool reloads since files have changed that it runs (worker_watch), and when it does not: an
 * application that writes such files itself would reload without end.
 *
 * A change that comes while a reload is under way, or as soon as the new generation serves, may be the application's
 * own doing. Then the next reload waits, each time longer. Files that have changed so in several rounds, one after the
 * other, and at no other time, are written by the application's boot: they are left aside until they change at another
 * time. A person who saves a file that often meets one of the pauses, which become much longer than a boot.
 *
 * Runs in: manager. Pure: no clock. */

#include <stdbool.h>
#include <stdint.h>

typedef enum EditVerdict {
        EDIT_RELOADS,
        EDIT_IS_LEFT,      /* it makes no reload */
        EDIT_IS_LEFT_ANEW, /* from now on */
} EditVerdict;

typedef struct EditRounds {
        uint64_t serving_usec; /* since when the generation serves */
        uint64_t asked_usec;   /* the last reload, 0: none */
        uint64_t pause_usec;   /* how long behind that the next one may be */
        uint64_t which;        /* what has changed at once in the last n rounds */
        unsigned n;
        uint64_t counted_usec; /* the last of them, by its reload */
        bool is_at_once;       /* the change that was noted last */
} EditRounds;

/* Notes that files have changed; which is the same for the same files. Returns what is to be done about it. */
EditVerdict edit_rounds_note(
                EditRounds *rounds, uint64_t which, bool is_reloading, uint64_t now_usec);

/* Returns when to reload for the change that was noted last, and takes it that this is done. */
uint64_t edit_rounds_due_usec(EditRounds *rounds, uint64_t now_usec);
