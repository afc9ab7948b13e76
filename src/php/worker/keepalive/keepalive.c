/* SPDX-License-Identifier: MIT */
#include "php/worker/keepalive/keepalive.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fd.h"
#include "php/worker/keepalive/keepalive_internal.h"

/* Scripts open files, too. */
static size_t table_limit(void) {
        struct rlimit limit;

        return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 2 > KEEPALIVE_MAX
                               ? KEEPALIVE_MAX
                               : (size_t) limit.rlim_cur / 2;
}

int keepalive_new(Keepalive **ret, int epoll_fd, int handoff_in_fd, int handoff_out_fd,
                Scoreboard *board) {
        Keepalive *keepalive = calloc(1, sizeof(*keepalive));

        if (!keepalive)
                return -ENOMEM;

        keepalive->epoll_fd = epoll_fd;
        keepalive->board = board;
        keepalive_table_init(&keepalive->table, table_limit());
        handoff_init(&keepalive->handoff, handoff_in_fd, handoff_out_fd);
        *ret = keepalive;
        return 0;
}

Keepalive *keepalive_free(Keepalive *keepalive) {
        if (!keepalive)
                return NULL;

        keepalive_thread_free(keepalive->thread);
        for (size_t i = 0; i < keepalive->table.n_reserved; i++)
                fd_close(keepalive->table.places[i].fd);
        handoff_done(&keepalive->handoff);
        free(keepalive);
        return NULL;
}

size_t keepalive_count(const Keepalive *keepalive) {
        return keepalive ? keepalive->table.n_waiting : 0;
}

bool keepalive_has_room(const Keepalive *keepalive) {
        return keepalive && keepalive_table_has_room(&keepalive->table);
}

/* --- places, with what watches them --- */

static int watch(Keepalive *keepalive, size_t i) {
        int fd = keepalive->table.places[i].fd;
        uint64_t tag = keepalive_table_tag(&keepalive->table, i);
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };

        if (epoll_ctl(keepalive->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
                return -errno;

        return keepalive->thread ? keepalive_thread_watch(keepalive->thread, fd, tag) : 0;
}

/* A child that the script has forked may have the same socket, so that close() alone would leave it in the epolls. */
void keepalive_vacate(Keepalive *keepalive, size_t i) {
        int fd = keepalive_table_remove(&keepalive->table, i);

        (void) epoll_ctl(keepalive->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        if (keepalive->thread)
                keepalive_thread_unwatch(keepalive->thread, fd);
        fd_close(fd);
}

static int hand_over(Keepalive *keepalive, size_t i) {
        const KeepalivePlace *place = &keepalive->table.places[i];
        int r;

        r = handoff_send(&keepalive->handoff, place->fd, place->past.since_usec);
        if (r < 0)
                return r;

        keepalive_vacate(keepalive, i);
        return 0;
}

static size_t hand_over_all(Keepalive *keepalive, bool with_silent) {
        KeepaliveTable *table = &keepalive->table;
        size_t n_left = 0;

        for (size_t i = 0; i < table->n_reserved; i++) {
                if (!keepalive_table_is_waiting(table, i) ||
                                (!with_silent && keepalive_table_is_silent(table, i)))
                        continue;
                if (n_left > 0 || hand_over(keepalive, i) < 0)
                        n_left++;
        }

        return n_left;
}

/* Looks at the places from first on whether something has come there; returns whether it has. */
static bool poll_from(const KeepaliveTable *table, size_t first,
                struct pollfd pollfds[static KEEPALIVE_MAX]) {
        for (size_t i = first; i < table->n_reserved; i++)
                pollfds[i] = (struct pollfd){
                        .fd = keepalive_table_is_waiting(table, i) ? table->places[i].fd : -EBADF,
                        .events = POLLIN,
                };

        return first < table->n_reserved && poll(pollfds + first, table->n_reserved - first, 0) > 0;
}

/* Notes on which connections something has come; returns how many those are. */
static size_t poll_all(KeepaliveTable *table) {
        struct pollfd pollfds[KEEPALIVE_MAX];
        uint64_t now_usec = clock_now_usec();
        size_t n = 0;

        if (!poll_from(table, 0, pollfds))
                return 0;

        for (size_t i = 0; i < table->n_reserved; i++)
                if (pollfds[i].revents) {
                        keepalive_table_note_arrival(table, i, now_usec);
                        n++;
                }

        return n;
}

/* --- the thread --- */

/* Returns whether some stay because the pair is full. */
static bool hand_over_ready(Keepalive *keepalive) {
        KeepaliveTable *table = &keepalive->table;

        if (poll_all(table) == 0)
                return false;

        for (size_t i = 0; i < table->n_reserved; i++)
                if (keepalive_table_is_waiting(table, i) && table->places[i].past.since_usec > 0 &&
                                hand_over(keepalive, i) < 0)
                        return true;

        return false;
}

/* The body of the request that runs comes in many pieces, of which the thread must not be woken. */
static void mute(Keepalive *keepalive, size_t i, uint64_t tag) {
        keepalive->muted = keepalive_thread_mute(keepalive->thread, keepalive->table.places[i].fd,
                                           tag) >= 0;
}

static bool hand_over_arrived(Keepalive *keepalive, const uint64_t tags[], size_t n_tags) {
        uint64_t now_usec = clock_now_usec();
        bool left = false;

        for (size_t k = 0; k < n_tags; k++) {
                int i = keepalive_table_find(&keepalive->table, tags[k]);

                if (i < 0)
                        continue;
                if (!keepalive_table_is_waiting(&keepalive->table, (size_t) i)) {
                        mute(keepalive, (size_t) i, tags[k]);
                        continue;
                }

                keepalive_table_note_arrival(&keepalive->table, (size_t) i, now_usec);
                left = hand_over(keepalive, (size_t) i) < 0 || left;
        }

        return left;
}

/* Most requests are over before it is worth to involve another worker. A request that takes long may end its worker, so
 * idle connections are handed to an idle worker as well. */
static bool keepalive_on_check(
                KeepaliveCheck check, const uint64_t tags[], size_t n_tags, void *userdata) {
        Keepalive *keepalive = userdata;
        bool someone_idle;

        if (scoreboard_draining(keepalive->board) == DRAINING_ALONE)
                return false;
        if (check == KEEPALIVE_CHECK_ARRIVALS)
                return hand_over_arrived(keepalive, tags, n_tags);

        someone_idle = !scoreboard_idle_below(keepalive->board, 1);
        if (check == KEEPALIVE_CHECK_LONG && someone_idle) {
                (void) poll_all(&keepalive->table);
                return hand_over_all(keepalive, false) > 0;
        }

        return (check == KEEPALIVE_CHECK_LONG || someone_idle) && hand_over_ready(keepalive);
}

static void unmute(Keepalive *keepalive) {
        KeepaliveTable *table = &keepalive->table;

        if (keepalive->muted && table->borrowed < KEEPALIVE_MAX)
                (void) keepalive_thread_unmute(keepalive->thread, table->places[table->borrowed].fd,
                                keepalive_table_tag(table, table->borrowed));
        keepalive->muted = false;
}

static int start_thread(Keepalive *keepalive) {
        if (keepalive->thread || keepalive->alone)
                return 0;

        scoreboard_note_keepalive(keepalive->board);
        return keepalive_thread_new(&keepalive->thread, keepalive_on_check, keepalive);
}

void keepalive_begin_request(Keepalive *keepalive) {
        if (keepalive_count(keepalive) > 0 && !keepalive->alone)
                keepalive_thread_begin_request(keepalive->thread);
}

void keepalive_end_request(Keepalive *keepalive) {
        if (!keepalive)
                return;

        keepalive_thread_end_request(keepalive->thread);
        unmute(keepalive);
}

/* --- what the worker does --- */

void keepalive_note_arrival(Keepalive *keepalive, uint64_t tag, uint64_t now_usec) {
        int i = keepalive_table_find(&keepalive->table, tag);

        if (i >= 0)
                keepalive_table_note_arrival(&keepalive->table, (size_t) i, now_usec);
}

int keepalive_borrow(Keepalive *keepalive, uint64_t tag, KeepalivePast *ret_past) {
        int i = keepalive_table_find(&keepalive->table, tag);

        return i < 0 ? i : keepalive_table_borrow(&keepalive->table, (size_t) i, ret_past);
}

int keepalive_borrow_ready(Keepalive *keepalive, size_t *place) {
        KeepalivePast past;
        struct pollfd pollfds[KEEPALIVE_MAX];

        if (!keepalive || !poll_from(&keepalive->table, *place, pollfds))
                return -ENOENT;

        while (*place < keepalive->table.n_reserved) {
                size_t i = (*place)++;

                if (pollfds[i].revents)
                        return keepalive_table_borrow(&keepalive->table, i, &past);
        }

        return -ENOENT;
}

int keepalive_put(Keepalive *keepalive, int fd, const KeepalivePast *past) {
        int i, r;

        if (!keepalive_has_room(keepalive))
                (void) keepalive_close_one_silent(keepalive);
        r = start_thread(keepalive);
        i = r < 0 ? r : keepalive_table_add(&keepalive->table, fd, past);
        if (i < 0) {
                fd_close(fd);
                return i;
        }

        r = watch(keepalive, (size_t) i);
        if (r < 0)
                keepalive_vacate(keepalive, (size_t) i);

        return r;
}

/* One worker takes most of what comes as long as little is to be done. Where it has many connections, and another has
 * less than half as many, that one gets the next: so they are spread, and nobody closes one while another has room. */
static bool gives_to_another(Keepalive *keepalive, int fd) {
        size_t n = keepalive->table.n_waiting;

        if (n < keepalive->table.limit / 4 || keepalive->alone ||
                        !scoreboard_keepalive_below(keepalive->board, n / 2))
                return false;

        return handoff_send(&keepalive->handoff, fd, 0) >= 0;
}

int keepalive_add(Keepalive *keepalive, int fd) {
        if (keepalive && keepalive_table_give_back(&keepalive->table))
                return 0;
        if (keepalive && !gives_to_another(keepalive, fd))
                return keepalive_put(keepalive, fd, &(KeepalivePast){});

        fd_close(fd);
        return keepalive ? 0 : -ENOBUFS;
}

void keepalive_close(Keepalive *keepalive, int fd) {
        if (!keepalive || keepalive->table.borrowed == KEEPALIVE_MAX) {
                fd_close(fd);
                return;
        }

        keepalive_thread_lock(keepalive->thread);
        keepalive_vacate(keepalive, keepalive->table.borrowed);
        keepalive_thread_unlock(keepalive->thread);
}

void keepalive_cover_fds(const Keepalive *keepalive, int blank_fd) {
        if (!keepalive)
                return;

        for (size_t i = 0; i < keepalive->table.n_reserved; i++)
                fd_cover(keepalive->table.places[i].fd, blank_fd);
        fd_cover(keepalive->handoff.spare_fd, blank_fd);
        if (keepalive->thread)
                keepalive_thread_cover_fds(keepalive->thread, blank_fd);
}

static void hand_on(Keepalive *keepalive, int fd) {
        if (handoff_send(&keepalive->handoff, fd, 0) < 0) {
                unmute(keepalive);
                (void) keepalive_add(keepalive, fd);
                return;
        }

        scoreboard_note_keepalive(keepalive->board);
        if (keepalive->table.borrowed < KEEPALIVE_MAX)
                keepalive_vacate(keepalive, keepalive->table.borrowed);
        else
                fd_close(fd);
}

/* If it stays, the thread has to watch it from now on. */
void keepalive_hand_on(Keepalive *keepalive, int fd) {
        keepalive_thread_lock(keepalive->thread);
        hand_on(keepalive, fd);
        keepalive_thread_unlock(keepalive->thread);
        keepalive_begin_request(keepalive);
}

int keepalive_send(Keepalive *keepalive, int fd, uint64_t since_usec) {
        return handoff_send(&keepalive->handoff, fd, since_usec);
}

int keepalive_hand_over(Keepalive *keepalive, uint64_t tag, uint64_t latest_usec) {
        int i = keepalive_table_find(&keepalive->table, tag);

        if (i < 0)
                return i;
        if (keepalive->table.places[i].past.since_usec > latest_usec)
                return -EBUSY;

        return hand_over(keepalive, (size_t) i);
}

int keepalive_receive(Keepalive *keepalive, KeepalivePast *ret_past) {
        int fd, r;

        *ret_past = (KeepalivePast){ .is_taken = true };
        do
                r = handoff_receive(&keepalive->handoff, &fd, &ret_past->since_usec);
        while (r == -EBADMSG);

        return r < 0 ? r : fd;
}

unsigned keepalive_n_handed_over(const Keepalive *keepalive) {
        return handoff_depth(&keepalive->handoff);
}

size_t keepalive_hand_out_all(Keepalive *keepalive) {
        size_t n_left = keepalive ? hand_over_all(keepalive, true) : 0;

        return n_left > 0 && keepalive->handoff.failure == EPIPE ? 0 : n_left;
}

void keepalive_stop_handoff(Keepalive *keepalive) {
        if (keepalive)
                keepalive->alone = true;
}

void keepalive_take_in_all(Keepalive *keepalive) {
        KeepalivePast past;
        int fd;

        while (keepalive_has_room(keepalive) && (fd = keepalive_receive(keepalive, &past)) >= 0)
                (void) keepalive_put(keepalive, fd, &past);
}

const char *keepalive_take_complaint(Keepalive *keepalive) {
        return keepalive ? handoff_take_complaint(&keepalive->handoff) : NULL;
}
