/* SPDX-License-Identifier: MIT */
#include "manager/generation/zygote_link.h"

#include <errno.h>

#include "base/fd.h"
#include "base/parse.h"
#include "manager/base/log.h"

enum {
        /* What can wait for a zygote that does not read: for each slot to fork, to retire, to end and to read a
         * stack, as often as a worker can come and go there meanwhile. */
        ORDERS_PER_SLOT = 8,
        ORDERS_OF_ALL = 64,

        /* Messages that are read before other events have their turn. */
        MESSAGES_AT_ONCE = 64,

        /* The socket of a dead zygote cannot hold more messages. */
        REST_MAX = 4096,
};

void zygote_link_init(
                ZygoteLink *link, unsigned n_slots, const ZygoteLinkHooks *hooks, void *userdata) {
        *link = (ZygoteLink){
                .fd = -EBADF,
                .n_slots = n_slots,
                .hooks = hooks,
                .userdata = userdata,
        };
        message_queue_init(&link->queue, (size_t) n_slots * ORDERS_PER_SLOT + ORDERS_OF_ALL);
}

bool zygote_link_is_open(const ZygoteLink *link) {
        return link->fd >= 0;
}

void zygote_link_close(ZygoteLink *link) {
        link->source = sd_event_source_disable_unref(link->source);
        link->fd = fd_close(link->fd);
        message_queue_done(&link->queue);
}

/* --- orders --- */

static void watch_room(ZygoteLink *link) {
        bool waits = message_queue_length(&link->queue) > 0;
        int r;

        if (!link->source)
                return;

        r = sd_event_source_set_io_events(link->source, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
        if (r < 0)
                log_error_errno(r, "Cannot watch the control socket, orders may be late: %m");
}

int zygote_link_send(ZygoteLink *link, const Message *message, int passed_fd) {
        int r;

        if (link->fd < 0)
                return -ECANCELED;

        r = message_queue_send(&link->queue, link->fd, message, passed_fd);
        if (message_queue_length(&link->queue) == 1)
                watch_room(link);
        return r;
}

int zygote_link_order(ZygoteLink *link, MessageType type, unsigned slot, int value) {
        return zygote_link_send(
                        link, &(Message){ .type = type, .slot = slot, .value = value }, -EBADF);
}

static void flush(ZygoteLink *link) {
        /* A zygote that has gone is at its end of file, too, which is read. */
        (void) message_queue_flush(&link->queue, link->fd);
        if (message_queue_length(&link->queue) == 0)
                watch_room(link);
}

/* --- what the zygote says --- */

/* Returns 1 when there may be more, 0 when there is none now, or never again. */
static int receive_one(ZygoteLink *link) {
        Message message;
        int r;

        r = message_receive(link->fd, &message);
        if (r == -EAGAIN)
                return 0;
        if (r == 0) {
                zygote_link_close(link); /* its exit status tells the rest */
                return 0;
        }
        if (r > 0)
                r = message_check(&message, MESSAGE_FROM_ZYGOTE, link->n_slots);
        if (r >= 0)
                r = link->hooks->message(&message, link->userdata);
        if (r < 0) {
                link->hooks->wrong(link->userdata);
                return 0;
        }

        return 1;
}

/* A hook may close the link. */
static void hear(ZygoteLink *link, unsigned max) {
        unsigned n = 0;

        while (n < max && link->fd >= 0 && receive_one(link) > 0)
                n++;
        if (n > 0)
                link->hooks->pause(link->userdata);
}

void zygote_link_read_rest(ZygoteLink *link) {
        hear(link, REST_MAX);
}

static int zygote_link_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ZygoteLink *link = userdata;

        (void) source;
        (void) fd;
        if (revents & EPOLLOUT)
                flush(link);
        if (revents & ~(uint32_t) EPOLLOUT)
                hear(link, MESSAGES_AT_ONCE);
        return 0;
}

int zygote_link_open(ZygoteLink *link, sd_event *event, int fd) {
        int r;

        link->fd = fd;
        r = sd_event_add_io(event, &link->source, fd, EPOLLIN, zygote_link_on_io, link);
        if (r < 0)
                return r;

        /* This bounds what a zygote can cost that sends without end. */
        return sd_event_source_set_ratelimit(link->source, USEC_PER_SEC / 10, 200);
}
