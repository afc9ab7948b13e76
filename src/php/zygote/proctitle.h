/* SPDX-License-Identifier: MIT */
#pragma once
/* Proctitle: what ps(1) shows of a process, written over the memory of its arguments and environment. A few bytes are
 * copied, nobody is asked: it can change with each request.
 *
 * Runs in: zygote, workers. */

#include <stddef.h>

typedef struct Proctitle {
        char *area; /* NUL-terminated; what is behind the end of the title is NUL too */
        size_t size;
        size_t base_length; /* "fpmd: www: worker 3" */
        size_t length;      /* with ": GET /x.php" */
} Proctitle;

/* First thing in main(): moves the environment elsewhere. Where there is no room titles are cut, in the worst case
 * to nothing. */
void proctitle_init(Proctitle *proctitle, int argc, char *argv[]);

void proctitle_set(Proctitle *proctitle, const char *base);

/* Both are a client's words: everything but printable ASCII becomes '?'. Of target only what is before '?' is shown:
 * everybody on the machine can read it. NULL: "". */
void proctitle_set_request(Proctitle *proctitle, const char *method, const char *target);
void proctitle_clear_request(Proctitle *proctitle);
