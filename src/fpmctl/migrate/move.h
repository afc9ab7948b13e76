/* SPDX-License-Identifier: MIT */
#pragma once
/* MigrateMove: moves pools from a running php-fpm to fpmd and back, without a lost request where the address allows.
 *
 * To fpmd, a unix path: the new listener is opened beside it, and the path is exchanged with a link that leads there,
 * which is one step for a client that connects. php-fpm's own socket is PATH.php-fpm until what waits there is served.
 * Until the next boot the socket unit listens beside the path, which is a link: a socket of systemd keeps its address
 * over a daemon-reload by the name that it was opened with.
 * A TCP port is shared (listener.h): php-fpm gets all connections until the pool serves, fpmd gets them afterwards.
 * php-fpm would remove the paths at its end, so its master is killed first, which has no request, and its workers are
 * asked to finish.
 *
 * To php-fpm: systemd opens sockets for it, PATH.php-fpm and beside fpmd's ports, which it takes as those that a master
 * inherits at a reload (FPM_SOCKETS). When it serves, each is renamed to PATH, or chosen for the port.
 *
 * A move that was killed can be started again at any step, and each step leaves each pool to one side that serves.
 *
 * Runs in: fpmctl, as root. */

#include "fpmctl/migrate/move_pool.h"

/* Starts the pools and ends php-fpm. Tells each step on standard output. Returns 0, or a negative errno after a line on
 * standard error; php-fpm then still serves the pools of which no step was told. */
int move_to_fpmd(const MoveUnit *unit);

/* Starts php-fpm and ends the pools. Tells and returns as move_to_fpmd() does. */
int move_to_php_fpm(const MoveUnit *unit);
