/* SPDX-License-Identifier: MIT */
#pragma once
/* LogFile: a file that the manager opens so that somebody without its rights can write to it.
 *
 * Runs in: manager.
 * Trusts:  the pool file about the path. Not those who can write in its folder, who may be the pool's own
 * user: a link that they left there leads nowhere. */

#include "config/pool_config.h"

enum {
        LOG_FILE_WHY_MAX = 384,
};

/* Opens for appending, makes the file (0600, as php-fpm) if there is none; with the rights of the pool's user
 * unless root alone decides about the path (root_path.h), and also where the manager's own do not reach, since it is
 * root without the right to override permissions. The fd, or
 * -ELOOP: a symbolic link, -EMLINK: a file with another name elsewhere, -EBADFD: neither a file nor a device,
 * or another negative errno. */
int log_file_open(const PoolConfig *config, const char *path);

/* The same for what a log directive says. *ret_fd is -EBADF where that is NULL or the journal. 0 or negative
 * errno. */
int log_file_open_target(const PoolConfig *config, const char *target, int *ret_fd);

/* Whether that would work, without making anything. 0, or negative errno and what to do in why. */
int log_file_check(const PoolConfig *config, const char *path, char why[static LOG_FILE_WHY_MAX]);
