/* SPDX-License-Identifier: MIT */
#pragma once
/* Overrules: what an administrator or another package has to say of the sockets of pools, which may give a socket
 * another place or group than its pool file does.
 *
 * Runs in: fpmd-generator.
 * Trusts:  the folders of units, which are root's. */

#include <stdbool.h>
#include <stddef.h>

typedef struct Overrules {
        bool any; /* a unit or drop-in for the sockets of pools, or for what makes their folder */
        bool template_has_owner; /* a copy of fpmd@.socket has lines with SocketUser= or SocketGroup= */
        char **pools;            /* whose own fpmd@POOL.socket has such lines */
        size_t n_pools;
} Overrules;

/* Reads what is there below root ("" for the machine). What cannot be read counts as if it had an owner, so that
 * nothing is put in front of it. A masked unit says nothing: it is not opened. Returns 0 or -ENOMEM, and in both cases
 * something that overrules_done() takes. */
int overrules_read(Overrules *ret, const char *root);
void overrules_done(Overrules *overrules);
