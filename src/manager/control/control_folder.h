/* SPDX-License-Identifier: MIT */
#pragma once
/* ControlFolder: the folder of a pool's control sockets, /run/fpmd/POOL. systemd makes it and names it in
 * $RUNTIME_DIRECTORY; where no systemd has started the manager, as in a container, root makes it, and removes it at the
 * end.
 *
 * Runs in: manager. */

#include <stdbool.h>

typedef struct ControlFolder {
        char *path; /* NULL: there is none, and no fpmctl */
        bool is_own;
} ControlFolder;

/* Finds or makes it. A folder in which another manager of this pool listens is not touched. Returns 0 or -ENOMEM. */
int control_folder_open(ControlFolder *ret, const char *pool);

/* Removes what is our own. */
void control_folder_close(ControlFolder *folder);
