/* SPDX-License-Identifier: MIT */
#pragma once
/* Control server: the manager's end of fpmctl.
 *
 * Root's clients come by a socket of their own and all get a place. Strangers have a bounded number of places, of
 * questions per user and of CPU time, and a client that connects and keeps silent loses its place soon.
 *
 * Runs in: manager.     Owns: the sockets and the connections of clients.
 * Trusts:  the kernel about who a client is (SO_PEERCRED, SO_PEERGROUPS), the client about nothing. */

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "contract/control.h"
#include "manager/control/control_clients.h"

typedef struct ControlServer ControlServer;

typedef struct ControlHooks {
        /* Starts a reload. control_server_reloaded() sends the result to all clients that wait. */
        void (*reload)(void *userdata);
        /* The last client that waited for a reload has gone (systemd gave up, or ^C). */
        void (*abandon)(void *userdata);
        /* Takes any other question of a client that may ask it. One of the two functions below answers it, now or
         * later, unless leave() comes first. */
        void (*ask)(ControlClient *client, const ControlRequest *request, void *userdata);
        /* A client that still waits for its answer has gone: it must not be used again. */
        void (*leave)(ControlClient *client, void *userdata);
        /* Returns the group whose members may see requests, or (gid_t) -1 for none. */
        gid_t (*group)(void *userdata);
} ControlHooks;

/* Listens in directory, at the two sockets of contract/control.h. Returns 0 or a negative errno. */
int control_server_new(ControlServer **ret, sd_event *event, const char *directory,
                const ControlHooks *hooks, void *userdata);
ControlServer *control_server_free(ControlServer *server);
DEFINE_CLEANUP(ControlServer, control_server_free);

/* Sends the result of a reload to all clients that wait for it. server may be NULL. */
void control_server_reloaded(ControlServer *server, int result, const char *reason);

/* Answer what ask() was given: by a sealed memfd of JSON, which is passed on and not closed, or by the reason why there
 * is none. Both free the client. */
void control_client_reply(ControlClient *client, int fd);
void control_client_refuse(ControlClient *client, int error, const char *text);
