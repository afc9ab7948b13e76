/* SPDX-License-Identifier: MIT */
#pragma once
/* Scoreboard: what the workers of one generation do, in shared memory without locks.
 *
 * Two memfds. The board is written by the workers, each in its own slot, and by the zygote in the slots of the dead (by
 * the manager when no zygote is left to do it). The control page is written by the manager alone and sealed so that
 * nobody else can.
 *
 * Runs in: manager, zygote, workers.
 * Trusts:  for the manager the whole board is gossip (CVE-2021-21703: php-fpm's master followed it and gave away root).
 * It copies with pread(), never maps, and uses nothing from there as an index, size, pointer, pid or path. Decisions
 * rest on the slot words alone, one aligned load each. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "contract/durations.h"

enum {
        SCOREBOARD_SLOTS_MAX = 4096, /* the most that pm.max_children can be */
        SCOREBOARD_QUEUES_MAX = 8,   /* listening sockets that pm.queue_timeout can tell apart */
};

/* php-fpm's names for the stages of a request; a slot with nobody in it is 0. */
typedef enum SlotState {
        SLOT_EMPTY,
        SLOT_STARTING,        /* forked, not yet at the socket */
        SLOT_IDLE,            /* waits in accept */
        SLOT_READING_HEADERS, /* has a connection, the request is not complete */
        SLOT_REQUEST_INFO,    /* PHP's request start-up */
        SLOT_RUNNING,
        SLOT_ENDING,
        SLOT_FINISHING, /* the answer is out, the script goes on */
        _SLOT_STATE_MAX,
} SlotState;

/* The state and the time since which it lasts, in one word. Decisions are made from this word alone. */
typedef uint64_t SlotWord;

enum {
        SLOT_STATE_BITS = 3,
        SLOT_STATE_MASK = (1 << SLOT_STATE_BITS) - 1,
};

_Static_assert(_SLOT_STATE_MAX <= SLOT_STATE_MASK + 1, "a state fits into its bits of the word");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share the words, and no lock");

/* Makes a slot word out of a state and the time of CLOCK_MONOTONIC, in microseconds, since which it lasts. */
static inline SlotWord slot_word(SlotState state, uint64_t since_usec) {
        return since_usec << SLOT_STATE_BITS | (uint64_t) state;
}

/* Returns the state in a slot word. */
static inline SlotState slot_word_state(SlotWord word) {
        return (SlotState) (word & SLOT_STATE_MASK);
}

/* Returns the time of CLOCK_MONOTONIC, in microseconds, since which the state lasts. */
static inline uint64_t slot_word_since_usec(SlotWord word) {
        return word >> SLOT_STATE_BITS;
}

/* Numbers of the pool that only the manager knows, for the status page. */
typedef struct PoolTotals {
        uint64_t start_sec;         /* of the pool, as time(2) has it */
        uint64_t n_requests_before; /* of former generations, and of those that drain */
        uint64_t n_limit_reached;
        uint64_t n_slow;
        uint64_t n_queued_max; /* of former generations, as the next */
        uint64_t n_busy_max;
        uint64_t worker_limit; /* pm.max_children, or what pm = auto makes of it */
        uint64_t generation;
        uint64_t is_out_of_rotation; /* load balancers are told to send nothing more: the ping page fails */
} PoolTotals;

typedef enum Draining {
        DRAINING_NOT,
        DRAINING_LAST,     /* the pool ends with this generation, or the next manager goes on */
        DRAINING_REPLACED, /* another one serves, or will at once */
        DRAINING_ALONE,    /* another one serves, as another user: it takes nothing of this one's */
} Draining;

/* The control page: what the manager tells the workers. They can only read it, and do so before each accept: that takes
 * no system call, and no signal that would cut short the sleep() of a running script. */
typedef struct PoolControl {
        _Atomic uint32_t draining; /* a Draining; unless it is DRAINING_NOT every worker leaves */
        _Atomic uint32_t
                        wake_below; /* a worker that takes a connection wakes the manager if fewer others are idle */
        _Atomic uint32_t
                        wake_on_start; /* wake the manager at the start of the next request: a deadline begins */
        _Atomic uint32_t
                        wake_when_busy; /* wake the manager when no worker is idle: a connection may have to wait */
        _Atomic uint64_t stale
                        [SCOREBOARD_QUEUES_MAX]; /* connections up to this number are too old */
        /* The worker in this slot leaves: it was retired, or its request is to be ended, and if that has just ended by
         * itself, the next one must not be ended in its place. */
        _Atomic uint8_t retired[SCOREBOARD_SLOTS_MAX + 1];
        _Atomic uint64_t n_queued_max; /* of this generation, each time that the queues are read */
        _Atomic uint64_t totals[sizeof(PoolTotals) / sizeof(uint64_t)];
        _Atomic uint32_t totals_are_whole; /* no other generation counts on */
        _Atomic uint32_t totals_answered; /* the last question that these totals are younger than */
} PoolControl;

typedef struct Scoreboard Scoreboard;

/* Manager: makes both memfds for n_slots workers. Returns 0 or a negative errno. */
int scoreboard_new(Scoreboard **ret, unsigned n_slots);

/* Zygote: maps the two fds, which stay the caller's, and checks n_slots against their size. Returns 0, -EBADMSG or a
 * negative errno. */
int scoreboard_attach(Scoreboard **ret, int board_fd, int control_page_fd, unsigned n_slots);

Scoreboard *scoreboard_free(Scoreboard *board);
DEFINE_CLEANUP(Scoreboard, scoreboard_free);

/* Manager: return the fds to pass to the pool program; they stay the scoreboard's. The one of the control page cannot
 * be mapped writable. */
int scoreboard_board_fd(const Scoreboard *board);
int scoreboard_control_page_fd(const Scoreboard *board);

/* Manager: returns the control page, to be written. */
PoolControl *scoreboard_control_page(Scoreboard *board);
const PoolControl *scoreboard_view(const Scoreboard *board);
unsigned scoreboard_slots(const Scoreboard *board);

/* Returns the number of the slot of the worker that serves pm.status_listen. It is behind those of the workers, and is
 * not counted among them. */
unsigned scoreboard_status_slot(const Scoreboard *board);

/* What all slot words say at one moment. Unknown states count as busy. */
typedef struct ScoreboardSummary {
        unsigned n_starting, n_idle, n_busy;
        uint64_t n_keepalive;    /* connections that web servers keep open to those that live */
        uint64_t last_idle_usec; /* when the last of the idle ones became so, 0: none is */
        uint64_t n_requests;     /* of the workers that live and of those that were in their slots
                                    before */
} ScoreboardSummary;

/* Manager: copies all slot words, request counters, worker memories and numbers of kept connections; the next four
 * functions return them from that copy. Returns 0 or a negative errno. */
int scoreboard_copy(Scoreboard *board);
SlotWord scoreboard_word(const Scoreboard *board, unsigned slot);
uint64_t scoreboard_requests(const Scoreboard *board, unsigned slot);
uint64_t scoreboard_worker_memory(const Scoreboard *board, unsigned slot);
uint64_t scoreboard_keepalive(const Scoreboard *board, unsigned slot);

/* Manager: copies as scoreboard_copy() does, and counts. Returns 0 or a negative errno. */
int scoreboard_summarize(Scoreboard *board, ScoreboardSummary *ret);

/* Manager: read how many connections were accepted from the queue with that index, and how many requests were refused
 * because they had waited for too long. Return 0 or a negative errno. */
int scoreboard_accepted(const Scoreboard *board, size_t queue, uint64_t *ret);
int scoreboard_refused(const Scoreboard *board, uint64_t *ret);

/* Manager: returns the last question for totals, a claim. Publishes the numbers for the status page, whether they are
 * whole, and which question they answer: one that was read before they were added up. Reads the most requests that ran
 * at the same time (0 where scoreboard_begin_busy() is not used), which returns 0 or a negative errno. */
uint32_t scoreboard_totals_asked(const Scoreboard *board);
void scoreboard_set_totals(
                Scoreboard *board, const PoolTotals *totals, bool are_whole, uint32_t question);
int scoreboard_busy_max(const Scoreboard *board, uint64_t *ret);

/* Worker: reads these numbers, with the peak so far of this generation and those before. Returns whether they are
 * whole: while another generation serves, or ends its requests, they lack what that one has counted meanwhile. The next
 * returns the number of a question for totals that lack nothing, which the manager reads when it is woken, and the last
 * whether that question is answered. */
bool scoreboard_totals(const Scoreboard *board, PoolTotals *ret);
uint32_t scoreboard_ask_for_totals(Scoreboard *board);
bool scoreboard_totals_answer(const Scoreboard *board, uint32_t question);

/* Worker: notes how many connections and requests a status page shows as waiting and running: the most that a later
 * page shows, of whichever generation, are not fewer. Manager: reads the most that waited; returns 0 or a negative
 * errno. */
void scoreboard_note_shown(Scoreboard *board, uint64_t n_queued, uint64_t n_busy);
int scoreboard_queued_max(const Scoreboard *board, uint64_t *ret);

/* Worker, where a status page is configured: count a request that begins, and one that ends. Zygote: counts the end of
 * a request that a dead worker had, if it had one. */
void scoreboard_begin_busy(Scoreboard *board);
void scoreboard_end_busy(Scoreboard *board);

/* Worker: numbers a connection that was accepted from that queue, by the one counter that all workers share; used with
 * pm.queue_timeout only. Returns whether the connection has waited for too long.
 * scoreboard_count_refused() counts a request that is refused for that. */
bool scoreboard_accept(Scoreboard *board, size_t queue);
void scoreboard_count_refused(Scoreboard *board);

/* Zygote and worker: set the state of a slot, and count a request there. slot is below scoreboard_slots(). */
void scoreboard_set(Scoreboard *board, unsigned slot, SlotState state, uint64_t now_usec);
void scoreboard_count_request(Scoreboard *board, unsigned slot);

/* Worker: counts how long a request took. Manager: adds up the durations of all slots, as claims; returns 0 or a
 * negative errno. */
void scoreboard_count_duration(Scoreboard *board, unsigned slot, uint64_t usec);
int scoreboard_durations(const Scoreboard *board, Durations *ret);

/* Worker: publishes how much memory it uses (PSS), in bytes. */
void scoreboard_set_worker_memory(Scoreboard *board, unsigned slot, uint64_t bytes);

/* Worker: publishes how many connections it keeps, between two requests. */
void scoreboard_set_keepalive(Scoreboard *board, unsigned slot, uint64_t n);

/* Worker: returns whether one of all workers keeps fewer than n connections. */
bool scoreboard_keepalive_below(const Scoreboard *board, uint64_t n);

/* Worker: notes that it is busy and a new connection still finds it in the queues of those whom it may wake
 * (php/worker/wait_queues.h), unless max others have noted that: then returns false. A worker's note ends with it. */
bool scoreboard_linger(Scoreboard *board, unsigned slot, unsigned max);
void scoreboard_end_lingering(Scoreboard *board, unsigned slot);

/* Worker: notes for all workers of this generation that one of them has kept a connection; returns whether one has. */
void scoreboard_note_keepalive(Scoreboard *board);
bool scoreboard_has_keepalive(const Scoreboard *board);

/* Worker: notes that a socket that all workers share was shut down. Returns whether it is the first worker of its
 * generation to note it. */
bool scoreboard_note_hangup(Scoreboard *board);

/* The largest number that is shown of what workers, or clients through them, claim: each reader of JSON keeps it
 * exactly (RFC 7493, 2.2), where strict ones refuse a Content-Length of 2^64 - 1 with the whole page. */
#define SCOREBOARD_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* Returns claim, or SCOREBOARD_NUMBER_MAX if it is larger. */
static inline uint64_t scoreboard_number(uint64_t claim) {
        return claim < SCOREBOARD_NUMBER_MAX ? claim : SCOREBOARD_NUMBER_MAX;
}

/* Worker: asks for a new generation with memory of its own; the caller wakes the manager. Manager: returns whether a
 * worker asks for it. */
void scoreboard_ask_for_renewal(Scoreboard *board);
bool scoreboard_wants_renewal(const Scoreboard *board);

/* Zygote: counts that files have changed that workers run; which is the same for the same files; the caller wakes the
 * manager. Manager: returns how often that was, and which the last time. */
void scoreboard_count_change(Scoreboard *board, uint64_t which);
uint32_t scoreboard_changes(const Scoreboard *board, uint64_t *ret_which);

/* Zygote: publishes whether a worker has booted that can take the place of one that leaves. Worker: returns whether
 * there is one. */
void scoreboard_set_spare(Scoreboard *board, bool has_spare);
bool scoreboard_has_spare(const Scoreboard *board);

typedef struct RequestUsage {
        uint64_t duration_usec;
        uint64_t cpu_centipercent; /* of one CPU, in hundredths of a percent */
        uint64_t memory_bytes;     /* PHP's peak */
} RequestUsage;

/* Worker: publish once who it is, and after each request what it has used (0 while one runs). All of it is for
 * display. */
void scoreboard_set_worker(Scoreboard *board, unsigned slot, pid_t pid, uint64_t start_sec);
void scoreboard_set_usage(Scoreboard *board, unsigned slot, const RequestUsage *usage);

/* Zygote: returns the word of a slot at this moment. */
SlotWord scoreboard_live_word(const Scoreboard *board, unsigned slot);

/* Zygote: marks the slot of a dead worker as empty. What the worker was doing stays readable as last_state. */
void scoreboard_mark_dead(Scoreboard *board, unsigned slot);

/* Manager: does the same when the zygote, which does it otherwise, is dead as well. Returns 0 or a negative errno. */
int scoreboard_mark_orphan_dead(Scoreboard *board, unsigned slot);

/* Zygote: tells every worker to leave, when the manager, which writes it on the control page otherwise, is gone. */
void scoreboard_drain(Scoreboard *board);

/* Zygote: counts that a new file for the access log waits on every worker's lifeline. Worker: returns how often that
 * has happened. */
void scoreboard_count_reopen(Scoreboard *board);
uint32_t scoreboard_reopens(const Scoreboard *board);

/* Worker: returns whether this slot is to leave, by the control page or by scoreboard_drain(). */
bool scoreboard_must_leave(const Scoreboard *board, unsigned slot);

/* Worker: returns how this generation drains. DRAINING_NOT in a worker that must leave means: this worker alone leaves,
 * or the manager was killed. */
Draining scoreboard_draining(const Scoreboard *board);

/* Worker: returns whether fewer than n workers are idle right now. It looks first where it saw one last: each request
 * asks, and beside a thousand busy workers would otherwise walk past all of them. */
bool scoreboard_idle_below(Scoreboard *board, unsigned n);

/* Worker: returns whether fewer than n workers serve a request right now. */
bool scoreboard_busy_below(const Scoreboard *board, unsigned n);

/* Worker: publishes what the request is, before its script runs: for the status page and for messages about this slot.
 * Longer strings are cut (php-fpm's lengths), NULL is "". */
typedef struct RequestInfo {
        const char *method, *uri, *query, *script, *user, *remote;
        const char *target; /* what the client asked for: behind a front controller uri is the same for all */
        uint64_t content_length;
} RequestInfo;

/* Worker: publishes the request of its slot. */
void scoreboard_set_request(Scoreboard *board, unsigned slot, const RequestInfo *info);

/* Worker: adds the user to the request that was set last. */
void scoreboard_set_user(Scoreboard *board, unsigned slot, const char *user);

/* Manager and worker: a copy of one slot, with strings that end in NUL whatever stands on the board. The pid is a
 * claim, for display, and so are the numbers; of these only since_usec and n_requests can be above
 * SCOREBOARD_NUMBER_MAX. */
typedef struct SlotView {
        SlotState state;
        SlotState last_state; /* of the last one that died in this slot */
        uint64_t since_usec;
        uint64_t n_requests;
        uint64_t content_length;
        uint64_t n_requests_own; /* of the worker that is there now, or was last */
        pid_t pid;
        uint64_t start_sec;         /* of the worker, as time(2) has it */
        RequestUsage usage;         /* of its last request */
        uint64_t memory_peak_bytes; /* of all requests in this slot */
        char method[16], uri[128], query[512], script[256], user[32], remote[48], target[512];
} SlotView;

/* Copies one slot for display: state and texts of one request, or without texts when requests come too fast for that.
 * slot is below scoreboard_slots(). Returns 0 or a negative errno. */
int scoreboard_view_slot(Scoreboard *board, unsigned slot, SlotView *ret);

/* Does the same if the slot still has the request of that word, else returns -ESTALE. */
int scoreboard_view_request(Scoreboard *board, unsigned slot, SlotWord word, SlotView *ret);
