/* SPDX-License-Identifier: MIT */
#pragma once
/* Proctitle: what ps(1) shows of a process, written over the memory of its arguments and environment. That copies a few
 * bytes and takes no system call, so the title can change with each request.
 *
 * Runs in: zygote, workers. */

#include <stddef.h>

typedef struct Proctitle {
        char *area; /* NUL-terminated; what is behind the end of the title is NUL too */
        size_t size;
        size_t base_length; /* "fpmd: www: worker 3" */
        size_t length;      /* with ": GET /x.php" */
} Proctitle;

/* Is to be called first in main(): moves the environment elsewhere. If there is no room, titles are cut, in the worst
 * case to nothing. */
void proctitle_init(Proctitle *proctitle, int argc, char *argv[]);

/* Sets the title to base, cut to the room that there is. */
void proctitle_set(Proctitle *proctitle, const char *base);

/* Adds a request to the title. A client chose both texts, so everything but printable ASCII becomes '?'. Everybody on
 * the machine can read the title, so only the part of target before '?' is shown. NULL is "". */
void proctitle_set_request(Proctitle *proctitle, const char *method, const char *target);
void proctitle_clear_request(Proctitle *proctitle);
