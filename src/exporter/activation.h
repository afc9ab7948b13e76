/* SPDX-License-Identifier: MIT */
#pragma once
/* Activation: what a program does alike that systemd starts at its sockets, and that ends when nobody comes.
 *
 * Runs in: fpmd-exporter, fpmd-agent. */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/parse.h"

enum {
        ACTIVATION_SOCKETS_MAX = 8,
};

#define ACTIVATION_IDLE_USEC_DEFAULT (60 * USEC_PER_SEC)

/* Reads the text of --idle-timeout, a number of seconds. Returns 0, or -EINVAL after printing what is wrong. */
int activation_parse_idle(const char *text, uint64_t *ret_usec);

typedef struct ActivationSockets {
        int fds[ACTIVATION_SOCKETS_MAX]; /* they do not block */
        size_t n;
} ActivationSockets;

/* Takes the sockets from systemd, streams that listen, and lets this process have as many files as it may: it needs a
 * connection to each manager. Returns 0, or -EINVAL after printing what is wrong. */
int activation_receive(ActivationSockets *ret);

/* Closes the sockets. */
void activation_done(ActivationSockets *sockets);

/* Fills in one pollfd for each of them: to wait for a connection, or for nothing where accepts is false. */
void activation_poll(const ActivationSockets *sockets, bool accepts, struct pollfd *ret);
