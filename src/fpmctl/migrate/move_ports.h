/* SPDX-License-Identifier: MIT */
#pragma once
/* MovePorts: the TCP sockets of some pools while two programs listen at their ports.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fpmctl/migrate/move_pool.h"

typedef struct MovePorts {
        int *fds;
        int *holds; /* of listener_share(), or -EBADF */
        size_t n;
} MovePorts;

/* Adds the sockets of a pool, which that process has. Returns 0 or a negative errno (listener_take()), with what came
 * before it in ports. */
int move_ports_add(MovePorts *ports, const MovePool *pool, pid_t pid);

/* Lets another program listen there, which gets no connection before move_ports_choose(). Returns 0 or a negative
 * errno. */
int move_ports_share(MovePorts *ports);

/* From now on the first (0) or the second one (1) who has listened there gets the connections. */
void move_ports_choose(MovePorts *ports, unsigned nth);

/* Returns whether a connection waits at one of them. */
bool move_ports_have_queue(const MovePorts *ports);

void move_ports_done(MovePorts *ports);

/* Lets this process have as many descriptors as it may. */
void move_ports_raise_limit(void);
