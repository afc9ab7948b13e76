/* SPDX-License-Identifier: MIT */
#pragma once
/* ZygoteLink: the manager's end of the control socket of one zygote.
 *
 * Orders that the zygote has not read yet wait in a queue. That is never a reason to end it: a zygote that hangs is
 * found by a ping that it does not answer. How much can wait is bounded by what the manager may want of a slot.
 *
 * Runs in: manager.     Owns: the socket, the queue, the event source.
 * Trusts:  nobody: each message was checked by form (message_check) before the hook gets it. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "contract/message_queue.h"

typedef struct ZygoteLinkHooks {
        /* One message. A negative errno: it was not to be said now. */
        int (*message)(const Message *message, void *userdata);

        /* After each group of messages that were read together. */
        void (*pause)(void *userdata);

        /* It said what it may not say, in form or by message(). The rest of what it said is not read now. */
        void (*wrong)(void *userdata);
} ZygoteLinkHooks;

typedef struct ZygoteLink {
        int fd; /* -EBADF: closed */
        unsigned n_slots;
        MessageQueue queue;
        sd_event_source *source;
        const ZygoteLinkHooks *hooks;
        void *userdata;
} ZygoteLink;

/* A link that is closed. Hooks and userdata are borrowed. */
void zygote_link_init(
                ZygoteLink *link, unsigned n_slots, const ZygoteLinkHooks *hooks, void *userdata);

/* Takes fd, also when it fails. 0 or negative errno. */
int zygote_link_open(ZygoteLink *link, sd_event *event, int fd);
void zygote_link_close(ZygoteLink *link); /* the zygote reads end of file; what waits is dropped */

bool zygote_link_is_open(const ZygoteLink *link);

/* Sends an order, or keeps it until the zygote has read those before. passed_fd: borrowed, -EBADF: none. 0;
 * -ECANCELED: the link is closed; -ENOBUFS: more waits than the manager may want; or another negative errno. */
int zygote_link_send(ZygoteLink *link, const Message *message, int passed_fd);
int zygote_link_order(ZygoteLink *link, MessageType type, unsigned slot, int value);

/* The zygote is dead: hears what it had said before. */
void zygote_link_hear_rest(ZygoteLink *link);
