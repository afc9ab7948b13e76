/* SPDX-License-Identifier: MIT */
#pragma once
/* Listeners: where connections come from, and how many wait there: the listening sockets that systemd handed over, and
 * the pair through which workers hand kept connections over to each other.
 *
 * Runs in: manager.     Owns: nothing. The listening sockets are systemd's: they stay open for the manager's whole
 * life, and are never shut down or unlinked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "contract/listen_fds.h"
#include "manager/sockets/handoff_pair.h"

typedef struct Listeners {
        int fds[LISTENERS_MAX];
        size_t n_fds;
        HandoffPair *pair; /* a reference */
} Listeners;

/* Takes the sockets of sd_listen_fds(3), checks that each is a listening stream socket, and makes them non-blocking
 * (workers share them) and CLOEXEC. Takes the stored handoff pair of user uid, or makes and stores a new one. Returns
 * 0, -ENOTCONN when no listening socket was passed, or another negative errno, which is logged. */
int listeners_receive(Listeners *ret, uid_t uid);
void listeners_done(Listeners *listeners);

/* Returns whether all of them were shut down, so that no connection can come. */
bool listeners_are_hung_up(const Listeners *listeners);

/* Returns whether the socket is bound to the address, which is written as in listen. */
bool listener_is(int fd, const char *address);

/* Separates the socket of pm.status_listen (status_address, NULL if there is none) from the others. *ret_status_fd is
 * borrowed; it is -EBADF, after a warning, if that socket was not passed. */
void listeners_split(const Listeners *all, const char *status_address, Listeners *ret,
                int *ret_status_fd);

/* Adds up how many connections wait at the sockets and in the pair, as far as the kernel tells: TCP_INFO for tcp,
 * sock_diag(7) for unix sockets, where php-fpm always says 0. */
unsigned listeners_queue_length(const Listeners *listeners);

/* Returns whether a connection waits at one of these sockets, so that systemd would start the pool for it. */
bool listeners_have_connection(const int fds[], size_t n_fds);

/* Returns the same of the sockets that systemd has passed to this process, before listeners_receive() takes them. */
bool listeners_passed_have_connection(void);

/* Calls handler once when a connection waits there; *source is made if it is NULL, and armed again if not. Several may
 * watch the same socket. A socket that was shut down would be ready for ever, and is not watched. Returns 0 or a
 * negative errno. */
int listener_watch(sd_event *event, sd_event_source **source, int listen_fd,
                sd_event_io_handler_t handler, void *userdata);

/* Returns the present group of the first unix socket that has a path, or (gid_t) -1 if there is none. */
gid_t listeners_group(const Listeners *listeners);
