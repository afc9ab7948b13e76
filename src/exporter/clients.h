/* SPDX-License-Identifier: MIT */
#pragma once
/* Clients: the connections of the exporter, and which of them is closed to make room. Pure, but for the question to the
 * kernel who a peer is.
 *
 * A peer that opens many connections and sends nothing loses those; a scraper sends its request as soon as it has
 * connected.
 *
 * Runs in: fpmd-exporter.
 * Trusts:  no client. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/parse.h"

enum {
        CLIENTS_MAX = 256,
};

/* The time in which a client keeps its place in any case: what it takes to send a request on a busy machine. */
#define CLIENTS_GRACE_USEC (USEC_PER_SEC / 5)

typedef struct Client {
        struct Client *next;
        int fd; /* libmicrohttpd's */
        uint64_t since_usec;
        uint64_t peer;   /* the same for all connections of one user, host or IPv6 network */
        bool has_asked;  /* its whole request is there */
        bool is_leaving; /* was ended; libmicrohttpd has not closed it yet */
} Client;

typedef struct Clients {
        Client *first; /* the newest */
} Clients;

/* Returns the new client, or NULL when memory is short. */
Client *clients_add(Clients *clients, int fd, uint64_t now_usec);

/* Removes and frees a client; NULL is allowed. */
void clients_remove(Clients *clients, Client *client);

/* Makes room for one more client. Returns 0, with the client that has to leave, or NULL if there is room, in
 * *ret_victim; or when to try again, if all clients are too new. The victim is a client that has not sent a request, if
 * there is any; of these, one of the peer that has most connections; of these, the oldest. */
uint64_t clients_make_room(const Clients *clients, uint64_t now_usec, Client **ret_victim);
