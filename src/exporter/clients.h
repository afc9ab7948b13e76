/* SPDX-License-Identifier: MIT */
#pragma once
/* Clients: who is connected to the exporter, and who has to make room for the next one. Pure, but for the kernel's word
 * of who a peer is.
 *
 * Whoever opens many connections and sends nothing loses those; a scraper sends its request in the moment in which it
 * connects.
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

/* In which a client has its place in any case: on a busy machine that is what it takes to send a request. */
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

/* NULL is fine. */
void clients_remove(Clients *clients, Client *client);

/* Makes room for one more. Returns 0, with the one that has to leave for it, or NULL, in ret_victim; or, when all are too
 * new to be sent away, when to try again. It is one that has not asked, if there is one; of these, one of the peer that
 * has most; and of these, the oldest. */
uint64_t clients_make_room(const Clients *clients, uint64_t now_usec, Client **ret_victim);
