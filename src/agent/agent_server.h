/* SPDX-License-Identifier: MIT */
#pragma once
/* AgentServer: the listening sockets of the agent and its clients. An asker sends a line with the name of a
 * pool, and gets one line.
 *
 * An asker who is slow has AGENT_PATIENCE_USEC, and less when there are too many: exporter/clients.h.
 *
 * Runs in: fpmd-agent.
 * Trusts:  no client. */

#include <stddef.h>
#include <stdint.h>

#include "agent/agent_view.h"
#include "base/cleanup.h"
#include "exporter/activation.h"

#define AGENT_PATIENCE_USEC (2 * USEC_PER_SEC)

typedef struct AgentServer AgentServer;

/* Makes a server of the view, which is borrowed, at these sockets, which it takes if it succeeds. Returns 0 or
 * -ENOMEM. */
int agent_server_new(AgentServer **ret, AgentView *view, ActivationSockets *sockets);
AgentServer *agent_server_free(AgentServer *server);
DEFINE_CLEANUP(AgentServer, agent_server_free);

/* Serves until nobody has asked for idle_usec, or with 0 for ever. Returns 0 or a negative errno. */
int agent_server_run(AgentServer *server, uint64_t idle_usec);
