/* SPDX-License-Identifier: MIT */
#pragma once
/* Pools: which pools there are on this machine, and in what state each is.
 *
 * It puts together what is under conf.d and /run, what systemd says, and what the managers answer. Any of them may be
 * missing: without systemd (no bus) the rest is still shown.
 *
 * Runs in: fpmctl, fpmd-exporter, fpmd-agent. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "config/pool_files.h"
#include "fpmctl/pools/client.h"
#include "fpmctl/pools/resources.h"
#include "fpmctl/pools/units.h"

typedef enum PoolPresence {
        PRESENCE_STOPPED,   /* there is a pool file, nothing more */
        PRESENCE_LISTENING, /* systemd listens, no connection has come yet */
        PRESENCE_IDLE,      /* it ran and left, the next connection starts it */
        PRESENCE_STARTING,
        PRESENCE_SERVING,
        PRESENCE_STOPPING,
        PRESENCE_FAILED,
        PRESENCE_SILENT, /* its manager does not answer */
        _PRESENCE_MAX,
} PoolPresence;

/* How the pool file is, as far as the caller may read it. */
typedef enum PoolFileState {
        POOL_FILE_UNKNOWN,
        POOL_FILE_GONE, /* the pool runs, or has units, without one */
        POOL_FILE_OK,
        POOL_FILE_CHANGED, /* since the manager read it: a reload is due */
        POOL_FILE_WRONG,   /* a reload would be refused */
        _POOL_FILE_STATE_MAX,
} PoolFileState;

typedef struct PoolFacts {
        char *name;
        PoolFileState file_state;
        bool has_file, has_run, listens;
        UnitState service, socket;
        Question question; /* CONTROL_STATUS */
        Resources resources;
} PoolFacts;

typedef struct Pools {
        PoolFacts *items; /* by name */
        size_t n_items;
        PoolFiles files;
        bool has_files; /* they were looked for */
} Pools;

typedef enum PoolsFind {
        POOLS_WITHOUT_UNITS,
        POOLS_WITH_UNIT_STATES, /* quickly: UnitState.ran and n_restarts are not asked for */
        POOLS_WITH_UNITS,
} PoolsFind;

/* Finds the names of pools: of pool files unless conf_dir is NULL, of running managers and, if find says so, of units
 * that systemd knows. The caller frees them by pools_done(). Returns 0 or a negative errno. */
int pools_find(Pools *ret, const char *conf_dir, PoolsFind find);

/* Makes a list of one pool, with what systemd says of its units without details. Returns 0 or a negative errno. */
int pools_find_one(Pools *ret, const char *name);

void pools_done(Pools *pools);

/* Returns the pool of that name, which is added, empty, if it is not there, or NULL when memory is short. */
PoolFacts *pools_get(Pools *pools, const char *name);

/* Asks all managers at once, and reads the resources of their pools. */
void pools_ask(Pools *pools, uint64_t timeout_usec);

/* Reads each pool file, after pools_ask(), and writes file_state. */
void pools_read_files(Pools *pools);

/* Reads the file of one pool, whose question may not have been asked. */
PoolFileState pools_file_state(const Pools *pools, const PoolFacts *pool);

/* Returns the name of such a state for people. Pure. */
const char *pool_file_state_name(PoolFileState state);

/* Return the state of a pool, and its name for people. Pure. */
PoolPresence pool_presence(const PoolFacts *pool);
const char *pool_presence_name(PoolPresence presence);

/* Returns whether a connection would be answered, now or as soon as the pool has started. One that is at rest does not
 * start if its file has a mistake. Pure. */
bool pool_is_healthy(PoolPresence presence, PoolFileState file_state);

/* Returns whether the next connection would start the pool. Pure. */
bool pool_is_at_rest(PoolPresence presence);
