/* SPDX-License-Identifier: MIT */
#pragma once
/* Server: the page over HTTP, at one listening socket or several, until nobody comes.
 *
 * One thread, one request at a time: what libmicrohttpd reads of a client is bounded in size and number. A client that
 * has not got its answer after a while is let go of, and at once when others need its place (clients.h).
 *
 * Runs in: fpmd-exporter.
 * Trusts:  no client. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "exporter/page.h"

typedef struct Server Server;

/* Borrows page, takes each fd. 0 or negative errno. */
int server_new(Server **ret, Page *page, const int *fds, size_t n_fds);
Server *server_free(Server *server);
DEFINE_CLEANUP(Server, server_free);

/* Until no client was there for idle_usec, 0: for ever. 0 or negative errno. */
int server_run(Server *server, uint64_t idle_usec);
