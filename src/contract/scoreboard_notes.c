/* SPDX-License-Identifier: MIT */
/* What processes of the pool note for each other, and claim to the manager, in the head of the board. */

#include <stddef.h>

#include "contract/scoreboard_internal.h"

bool scoreboard_has_keepalive(const Scoreboard *board) {
        return atomic_load_explicit(&head_of(board)->has_keepalive, memory_order_relaxed) != 0;
}

void scoreboard_note_keepalive(Scoreboard *board) {
        if (!scoreboard_has_keepalive(board)) /* all workers read this cache line */
                atomic_store_explicit(&head_of(board)->has_keepalive, 1, memory_order_relaxed);
}

bool scoreboard_note_hangup(Scoreboard *board) {
        return atomic_exchange(&head_of(board)->has_hangup, 1) == 0;
}

void scoreboard_ask_for_renewal(Scoreboard *board) {
        atomic_store_explicit(&head_of(board)->wants_renewal, 1, memory_order_release);
}

bool scoreboard_wants_renewal(const Scoreboard *board) {
        uint32_t wants = 0;

        return scoreboard_read(board, &wants, sizeof(wants), offsetof(BoardHead, wants_renewal)) >=
                               0 &&
               wants != 0;
}

void scoreboard_note_shown(Scoreboard *board, uint64_t n_queued, uint64_t n_busy) {
        raise_number(&head_of(board)->n_queued_max, n_queued);
        raise_number(&head_of(board)->n_busy_max, n_busy);
}

int scoreboard_queued_max(const Scoreboard *board, uint64_t *ret) {
        return scoreboard_read(board, ret, sizeof(*ret), offsetof(BoardHead, n_queued_max));
}

uint32_t scoreboard_ask_for_totals(Scoreboard *board) {
        return atomic_fetch_add(&head_of(board)->n_questions, 1) + 1;
}

uint32_t scoreboard_totals_asked(const Scoreboard *board) {
        uint32_t n = 0;

        (void) scoreboard_read(board, &n, sizeof(n), offsetof(BoardHead, n_questions));
        return n;
}

/* The numbers start again behind the largest one. */
bool scoreboard_totals_answer(const Scoreboard *board, uint32_t question) {
        uint32_t answered = atomic_load_explicit(
                        &board->control_page->totals_answered, memory_order_acquire);

        return (int32_t) (answered - question) >= 0;
}

void scoreboard_count_change(Scoreboard *board, uint64_t which) {
        atomic_store_explicit(&head_of(board)->changed, which, memory_order_relaxed);
        atomic_fetch_add_explicit(&head_of(board)->n_changes, 1, memory_order_release);
}

uint32_t scoreboard_changes(const Scoreboard *board, uint64_t *ret_which) {
        uint32_t n = 0;

        *ret_which = 0;
        (void) scoreboard_read(board, &n, sizeof(n), offsetof(BoardHead, n_changes));
        (void) scoreboard_read(board, ret_which, sizeof(*ret_which), offsetof(BoardHead, changed));
        return n;
}

void scoreboard_set_spare(Scoreboard *board, bool has_spare) {
        atomic_store_explicit(&head_of(board)->has_spare, has_spare, memory_order_relaxed);
}

bool scoreboard_has_spare(const Scoreboard *board) {
        return atomic_load_explicit(&head_of(board)->has_spare, memory_order_relaxed) != 0;
}
