/* SPDX-License-Identifier: MIT */
#pragma once
/* FileLimit: how many files the zygote may open, and how many a worker may.
 *
 * The zygote has two fds for each worker and takes all that it may have (the hard limit). Scripts get what
 * rlimit_files says, else what the unit gave.
 *
 * Runs in: zygote and worker. */

#include <stdint.h>
#include <sys/resource.h>

typedef struct FileLimit {
        struct rlimit given; /* what this process was started with */
} FileLimit;

/* Zygote: raises its own. 0 or negative errno. */
int file_limit_raise(FileLimit *ret);

/* Worker: rlimit_files, or LIMIT_UNSET for what was given. 0 or negative errno. */
int file_limit_lower(const FileLimit *limit, uint64_t rlimit_files);
