/* SPDX-License-Identifier: MIT */
#pragma once
/* LateStart: patience at a start where the machine lacks something that may come late: a mount, a folder that a service
 * makes, a user whom a directory server knows.
 *
 * While a connection waits, systemd would start the manager again at once, and after twenty starts close the socket for
 * good. So the manager stays and checks again. While no connection waits, nothing starts it again, and it fails at
 * once.
 *
 * Runs in: manager, before there is an event loop. */

#include <stdbool.h>

typedef struct LateStart {
        unsigned n_checks; /* so far; what is missing is reported at the first */
} LateStart;

/* Pauses, and returns whether the pool file is to be checked again, whose last check returned result. */
bool late_start_again(LateStart *late, int result);
