/* SPDX-License-Identifier: MIT */
#pragma once
/* Server: serves the page over HTTP, at one listening socket or several, until no client comes for a while.
 *
 * It has one thread and serves one request at a time; libmicrohttpd bounds the size of a request. A client that has not
 * got its answer after a while is closed, or at once when others need its place (clients.h).
 *
 * Runs in: fpmd-exporter.
 * Trusts:  no client. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "exporter/activation.h"
#include "exporter/page.h"

typedef struct Server Server;

/* Makes a server for the page, which is borrowed, at these sockets, which it takes if it succeeds. Returns 0 or a
 * negative errno. */
int server_new(Server **ret, Page *page, ActivationSockets *sockets);
Server *server_free(Server *server);
DEFINE_CLEANUP(Server, server_free);

/* Serves until there was no client for idle_usec, or with 0 for ever. Returns 0 or a negative errno. */
int server_run(Server *server, uint64_t idle_usec);
