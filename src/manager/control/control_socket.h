/* SPDX-License-Identifier: MIT */
#pragma once
/* ControlSocket: one of the two sockets that fpmctl connects to, and when the manager accepts there.
 *
 * A listening socket has one queue for all who may connect, and a client that fills it shuts the others out. So root
 * has a socket of its own, which nobody else may connect to.
 *
 * Runs in: manager.     Owns: the socket. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"

typedef struct ControlSocket ControlSocket;

/* Is called when there may be a client to accept. */
typedef void (*ControlSocketHook)(ControlSocket *socket, void *userdata);

typedef struct ControlSocketOptions {
        const char *path; /* is replaced */
        mode_t mode;
        int backlog; /* the kernel makes net.core.somaxconn of more */
} ControlSocketOptions;

/* Makes the socket and listens. Returns 0 or a negative errno. */
int control_socket_new(ControlSocket **ret, sd_event *event, const ControlSocketOptions *options,
                ControlSocketHook hook, void *userdata);
ControlSocket *control_socket_free(ControlSocket *socket);
DEFINE_CLEANUP(ControlSocket, control_socket_free);

/* Returns the fd of the next client, or a negative errno: -EAGAIN when nobody waits or it is too early. Pauses the
 * socket when the manager has no fd to spare. */
int control_socket_accept(ControlSocket *socket);

/* Accepts no client until usec (CLOCK_MONOTONIC), or with 0 until control_socket_resume(). Clients that connect
 * meanwhile wait. */
void control_socket_pause(ControlSocket *socket, uint64_t usec);
void control_socket_resume(ControlSocket *socket);
