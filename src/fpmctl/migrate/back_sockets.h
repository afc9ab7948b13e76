/* SPDX-License-Identifier: MIT */
#pragma once
/* BackSockets: the sockets that php-fpm is started with on the way back. One socket unit of systemd's opens them, and a
 * drop-in tells php-fpm of them in the way in which its master tells the next one at a reload.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>
#include <stdio.h>

#include "fpmctl/migrate/move_pool.h"
#include "fpmctl/migrate/move_ports.h"

typedef struct BackSockets {
        const char *unit;  /* of php-fpm; borrowed */
        char *socket_unit; /* back_sockets_unit() */
        FILE *socket, *names;
        char *socket_text, *names_text;
        size_t socket_size, names_size;
        unsigned next_fd;
} BackSockets;

/* Begins for a unit of php-fpm. The caller ends with back_sockets_done(), also after an error. Returns 0 or -ENOMEM. */
int back_sockets_new(BackSockets *ret, const char *unit);

/* Returns whether the path of a unix socket leads to one now, and can be told of in that way. */
bool back_sockets_can_pass(const MoveAddress *address);

/* Adds the sockets of a pool; ports are its present ones. Returns 0 or a negative errno. */
int back_sockets_add(BackSockets *sockets, const MovePool *pool, const MovePorts *ports);

/* Writes the unit and the drop-in, or none of them where there is no socket. Returns 0 or a negative errno. */
int back_sockets_write(BackSockets *sockets);
void back_sockets_done(BackSockets *sockets);

/* Gives each new unix socket of a pool the owner, the mode and the ACL of the one that the path leads to now. Returns 0
 * or a negative errno. */
int back_sockets_give(const MovePool *pool);

/* Makes the name of the socket unit, fpmd-back-php8.2-fpm.socket for php8.2-fpm.service. The caller frees it. NULL: no
 * memory. */
char *back_sockets_unit(const char *unit);

/* Returns whether it is there. */
bool back_sockets_are_there(const char *unit);
