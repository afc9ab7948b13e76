/* SPDX-License-Identifier: MIT */
#pragma once
/* RootPath: a path that only root can change, so that root may use it with rights of its own.
 *
 * A user who can rename what is in one of the folders of a path decides where the path leads: by a link or another
 * folder in its place, to a file that he may not touch himself. A check of the whole path beforehand does not help,
 * since he can change it after the check. So the path is walked folder by folder, each opened in the one before it.
 *
 * Runs in: manager.
 * Trusts:  root and the groups of the system; neither the pool's user nor other users of the machine. */

#include "config/pool_config.h"

/* Opens the folder above the last name of path, if each folder on the way belongs to root and neither the pool's user
 * nor everybody may write in it; links in such folders are followed, as they are root's (/var/log on another disk).
 * *ret_name is the last name, a part of path. Returns an O_PATH fd, -EXDEV when another user can change where the path
 * leads, or another negative errno. */
int root_path_open_folder(const PoolConfig *config, const char *path, const char **ret_name);
