/* SPDX-License-Identifier: MIT */
#pragma once
/* Control server: the manager's end of fpmctl.
 *
 * Runs in: manager.     Owns: the socket and the connections of clients.
 * Trusts:  the kernel about who a client is (SO_PEERCRED), the client about nothing. */

#include <systemd/sd-event.h>

#include "shared/cleanup.h"

typedef struct ControlServer ControlServer;

typedef struct ControlHooks {
        /* Starts a reload; control_server_reloaded() tells the result to all that wait. */
        void (*reload)(void *userdata);
        /* The last one that waited for a reload has gone (systemd gave up, or ^C). */
        void (*abandon)(void *userdata);
        /* A new text, or NULL without memory; the server frees it. */
        char *(*status)(void *userdata);
} ControlHooks;

/* Listens at path, which it replaces. 0 or negative errno. */
int control_server_new(ControlServer **ret, sd_event *event, const char *path,
                const ControlHooks *hooks, void *userdata);
ControlServer *control_server_free(ControlServer *server);
DEFINE_CLEANUP(ControlServer, control_server_free);

/* Answers those who wait for a reload. NULL is fine. */
void control_server_reloaded(ControlServer *server, int result, const char *reason);
