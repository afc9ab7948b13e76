/* SPDX-License-Identifier: MIT */
#pragma once
/* RunFolder: whether /run/fpmd gives the sockets in it their group, so that systemd need not start a process for each.
 *
 * What is made in a set-group-ID folder gets the folder's group at once. A socket is root's then, where listen.owner is
 * somebody who is in that group anyway. It is all or none: a socket that is to be another group's would be open to the
 * group of the folder from when it is bound until systemd has given it away. The folder is made so by
 * fpmd-folder-GID.service, which each socket requires and waits for whenever it is opened: it does not matter who else
 * has changed the folder, or removed it. The unit is active for a second, in which the next socket needs no further
 * look: systemctl opens a thousand sockets one after the other.
 *
 * The template of the sockets names fpmd-folder.service, which is made another name of that unit: so most sockets need
 * no file of their own, and one that is opened within that second after the group has changed waits for another unit.
 *
 * Runs in: fpmd-generator.
 * Trusts:  /etc/passwd and /etc/group; no other source of names, as names.h says. */

#include <stdbool.h>
#include <sys/types.h>

#include "config/pool_config.h"
#include "generator/names.h"

enum {
        RUN_FOLDER_UNIT_MAX = 64,
};

/* The name that the template has. */
#define RUN_FOLDER_UNIT "fpmd-folder.service"

/* Returns the group that the folder can have, which is never 0, or 0 when it must have none. */
gid_t run_folder_group(PoolConfig *const *configs, size_t n_configs, const Names *names);

/* Returns whether all sockets of this pool get what its file says from a folder of that group, which is not 0. */
bool run_folder_gives(const PoolConfig *config, const Names *names, gid_t group);

/* Returns whether this path lies in the folder or below it, also by links such as /var/run. */
bool run_folder_has_path(const char *path);

/* Returns the group that the folder gives now, or 0 when it gives none. A folder that gives one must be made anew also
 * when it is to give none. */
gid_t run_folder_group_now(void);

/* Makes the name of the unit that gives the folder this group, or takes it from all with 0. Returns name. */
char *run_folder_unit_name(char name[static RUN_FOLDER_UNIT_MAX], gid_t group);

/* Makes the text of that unit. now: the group that the folder gives, whose unit may be active, and ends. The caller
 * frees *ret. Returns 0 or -ENOMEM. */
int run_folder_unit(gid_t group, gid_t now, char **ret);
