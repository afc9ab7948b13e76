/* SPDX-License-Identifier: MIT */
#include "contract/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "contract/scoreboard_internal.h"

enum {
        N_COPIED = 4, /* slot words, request counters, worker memories, kept connections */
        KEEPALIVE_CLAIM_MAX = 4096,
};

size_t scoreboard_counters_offset(unsigned n_slots) {
        return WORDS_OFFSET + n_places(n_slots) * sizeof(SlotWord);
}

static size_t worker_memory_offset(unsigned n_slots) {
        return scoreboard_counters_offset(n_slots) + n_places(n_slots) * sizeof(SlotWord);
}

static size_t keepalive_offset(unsigned n_slots) {
        return worker_memory_offset(n_slots) + n_places(n_slots) * sizeof(SlotWord);
}

size_t scoreboard_details_offset(unsigned n_slots) {
        size_t offset = keepalive_offset(n_slots) + n_places(n_slots) * sizeof(SlotWord);

        return (offset + _Alignof(SlotDetail) - 1) / _Alignof(SlotDetail) * _Alignof(SlotDetail);
}

size_t scoreboard_durations_offset(unsigned n_slots) {
        return scoreboard_details_offset(n_slots) + n_places(n_slots) * sizeof(SlotDetail);
}

size_t scoreboard_lingering_offset(unsigned n_slots) {
        return scoreboard_durations_offset(n_slots) + n_places(n_slots) * sizeof(SlotDurations);
}

static size_t board_size(unsigned n_slots) {
        return scoreboard_lingering_offset(n_slots) +
               (n_places(n_slots) + 63) / 64 * sizeof(uint64_t);
}

static _Atomic SlotWord *word_at(const Scoreboard *board, unsigned slot) {
        return (_Atomic SlotWord *) ((char *) board->map + WORDS_OFFSET) + slot;
}

static _Atomic uint64_t *counter_at(const Scoreboard *board, unsigned slot) {
        return (_Atomic uint64_t *) ((char *) board->map +
                                     scoreboard_counters_offset(board->n_slots)) +
               slot;
}

static _Atomic uint64_t *worker_memory_at(const Scoreboard *board, unsigned slot) {
        return (_Atomic uint64_t *) ((char *) board->map + worker_memory_offset(board->n_slots)) +
               slot;
}

static _Atomic uint64_t *keepalive_at(const Scoreboard *board, unsigned slot) {
        return (_Atomic uint64_t *) ((char *) board->map + keepalive_offset(board->n_slots)) + slot;
}

static int scoreboard_allocate(Scoreboard **ret, unsigned n_slots) {
        Scoreboard *board;

        if (n_slots == 0 || n_slots > SCOREBOARD_SLOTS_MAX)
                return -EINVAL;

        board = calloc(1, sizeof(*board));
        if (!board)
                return -ENOMEM;

        *board = (Scoreboard){
                .board_fd = -EBADF,
                .control_page_fd = -EBADF,
                .n_slots = n_slots,
                .size = board_size(n_slots),
        };
        *ret = board;
        return 0;
}

/* A memfd that this process alone can write: what is mapped before the seal stays writable. */
static int control_page_open(PoolControl **ret) {
        _cleanup_close_ int fd = -EBADF;
        void *map;

        fd = memfd_create("fpmd-control-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return -errno;

        if (ftruncate(fd, sizeof(PoolControl)) < 0)
                return -errno;

        map = mmap(NULL, sizeof(PoolControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
                return -errno;

        if (fcntl(fd, F_ADD_SEALS,
                            F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
                int r = -errno;

                munmap(map, sizeof(PoolControl));
                return r;
        }

        *ret = map;
        return TAKE_FD(fd);
}

int scoreboard_new(Scoreboard **ret, unsigned n_slots) {
        _cleanup_(scoreboard_freep) Scoreboard *board = NULL;
        int r;

        r = scoreboard_allocate(&board, n_slots);
        if (r < 0)
                return r;

        board->copy = calloc(n_places(n_slots), N_COPIED * sizeof(SlotWord));
        if (!board->copy)
                return -ENOMEM;

        board->board_fd = fd_memfd_sized("fpmd-board", board->size);
        if (board->board_fd < 0)
                return board->board_fd;

        board->control_page_fd = control_page_open(&board->control_page);
        if (board->control_page_fd < 0)
                return board->control_page_fd;

        *ret = TAKE_PTR(board);
        return 0;
}

static int map_fd(int fd, size_t size, int protection, void **ret) {
        struct stat st;
        void *map;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size < 0 || (size_t) st.st_size != size)
                return -EBADMSG;

        map = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
                return -errno;

        *ret = map;
        return 0;
}

int scoreboard_attach(Scoreboard **ret, int board_fd, int control_page_fd, unsigned n_slots) {
        _cleanup_(scoreboard_freep) Scoreboard *board = NULL;
        void *control_page = NULL;
        int r;

        r = scoreboard_allocate(&board, n_slots);
        if (r < 0)
                return r;

        r = map_fd(board_fd, board->size, PROT_READ | PROT_WRITE, &board->map);
        if (r < 0)
                return r;

        r = map_fd(control_page_fd, sizeof(PoolControl), PROT_READ, &control_page);
        if (r < 0)
                return r;

        board->control_page = control_page;
        *ret = TAKE_PTR(board);
        return 0;
}

Scoreboard *scoreboard_free(Scoreboard *board) {
        if (!board)
                return NULL;

        if (board->map)
                munmap(board->map, board->size);
        if (board->control_page)
                munmap(board->control_page, sizeof(PoolControl));
        fd_close(board->board_fd);
        fd_close(board->control_page_fd);
        free(board->copy);
        free(board);
        return NULL;
}

int scoreboard_board_fd(const Scoreboard *board) {
        return board->board_fd;
}

int scoreboard_control_page_fd(const Scoreboard *board) {
        return board->control_page_fd;
}

PoolControl *scoreboard_control_page(Scoreboard *board) {
        return board->control_page;
}

const PoolControl *scoreboard_view(const Scoreboard *board) {
        return board->control_page;
}

unsigned scoreboard_slots(const Scoreboard *board) {
        return board->n_slots;
}

unsigned scoreboard_status_slot(const Scoreboard *board) {
        return board->n_slots;
}

int scoreboard_read(const Scoreboard *board, void *buffer, size_t size, size_t offset) {
        ssize_t n;

        if (board->map) {
                memcpy(buffer, (const char *) board->map + offset, size);
                return 0;
        }

        n = pread(board->board_fd, buffer, size, (off_t) offset);
        if (n < 0)
                return -errno;

        return (size_t) n == size ? 0 : -EIO;
}

/* The stores on the control page come before these reads, also on a processor that would put a load in front of an
 * earlier store: a worker that changes its slot word after the read sees what the manager asks for. */
int scoreboard_copy(Scoreboard *board) {
        atomic_thread_fence(memory_order_seq_cst);
        return scoreboard_read(board, board->copy,
                        n_places(board->n_slots) * N_COPIED * sizeof(SlotWord), WORDS_OFFSET);
}

SlotWord scoreboard_word(const Scoreboard *board, unsigned slot) {
        return board->copy[slot];
}

uint64_t scoreboard_requests(const Scoreboard *board, unsigned slot) {
        return board->copy[n_places(board->n_slots) + slot];
}

uint64_t scoreboard_worker_memory(const Scoreboard *board, unsigned slot) {
        return board->copy[2 * n_places(board->n_slots) + slot];
}

/* It is a claim: no worker has more than some thousand connections open. */
uint64_t scoreboard_keepalive(const Scoreboard *board, unsigned slot) {
        uint64_t n = board->copy[3 * n_places(board->n_slots) + slot];

        return n < KEEPALIVE_CLAIM_MAX ? n : KEEPALIVE_CLAIM_MAX;
}

int scoreboard_summarize(Scoreboard *board, ScoreboardSummary *ret) {
        ScoreboardSummary summary = {};
        int r;

        r = scoreboard_copy(board);
        if (r < 0)
                return r;

        for (unsigned i = 0; i < board->n_slots; i++) {
                switch (slot_word_state(board->copy[i])) {
                case SLOT_EMPTY:
                        break;
                case SLOT_STARTING:
                        summary.n_starting++;
                        break;
                case SLOT_IDLE:
                        summary.n_idle++;
                        if (slot_word_since_usec(board->copy[i]) > summary.last_idle_usec)
                                summary.last_idle_usec = slot_word_since_usec(board->copy[i]);
                        break;
                default:
                        summary.n_busy++;
                        break;
                }
                summary.n_requests += scoreboard_requests(board, i);
                if (slot_word_state(board->copy[i]) != SLOT_EMPTY)
                        summary.n_keepalive += scoreboard_keepalive(board, i);
        }

        *ret = summary;
        return 0;
}

int scoreboard_accepted(const Scoreboard *board, size_t queue, uint64_t *ret) {
        if (queue >= SCOREBOARD_QUEUES_MAX)
                return -EINVAL;

        return scoreboard_read(board, ret, sizeof(*ret),
                        offsetof(BoardHead, accepted) + queue * sizeof(uint64_t));
}

int scoreboard_refused(const Scoreboard *board, uint64_t *ret) {
        return scoreboard_read(board, ret, sizeof(*ret), offsetof(BoardHead, refused));
}

/* The peak may miss one of two that begin in the same instant: it is for people. */
void scoreboard_begin_busy(Scoreboard *board) {
        BoardHead *head = head_of(board);
        uint64_t n = atomic_fetch_add_explicit(&head->n_busy, 1, memory_order_relaxed) + 1;

        if (n <= board->n_slots)
                raise_number(&head->n_busy_max, n);
}

void scoreboard_end_busy(Scoreboard *board) {
        _Atomic uint64_t *n_busy = &head_of(board)->n_busy;
        uint64_t n = atomic_load_explicit(n_busy, memory_order_relaxed);

        /* What workers write can make it count one end too many: then it stays 0. */
        while (n > 0 && !atomic_compare_exchange_weak_explicit(n_busy, &n, n - 1,
                                        memory_order_relaxed, memory_order_relaxed))
                ;
}

bool scoreboard_accept(Scoreboard *board, size_t queue) {
        uint64_t number;

        if (queue >= SCOREBOARD_QUEUES_MAX)
                return false;

        number = atomic_fetch_add(&head_of(board)->accepted[queue], 1) + 1;
        return number <= atomic_load(&board->control_page->stale[queue]);
}

void scoreboard_count_refused(Scoreboard *board) {
        atomic_fetch_add(&head_of(board)->refused, 1);
}

void scoreboard_set(Scoreboard *board, unsigned slot, SlotState state, uint64_t now_usec) {
        atomic_store_explicit(
                        word_at(board, slot), slot_word(state, now_usec), memory_order_seq_cst);
}

SlotWord scoreboard_live_word(const Scoreboard *board, unsigned slot) {
        return atomic_load(word_at(board, slot));
}

void scoreboard_mark_dead(Scoreboard *board, unsigned slot) {
        scoreboard_note_end(board, slot, atomic_load(word_at(board, slot)));
        scoreboard_end_lingering(board, slot);
        scoreboard_set(board, slot, SLOT_EMPTY, 0);
}

void scoreboard_count_request(Scoreboard *board, unsigned slot) {
        _Atomic uint64_t *counter = counter_at(board, slot);

        /* One writer per slot: a plain load and store, no locked instruction. */
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                        memory_order_relaxed);
}

void scoreboard_drain(Scoreboard *board) {
        atomic_store(&head_of(board)->draining, 1);
}

void scoreboard_count_reopen(Scoreboard *board) {
        atomic_fetch_add(&head_of(board)->n_reopens, 1);
}

uint32_t scoreboard_reopens(const Scoreboard *board) {
        return atomic_load_explicit(&head_of(board)->n_reopens, memory_order_acquire);
}

void scoreboard_set_worker_memory(Scoreboard *board, unsigned slot, uint64_t bytes) {
        atomic_store_explicit(worker_memory_at(board, slot), bytes, memory_order_relaxed);
}

void scoreboard_set_keepalive(Scoreboard *board, unsigned slot, uint64_t n) {
        atomic_store_explicit(keepalive_at(board, slot), n, memory_order_relaxed);
}

bool scoreboard_must_leave(const Scoreboard *board, unsigned slot) {
        /* This is read after this worker's slot word was written: whoever has seen a request there that is to be ended
         * had written before that the worker takes no other one. */
        return atomic_load_explicit(&board->control_page->retired[slot], memory_order_seq_cst) ||
               atomic_load_explicit(&board->control_page->draining, memory_order_relaxed) ||
               atomic_load_explicit(&head_of(board)->draining, memory_order_relaxed);
}

Draining scoreboard_draining(const Scoreboard *board) {
        return (Draining) atomic_load_explicit(
                        &board->control_page->draining, memory_order_relaxed);
}

bool scoreboard_idle_below(Scoreboard *board, unsigned n) {
        unsigned slot = atomic_load_explicit(&board->idle_slot, memory_order_relaxed);

        for (unsigned i = 0; i < board->n_slots && n > 0; i++, slot++) {
                if (slot >= board->n_slots)
                        slot = 0;
                if (slot_word_state(atomic_load_explicit(
                                    word_at(board, slot), memory_order_seq_cst)) == SLOT_IDLE &&
                                --n == 0)
                        atomic_store_explicit(&board->idle_slot, slot, memory_order_relaxed);
        }

        return n > 0;
}

bool scoreboard_keepalive_below(const Scoreboard *board, uint64_t n) {
        for (unsigned i = 0; i < board->n_slots; i++)
                if (slot_word_state(atomic_load_explicit(
                                    word_at(board, i), memory_order_relaxed)) >= SLOT_IDLE &&
                                atomic_load_explicit(keepalive_at(board, i), memory_order_relaxed) <
                                                n)
                        return true;

        return false;
}

bool scoreboard_busy_below(const Scoreboard *board, unsigned n) {
        for (unsigned i = 0; i < board->n_slots && n > 0; i++)
                if (slot_word_state(atomic_load_explicit(word_at(board, i), memory_order_relaxed)) >
                                SLOT_IDLE)
                        n--;

        return n > 0;
}
