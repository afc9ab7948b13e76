/* SPDX-License-Identifier: MIT */
#pragma once
/* ControlClients: who is connected to the control sockets, and who makes room for whom.
 *
 * Runs in: manager.     Owns: the connections.
 * Trusts:  the kernel about who a client is, the client about nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

struct ControlServer;
typedef struct ControlClient ControlClient;

enum {
        CONTROL_ROOT_MAX = 256, /* more of root's clients wait in the queue of the socket */
        CONTROL_STRANGERS_MAX = 32,
        CONTROL_STRANGERS_PER_USER = 8,
};

typedef enum ClientState {
        CLIENT_SILENT, /* has not asked yet */
        CLIENT_WAITS_FOR_RELOAD,
        CLIENT_WAITS_FOR_ANSWER,
} ClientState;

struct ControlClient {
        struct ControlServer *server;
        ControlClient *next;
        int fd;
        struct ucred peer;
        bool is_stranger; /* came by the socket that everybody may connect to */
        ClientState state;
        uint64_t since_usec;
        sd_event_source *source;
};

typedef struct ControlClients {
        ControlClient *first; /* the newest */
        size_t n_root, n_strangers;
} ControlClients;

/* Takes fd, also when it fails. Returns 0 or a negative errno. */
int control_clients_add(ControlClients *clients, int fd, bool is_stranger, ControlClient **ret);

/* Closes the connection and frees client. */
void control_clients_remove(ControlClients *clients, ControlClient *client);

/* Returns whether root's clients have all the places that they can have. */
bool control_clients_is_full(const ControlClients *clients);

/* Returns the client that has been silent for longest, or NULL if each has asked. */
ControlClient *control_clients_find_silent(const ControlClients *clients);

/* Tells a stranger to try again; its request, which may be on its way, is not read. fd stays open. */
void control_turn_away(int fd);

/* Returns whether there is a place for a stranger. To make room it closes a silent client: one of the same user if that
 * user has too many, else the stranger that has been silent for longest. */
bool control_clients_make_room(ControlClients *clients, uid_t uid);

/* Sends the one reply; fd is -EBADF where there is nothing to pass. A client that has gone, or does not read, is not
 * waited for. */
void control_client_send(const ControlClient *client, int result, const char *text, int fd);
