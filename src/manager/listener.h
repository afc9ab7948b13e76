/* SPDX-License-Identifier: MIT */
#pragma once
/* Listeners: the listening sockets that systemd handed over, and how many connections wait in them.
 *
 * Runs in: manager.     Owns: nothing; the sockets stay open for the manager's whole life, and are
 * never shut down or unlinked: they are systemd's. */

#include <stddef.h>
#include <stdint.h>

#include "manager/queue_depth.h"
#include "shared/cleanup.h"

enum {
        LISTENERS_MAX = 64,
};

typedef struct Listeners {
        int fds[LISTENERS_MAX];
        size_t n_fds;
} Listeners;

/* Takes what sd_listen_fds(3) has, checks that each is a listening stream socket, makes them
 * non-blocking (workers share them) and CLOEXEC. Logs. 0, -ENOTCONN: nothing was passed, or
 * negative errno. */
int listeners_receive(Listeners *ret);

/* How many connections wait in all of them, as far as the kernel tells: TCP_INFO for tcp,
 * sock_diag(7) for unix sockets, where php-fpm always says 0. */
void listeners_queue_depth(const Listeners *listeners, QueueDepth *ret);
