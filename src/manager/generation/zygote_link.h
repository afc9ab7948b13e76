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
        /* Takes one message. Returns 0, or a negative errno when the zygote was not allowed to send it now. */
        int (*message)(const Message *message, void *userdata);

        /* Is called after each group of messages that were read together. */
        void (*pause)(void *userdata);

        /* The zygote has sent what it may not send, by its form or by the result of message(). The messages behind it
         * are not read now. */
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

/* Makes a link that is closed. Borrows hooks and userdata. */
void zygote_link_init(
                ZygoteLink *link, unsigned n_slots, const ZygoteLinkHooks *hooks, void *userdata);

/* Takes fd, also when it fails. Returns 0 or a negative errno. */
int zygote_link_open(ZygoteLink *link, sd_event *event, int fd);

/* Closes the socket: the zygote reads end of file, and messages that wait are dropped. */
void zygote_link_close(ZygoteLink *link);

/* Returns whether the link is open. */
bool zygote_link_is_open(const ZygoteLink *link);

/* Sends an order, or keeps it until the zygote has read those before. passed_fd goes along and is borrowed, -EBADF for
 * none. Returns 0, -ECANCELED when the link is closed, -ENOBUFS when more orders wait than the manager can have use
 * for, or another negative errno. */
int zygote_link_send(ZygoteLink *link, const Message *message, int passed_fd);
int zygote_link_order(ZygoteLink *link, MessageType type, unsigned slot, int value);

/* Reads what a dead zygote had sent before its death. */
void zygote_link_read_rest(ZygoteLink *link);
