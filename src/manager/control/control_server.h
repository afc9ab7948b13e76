/* SPDX-License-Identifier: MIT */
#pragma once
/* Control server: the manager's end of fpmctl.
 *
 * Root's clients come by a socket of their own and all get a place. Strangers have a bounded number of places, of
 * questions per user and of CPU time, and whoever connects and keeps silent loses the place soon.
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
        /* Starts a reload; control_server_reloaded() tells the result to all that wait. */
        void (*reload)(void *userdata);
        /* The last one that waited for a reload has gone (systemd gave up, or ^C). */
        void (*abandon)(void *userdata);
        /* Any other question, from somebody who may ask it: answered by one of the two below, now or
         * later, or before that by leave(). */
        void (*ask)(ControlClient *client, const ControlRequest *request, void *userdata);
        /* Who still waits for the answer to ask() has gone: the client must not be named again. */
        void (*leave)(ControlClient *client, void *userdata);
        /* Whose members may see requests: (gid_t) -1: nobody's. */
        gid_t (*group)(void *userdata);
} ControlHooks;

/* Listens in directory, at the two sockets of contract/control.h. Returns 0 or a negative errno. */
int control_server_new(ControlServer **ret, sd_event *event, const char *directory,
                const ControlHooks *hooks, void *userdata);
ControlServer *control_server_free(ControlServer *server);
DEFINE_CLEANUP(ControlServer, control_server_free);

/* Answers those who wait for a reload. NULL is fine. */
void control_server_reloaded(ControlServer *server, int result, const char *reason);

/* The answer to ask(): a sealed memfd of JSON, which is passed on and not closed; or why there is none. The
 * client is gone then. */
void control_client_reply(ControlClient *client, int fd);
void control_client_refuse(ControlClient *client, int error, const char *text);
