/* SPDX-License-Identifier: MIT */
#pragma once
/* RootPath: a path that root alone decides about, so that root may use it with rights of its own.
 *
 * Whoever can rename what is in one of the folders of a path decides where the path leads: to a file that he may not
 * touch himself, by a link or by another folder in its place. A look at the whole path beforehand does not help, he
 * changes it behind the look. So the path is walked folder by folder, each opened in the one before it.
 *
 * Runs in: manager.
 * Trusts:  root, and the groups of the system. Not the pool's user, nor other users of the machine. */

#include "config/pool_config.h"

/* Opens the folder that the last name of path stands in, if each folder on the way belongs to root and neither the
 * pool's user nor just anybody may write in it; links that stand in such folders are followed, as they are root's
 * (/var/log on another disk). ret_name is the last name, in path. An O_PATH fd, -EXDEV: somebody else has a say in where
 * the path leads, or another negative errno. */
int root_path_open_folder(const PoolConfig *config, const char *path, const char **ret_name);
