/* SPDX-License-Identifier: MIT */
#pragma once
/* LogFile: a file that the manager opens so that a process without its rights can write to it.
 *
 * Runs in: manager.
 * Trusts:  the pool file about the path. It does not trust users who can write in its folder, such as the pool's own: a
 * link that they left there is not followed. */

#include "config/pool_config.h"

enum {
        LOG_FILE_WHY_MAX = 384,
};

/* Opens a file for appending, and makes it (0600, as php-fpm) if there is none. It does so with the rights of the
 * pool's user unless root alone decides about the path (root_path.h), and also where the manager's own rights do not
 * suffice, since it is root without the capability to override permissions. Returns the fd, -ELOOP for a symbolic link,
 * -EMLINK for a file that has another name elsewhere, -EBADFD for what is neither a file nor a device, or another
 * negative errno. */
int log_file_open(const PoolConfig *config, const char *path);

/* Does the same for the value of a log directive. *ret_fd is -EBADF where that is NULL or the journal. Returns 0 or a
 * negative errno. */
int log_file_open_target(const PoolConfig *config, const char *target, int *ret_fd);

/* Checks whether log_file_open() would work, without making anything. Returns 0, or a negative errno with what to do in
 * why. */
int log_file_check(const PoolConfig *config, const char *path, char why[static LOG_FILE_WHY_MAX]);
