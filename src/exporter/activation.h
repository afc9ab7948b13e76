/* SPDX-License-Identifier: MIT */
#pragma once
/* Activation: what a program does alike that systemd starts at its sockets, and that ends when nobody comes.
 *
 * Runs in: fpmd-exporter, fpmd-agent. */

#include <stddef.h>
#include <stdint.h>

#include "base/parse.h"

enum {
        ACTIVATION_SOCKETS_MAX = 8,
};

#define ACTIVATION_IDLE_USEC_DEFAULT (60 * USEC_PER_SEC)

/* Reads the text of --idle-timeout, a number of seconds. Returns 0, or -EINVAL after printing what is wrong. */
int activation_parse_idle(const char *text, uint64_t *ret_usec);

/* Takes the sockets from systemd, streams that listen, and lets this process have as many files as it may: it needs a
 * connection to each manager. Returns how many sockets are in fds, which the caller closes, or -EINVAL after printing
 * what is wrong. */
int activation_receive(int fds[static ACTIVATION_SOCKETS_MAX]);
