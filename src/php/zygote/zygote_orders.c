/* SPDX-License-Identifier: MIT */
/* Follows the manager's orders.
 *
 * A request that is to be ended, or a ping, must not wait behind forks and stacks, of which a thousand may be wanted at
 * once: these are put off, and done one at a time whenever no other order waits. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "php/zygote/zygote_internal.h"

enum {
        ORDERS_AT_ONCE = 64,

        /* No more stacks are read for others while the manager does not read those: 256 KiB. */
        REPORTS_FOR_STACKS = 1024,
};

/* Stacks of requests that are to be ended may take this time together while orders wait: some hundred stacks. The
 * requests behind are ended without, but on time. */
#define STACKS_LIMIT_USEC 50000

/* --- stacks --- */

typedef struct Tracing {
        Zygote *zygote;
        unsigned slot;
} Tracing;

static void report_frame(const char *frame, void *userdata) {
        Tracing *tracing = userdata;
        Message message = { .type = MESSAGE_FRAME, .slot = tracing->slot };

        snprintf(message.text, sizeof(message.text), "%s", frame);
        if (tracing->zygote->control_fd >= 0)
                (void) message_queue_send(&tracing->zygote->reports, tracing->zygote->control_fd,
                                &message, -EBADF);
}

static int read_stack(Zygote *zygote, unsigned slot, unsigned depth) {
        Tracing tracing = { .zygote = zygote, .slot = slot };
        int fd;

        children_take_memory(zygote->children, slot);
        fd = children_memory_fd(zygote->children, slot);
        return fd < 0 ? fd : zygote->hooks.trace(fd, depth, report_frame, &tracing);
}

/* The request may have ended since the manager read the slot word, and the next one must not be ended or shown in its
 * place. All stages of one request have the same start. */
static bool is_still(const Zygote *zygote, unsigned slot, SlotWord word) {
        SlotWord live = scoreboard_live_word(zygote->board, slot);

        return word == 0 || slot_word_since_usec(live) == slot_word_since_usec(word);
}

static void follow_trace(Zygote *zygote, const Message *message) {
        int r = -ESTALE;

        if (is_still(zygote, message->slot, message->word))
                r = read_stack(zygote, message->slot, (unsigned) message->value);
        if (!is_still(zygote, message->slot, message->word))
                r = -ESTALE;
        zygote_report(zygote, MESSAGE_TRACED, message->slot, r < 0 ? -r : 0);
}

static int read_last_stack(Zygote *zygote, const Message *message) {
        uint64_t start = clock_now_usec();
        int r;

        if (zygote->stacks_usec >= STACKS_LIMIT_USEC ||
                        message_queue_length(&zygote->reports) >= REPORTS_FOR_STACKS)
                return -EBUSY;

        r = read_stack(zygote, message->slot, (unsigned) message->value);
        zygote->stacks_usec += clock_now_usec() - start;
        return r;
}

static void follow_end(Zygote *zygote, const Message *message) {
        int r = -ESTALE;

        if (message->value > 0 && is_still(zygote, message->slot, message->word))
                r = read_last_stack(zygote, message);
        if (is_still(zygote, message->slot, message->word))
                children_kill(zygote->children, message->slot);
        else
                r = -ESTALE;
        if (message->value > 0)
                zygote_report(zygote, MESSAGE_TRACED, message->slot, r < 0 ? -r : 0);
}

/* --- others --- */

static void follow_fork(Zygote *zygote, const Message *message) {
        int r = -EBUSY;

        if (zygote->draining)
                r = -ESHUTDOWN;
        else if (!children_has(zygote->children, message->slot))
                r = zygote_fork(zygote, message->slot);
        if (r < 0)
                zygote_report(zygote, MESSAGE_NOT_FORKED, message->slot, -r);
}

/* Later workers have it from the start, by its old number. */
static void follow_reopen(Zygote *zygote, int fd) {
        if (zygote->hooks.log_fd < 0)
                return;
        if (fd < 0 || dup3(fd, zygote->hooks.log_fd, O_CLOEXEC) < 0) {
                stderr_line("<3>Cannot take the new file of the access log, going on with the old one: %s\n",
                                strerror(fd < 0 ? -fd : errno));
                return;
        }

        children_send_log(zygote->children, fd);

        /* A worker that reads this count finds the file on its lifeline. */
        scoreboard_count_reopen(zygote->board);
}

/* Workers read their orders from the scoreboard; this only wakes those that wait for a connection. Their lifelines
 * stay, for files of the log that come while they finish. */
static void drain(Zygote *zygote) {
        if (!zygote->draining)
                zygote_keep_scripts(zygote);
        zygote->draining = true;
        zygote_end_spare(zygote);
        scoreboard_drain(zygote->board);
        children_wake(zygote->children);
}

/* --- orders that can wait --- */

static void put_off(Zygote *zygote, const Message *message) {
        Order *order = malloc(sizeof(*order));

        if (!order) {
                zygote_report(zygote,
                                message->type == MESSAGE_FORK ? MESSAGE_NOT_FORKED : MESSAGE_TRACED,
                                message->slot, ENOMEM);
                return;
        }

        *order = (Order){ .message = *message };
        *zygote->last = order;
        zygote->last = &order->next;
}

/* The messages of a zygote that is killed are lost. So it forks only when the socket takes the pid at once, and the
 * manager knows every worker. */
static bool has_room(Zygote *zygote) {
        struct pollfd pollfd = { .fd = zygote->control_fd, .events = POLLOUT };

        return message_queue_length(&zygote->reports) == 0 && poll(&pollfd, 1, 0) > 0;
}

bool zygote_has_work(Zygote *zygote) {
        bool can;

        zygote->needs_room = false;
        if (!zygote->first)
                return false;

        can = zygote->control_fd < 0 ||
              (zygote->first->message.type == MESSAGE_TRACE
                                              ? message_queue_length(&zygote->reports) <
                                                                REPORTS_FOR_STACKS
                                              : has_room(zygote));
        zygote->needs_room = !can;
        return can;
}

void zygote_work(Zygote *zygote) {
        Order *order = zygote->first;

        zygote->first = order->next;
        if (!zygote->first)
                zygote->last = &zygote->first;

        if (order->message.type == MESSAGE_TRACE)
                follow_trace(zygote, &order->message);
        else
                follow_fork(zygote, &order->message);
        free(order);
}

/* --- reading them --- */

static void follow(Zygote *zygote, const Message *message, int fd) {
        switch (message->type) {
        case MESSAGE_FORK:
        case MESSAGE_TRACE:
                put_off(zygote, message);
                break;
        case MESSAGE_END:
                follow_end(zygote, message);
                break;
        case MESSAGE_RETIRE:
                children_retire(zygote->children, message->slot);
                break;
        case MESSAGE_DRAIN:
                drain(zygote);
                break;
        case MESSAGE_KILL:
                children_kill_all(zygote->children);
                break;
        case MESSAGE_PING:
                zygote_report(zygote, MESSAGE_PONG, 0, message->value);
                break;
        case MESSAGE_REOPEN:
                follow_reopen(zygote, fd);
                break;
        case MESSAGE_SCRIPTS:
                zygote_list_scripts(zygote, fd);
                break;
        }
}

/* It has gone, or has broken the protocol: the workers finish and leave, and then the zygote. */
static void lose_manager(Zygote *zygote) {
        zygote->control_fd = fd_close(zygote->control_fd);
        message_queue_done(&zygote->reports);
        zygote->kill_usec = clock_now_usec() + zygote->hooks.orphan_limit_usec;
        drain(zygote);
}

/* Returns 1 when there may be more. */
static int read_order(Zygote *zygote) {
        _cleanup_close_ int fd = -EBADF;
        Message message;
        int r;

        r = message_receive_fd(zygote->control_fd, &message, &fd);
        if (r == -EAGAIN)
                return 0;
        if (r > 0 && message_check(&message, MESSAGE_FROM_MANAGER,
                                     scoreboard_slots(zygote->board)) >= 0) {
                follow(zygote, &message, fd);
                return 1;
        }

        lose_manager(zygote);
        return 0;
}

void zygote_read_orders(Zygote *zygote) {
        for (unsigned n = 0; n < ORDERS_AT_ONCE; n++)
                if (read_order(zygote) == 0) {
                        zygote->stacks_usec = 0;
                        return;
                }
}
