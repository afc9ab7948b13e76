/* SPDX-License-Identifier: MIT */
#include "exporter/clients.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static uint64_t peer_of(int fd) {
        union {
                struct sockaddr any;
                struct sockaddr_in v4;
                struct sockaddr_in6 v6;
                struct sockaddr_storage space;
        } address = {};
        socklen_t size = sizeof(address);
        struct ucred peer = {};
        uint64_t network;

        if (getpeername(fd, &address.any, &size) < 0)
                return 0;
        if (address.any.sa_family == AF_INET)
                return address.v4.sin_addr.s_addr;
        if (address.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr))
                return address.v6.sin6_addr.s6_addr32[3];
        if (address.any.sa_family == AF_INET6) {
                memcpy(&network, &address.v6.sin6_addr, sizeof(network));
                return network;
        }

        size = sizeof(peer);
        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ? 0 : peer.uid;
}

Client *clients_add(Clients *clients, int fd, uint64_t now_usec) {
        Client *client = calloc(1, sizeof(*client));

        if (!client)
                return NULL;

        *client = (Client){
                .next = clients->first,
                .fd = fd,
                .since_usec = now_usec,
                .peer = peer_of(fd),
        };
        clients->first = client;
        return client;
}

void clients_remove(Clients *clients, Client *client) {
        for (Client **p = &clients->first; *p; p = &(*p)->next)
                if (*p == client) {
                        *p = client->next;
                        break;
                }

        free(client);
}

static size_t count_of_peer(const Clients *clients, uint64_t peer) {
        size_t n = 0;

        for (const Client *client = clients->first; client; client = client->next)
                n += !client->is_leaving && client->peer == peer;

        return n;
}

/* A client that has sent its request goes after all that have not. */
static size_t rank(const Client *client, size_t n_of_peer) {
        return client->has_asked ? n_of_peer : n_of_peer + CLIENTS_MAX;
}

static Client *find_victim(const Clients *clients) {
        size_t n_of_peer = 0, highest = 0;
        const Client *counted = NULL;
        Client *victim = NULL;

        for (Client *client = clients->first; client; client = client->next) {
                if (client->is_leaving)
                        continue;
                if (!counted || counted->peer != client->peer) {
                        n_of_peer = count_of_peer(clients, client->peer);
                        counted = client;
                }
                if (rank(client, n_of_peer) >= highest) {
                        highest = rank(client, n_of_peer);
                        victim = client;
                }
        }

        return victim;
}

uint64_t clients_make_room(const Clients *clients, uint64_t now_usec, Client **ret_victim) {
        Client *victim;
        size_t n = 0;

        *ret_victim = NULL;
        for (const Client *client = clients->first; client; client = client->next)
                n += !client->is_leaving;
        if (n < CLIENTS_MAX)
                return 0;

        victim = find_victim(clients);
        if (victim->since_usec + CLIENTS_GRACE_USEC > now_usec)
                return victim->since_usec + CLIENTS_GRACE_USEC;

        *ret_victim = victim;
        return 0;
}
