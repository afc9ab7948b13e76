/* SPDX-License-Identifier: MIT */
#include "php/zygote/file_limit.h"

#include <errno.h>

#include "config/pool_config.h"

int file_limit_raise(FileLimit *ret) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return -errno;

        ret->given = limit;
        limit.rlim_cur = limit.rlim_max;
        return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

int file_limit_lower(const FileLimit *limit, uint64_t rlimit_files) {
        struct rlimit lower = limit->given;

        if (rlimit_files == LIMIT_UNLIMITED)
                lower.rlim_cur = lower.rlim_max;
        else if (rlimit_files != LIMIT_UNSET)
                lower.rlim_cur = lower.rlim_max = rlimit_files;

        return setrlimit(RLIMIT_NOFILE, &lower) < 0 ? -errno : 0;
}
