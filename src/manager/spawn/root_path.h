/* SPDX-License-Identifier: MIT */
#pragma once
/* RootPath: a path that root alone decides about, so that root may use it with rights of its own.
 *
 * See base/path_walk.h: a user who can rename what is in one of the folders of a path decides where it leads.
 *
 * Runs in: manager.
 * Trusts:  root, and the groups of the system. Not the pool's user, nor other users of the machine. */

#include "config/pool_config.h"

/* Opens the folder that the last name of path stands in, if each folder on the way belongs to root and neither the
 * pool's user nor just anybody may write in it; links that stand in such folders are followed, as they are root's
 * (/var/log on another disk). *ret_name is the last name, in path. Returns an O_PATH fd, -EXDEV when somebody else has
 * a say in where the path leads, or another negative errno. */
int root_path_open_folder(const PoolConfig *config, const char *path, const char **ret_name);
