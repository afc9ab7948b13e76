/* SPDX-License-Identifier: MIT */
#pragma once
/* ResidentPaths: whose a request is: the application's that stays, that of another script, or nobody's. Pure, the file
 * system is behind a callback.
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "config/pool_config.h"
#include "php/files/script_path.h"

typedef enum ResidentOwner {
        RESIDENT_OWNER_APPLICATION,
        RESIDENT_OWNER_SCRIPT, /* a script of its own, which may run */
        RESIDENT_OWNER_NOBODY, /* refused */
} ResidentOwner;

/* With worker_paths: the application's is what one of its patterns matches, of SCRIPT_NAME. Without: all that are not
 * another script which exists. */
ResidentOwner resident_paths_owner(
                const ScriptPath *path, const PoolConfig *config, bool (*exists)(const char *path));

/* A request of the application for a path at which there is nothing: names worker_script as its script, as a web
 * server's front controller rule would. */
void resident_paths_name_script(ScriptPath *path, FcgiParams *params, const PoolConfig *config,
                bool (*exists)(const char *path));
