/* SPDX-License-Identifier: MIT */
#pragma once
/* MigrateMove: moves pools from a running php-fpm to fpmd and back, without a lost request where the address allows.
 *
 * A unix path: the new listener is opened beside it, and the path is renamed to lead there, which is one step for a
 * client that connects. php-fpm keeps its own socket without a name until what waits there is served. php-fpm would
 * remove the path at its end, so its master is killed first, which has no request, and its workers are asked to finish.
 * A TCP port can be opened when php-fpm has left it: connections are refused for that moment.
 *
 * Until the next boot the socket unit listens beside the path, which is a link: a socket of systemd keeps its address
 * over a daemon-reload by the name that it was opened with.
 *
 * Runs in: fpmctl, as root. */

#include <stddef.h>

typedef struct MovePool {
        char *name;
        char **addresses; /* as in the pool file */
        size_t n_addresses;
} MovePool;

/* Starts the pools and ends the php-fpm of that unit. Tells each step on standard output. Returns 0, or a negative
 * errno after a line on standard error; php-fpm then still serves the pools of which no step was told. */
int move_to_fpmd(const MovePool *pools, size_t n_pools, const char *unit);

/* Starts php-fpm and ends the pools. Tells and returns as move_to_fpmd() does. */
int move_to_php_fpm(const MovePool *pools, size_t n_pools, const char *unit);
