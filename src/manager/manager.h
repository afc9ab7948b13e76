/* SPDX-License-Identifier: MIT */
#pragma once
/* Manager: the service that systemd sees. Signals come in, notifications go out, the pool does the
 * work.
 *
 * Runs in: manager. */

#include <errno.h>

#include "base/cleanup.h"
#include "manager/generation/pool_resources.h"
#include "manager/sockets/listener.h"

typedef struct Manager Manager;

/* All borrowed. */
typedef struct ManagerOptions {
        const char *name;     /* of the pool */
        const char *conf_dir; /* where its file is read again at a reload */
        const char *program;  /* that runs it; NULL: PHP */
} ManagerOptions;

/* Makes the manager of a pool. Takes what is in resources, if it succeeds; borrows listeners. Returns 0 or a negative
 * errno. */
int manager_new(Manager **ret, const ManagerOptions *options, PoolResources *resources,
                const Listeners *listeners);
Manager *manager_free(Manager *manager);
DEFINE_CLEANUP(Manager, manager_free);

/* The manager is to be started again: it left because it was idle, and a connection came before it was gone; or PHP is
 * gone, and was replaced together with fpmd. */
#define MANAGER_CALLED_BACK (-ERESTART)

/* Runs until the pool has ended. Returns 0, MANAGER_CALLED_BACK, POOL_REFUSED or another negative errno. */
int manager_run(Manager *manager);
