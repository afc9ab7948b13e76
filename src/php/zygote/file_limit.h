/* SPDX-License-Identifier: MIT */
#pragma once
/* FileLimit: how many files the zygote and a worker may open.
 *
 * The zygote has two fds for each worker, so it raises its limit to the hard limit. Scripts get the limit of
 * rlimit_files, else that of the unit.
 *
 * Runs in: zygote and worker. */

#include <stdint.h>
#include <sys/resource.h>

typedef struct FileLimit {
        struct rlimit given; /* what this process was started with */
} FileLimit;

/* Zygote: raises its own limit. Returns 0 or a negative errno. */
int file_limit_raise(FileLimit *ret);

/* Worker: sets its limit to rlimit_files, or with LIMIT_UNSET to the one that the zygote was started with. Returns 0 or
 * a negative errno. */
int file_limit_lower(const FileLimit *limit, uint64_t rlimit_files);
