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

/* Returns whose a request for that path is. With worker_paths the application has what one of the patterns matches, of
 * SCRIPT_NAME; without, all that is not another script for which exists() returns true. */
ResidentOwner resident_paths_owner(
                const ScriptPath *path, const PoolConfig *config, bool (*exists)(const char *path));

/* Names worker_script as the script of a request of the application for a path at which there is nothing, as a web
 * server's front controller rule would. */
void resident_paths_name_script(ScriptPath *path, FcgiParams *params, const PoolConfig *config,
                bool (*exists)(const char *path));
