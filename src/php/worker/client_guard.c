/* SPDX-License-Identifier: MIT */
#include "php/worker/client_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/journal_socket.h"
#include "config/value/address.h"

typedef union Peer {
        struct sockaddr address;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage space;
} Peer;

static const char *peer_text(const Peer *peer, char text[static INET6_ADDRSTRLEN]) {
        const void *bytes = peer->address.sa_family == AF_INET ? (const void *) &peer->v4.sin_addr
                                                               : &peer->v6.sin6_addr;

        return inet_ntop(peer->address.sa_family, bytes, text, INET6_ADDRSTRLEN) ? text : "?";
}

static void complain(ClientGuard *guard, const Peer *peer, uint64_t now_usec) {
        char text[INET6_ADDRSTRLEN], more[40] = "";
        unsigned n_left_out;

        if (!rate_limit_allows(&guard->complaints, now_usec, &n_left_out))
                return;

        if (n_left_out > 0)
                snprintf(more, sizeof(more), " (and %u others before)", n_left_out);
        stderr_line("<4>%s is not in listen.allowed_clients, closed%s\n", peer_text(peer, text),
                        more);
}

bool client_guard_admits(ClientGuard *guard, int fd, uint64_t now_usec) {
        Peer peer = {};
        socklen_t size = sizeof(peer);

        if (!guard->allowed)
                return true;

        /* The address of a peer that has gone is not known, and it needs no answer. */
        if (getpeername(fd, &peer.address, &size) < 0)
                return false;

        if (client_list_allows(guard->allowed, &peer.address))
                return true;

        complain(guard, &peer, now_usec);
        return false;
}
