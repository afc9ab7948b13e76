/* SPDX-License-Identifier: MIT */
#include "contract/scoreboard.h"

#include "contract/scoreboard_internal.h"

enum {
        WORD_BITS = 64,
};

static _Atomic uint64_t *word_of(const Scoreboard *board, unsigned slot) {
        return (_Atomic uint64_t *) ((char *) board->map +
                                     scoreboard_lingering_offset(board->n_slots)) +
               slot / WORD_BITS;
}

static uint64_t bit_of(unsigned slot) {
        return UINT64_C(1) << slot % WORD_BITS;
}

bool scoreboard_linger(Scoreboard *board, unsigned slot, unsigned max) {
        unsigned n = 0;

        for (unsigned i = 0; i <= board->n_slots; i += WORD_BITS)
                n += (unsigned) __builtin_popcountll(
                                atomic_load_explicit(word_of(board, i), memory_order_relaxed));
        if (n >= max)
                return false;

        (void) atomic_fetch_or_explicit(word_of(board, slot), bit_of(slot), memory_order_relaxed);
        return true;
}

void scoreboard_end_lingering(Scoreboard *board, unsigned slot) {
        (void) atomic_fetch_and_explicit(word_of(board, slot), ~bit_of(slot), memory_order_relaxed);
}
