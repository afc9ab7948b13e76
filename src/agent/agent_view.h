/* SPDX-License-Identifier: MIT */
#pragma once
/* AgentView: what is known of the pools that load balancers ask for. systemd is asked for all pools at most every other
 * second, and a manager at most once a second, however many askers there are; a pool that does not run is not woken.
 *
 * Runs in: fpmd-agent.
 * Trusts:  no manager to answer: each question is over within AGENT_ASK_USEC. */

#include <stddef.h>
#include <stdint.h>

#include "agent/agent_answer.h"
#include "agent/agent_start.h"
#include "base/parse.h"

#define AGENT_ASK_USEC (3 * USEC_PER_SEC / 10)

/* A pool that was asked for. */
typedef struct AgentEntry {
        char *name;
        AgentPool pool;
        uint64_t asked_usec;  /* by a load balancer */
        uint64_t fresh_usec;  /* when its manager was asked; 0: never */
        uint64_t file_usec;   /* when its file was read, while it is at rest; 0: it was not */
        uint64_t silent_usec; /* since when its manager gives no answer, 0: it does */
        AgentStart start;
} AgentEntry;

typedef struct AgentView {
        const char *conf_dir; /* borrowed */
        Pools pools;
        uint64_t listed_usec; /* 0: never */
        AgentEntry *entries;  /* no more than there are pools */
        size_t n_entries;
        size_t first_file;   /* modulo n_entries: whose turn it is to have its file read */
        size_t n_read_again; /* of files with a mistake, how many were read again in this round */
} AgentView;

/* Fills in what is known of a pool; name may be anything. */
void agent_view_get(AgentView *view, const char *name, AgentPool *ret);
void agent_view_done(AgentView *view);
