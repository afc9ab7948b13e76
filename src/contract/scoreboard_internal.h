/* SPDX-License-Identifier: MIT */
#pragma once
/* The layout of the board, which scoreboard.c (states, counters) and scoreboard_detail.c (what is shown of
 * them) share with each other and with nobody else.
 *
 * Runs in: manager, zygote, workers. */

#include <stddef.h>

#include "contract/scoreboard.h"

/* What the status page shows of a slot. sequence is odd while the worker writes, so that a reader
 * can tell a torn copy. */
typedef struct SlotDetail {
        _Alignas(64) _Atomic uint64_t sequence;
        SlotWord last_word;                 /* when the last worker died */
        _Atomic uint64_t n_requests_former; /* of those that were in the slot before */
        _Atomic uint64_t pid, start_sec, duration_usec, cpu_centipercent, memory_bytes;
        _Atomic uint64_t
                        memory_peak_bytes; /* the most of all requests of all workers that were in the slot */
        uint64_t content_length;
        char method[16], uri[128], query[512], script[256], user[32], remote[48];
        char target[512];
} SlotDetail;

/* How long its requests took: two cache lines that only the slot's own worker touches. */
typedef struct SlotDurations {
        _Alignas(64) _Atomic uint64_t n[DURATION_BUCKETS];
        _Atomic uint64_t sum_usec;
} SlotDurations;

/* The board: a head that all share, then all slot words, then all request counters, worker memories and numbers of kept
 * connections, then all details, then all durations, then a bit for each worker that lingers. The slot words stand
 * together so that one small pread(), or a worker that looks for an idle one, touches few cache lines. */
struct Scoreboard {
        int board_fd, control_page_fd;
        unsigned n_slots;
        size_t size;
        void *map; /* NULL in the manager */
        PoolControl *control_page;
        SlotWord *copy;             /* manager: where words and counters are copied to */
        _Atomic unsigned idle_slot; /* worker: where an idle one was seen last */
};

/* What all workers write, each in a cache line of its own. */
typedef struct BoardHead {
        _Alignas(64) _Atomic uint32_t draining;
        _Atomic uint32_t n_reopens;
        _Atomic uint32_t has_keepalive; /* a worker has kept a connection */
        _Atomic uint32_t has_hangup;    /* a worker has told that a shared socket was shut down */
        _Atomic uint32_t n_changes;     /* of files that workers run */
        _Atomic uint32_t has_spare;     /* a worker has booted that has no slot yet */
        _Atomic uint32_t wants_renewal; /* a worker has seen that opcache waits for all to leave */
        _Atomic uint32_t n_questions;   /* for totals that lack nothing */
        _Atomic uint64_t changed;       /* which files, the last time */
        _Alignas(64) _Atomic uint64_t accepted[SCOREBOARD_QUEUES_MAX];
        _Alignas(64) _Atomic uint64_t refused;
        _Alignas(64) _Atomic uint64_t n_busy;
        _Atomic uint64_t n_busy_max;
        _Atomic uint64_t n_queued_max; /* that a status page has shown */
} BoardHead;

enum {
        WORDS_OFFSET = sizeof(BoardHead),
};

/* Returns the number of slots with that of the status worker. */
static inline size_t n_places(unsigned n_slots) {
        return (size_t) n_slots + 1;
}

/* Return where the counters, the details and the durations begin in the memfd of the scoreboard. */
size_t scoreboard_counters_offset(unsigned n_slots);
size_t scoreboard_details_offset(unsigned n_slots);
size_t scoreboard_durations_offset(unsigned n_slots);
size_t scoreboard_lingering_offset(unsigned n_slots);

/* Returns the head of the scoreboard in this process's mapping. */
static inline BoardHead *head_of(const Scoreboard *board) {
        return board->map;
}

/* Raises a number that never falls, whoever else raises it. */
static inline void raise_number(_Atomic uint64_t *number, uint64_t to) {
        uint64_t now = atomic_load_explicit(number, memory_order_relaxed);

        while (to > now && !atomic_compare_exchange_weak_explicit(number, &now, to,
                                           memory_order_relaxed, memory_order_relaxed))
                ;
}

/* Reads from this process's mapping, or in the manager, which has none, from the fd. Returns 0 or a negative errno. */
int scoreboard_read(const Scoreboard *board, void *buffer, size_t size, size_t offset);

/* Notes that the worker of this slot is dead, with its last slot word. */
void scoreboard_note_end(Scoreboard *board, unsigned slot, SlotWord word);
