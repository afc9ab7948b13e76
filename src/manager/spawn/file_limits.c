/* SPDX-License-Identifier: MIT */
#include "manager/spawn/file_limits.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/parse.h"

enum {
        FDS_PER_WORKER = 2, /* its lifeline, its memory */
        FDS_OF_ZYGOTE = 128,
};

uint64_t file_limits_needed(const PoolConfig *config) {
        uint64_t needed = config->max_children * FDS_PER_WORKER + FDS_OF_ZYGOTE;

        if (config->rlimit_files != LIMIT_UNSET && config->rlimit_files > needed)
                return config->rlimit_files;

        return needed;
}

static bool may_raise(void) {
        cap_flag_value_t value = CAP_CLEAR;
        cap_t caps = cap_get_proc();

        if (caps)
                (void) cap_get_flag(caps, CAP_SYS_RESOURCE, CAP_EFFECTIVE, &value);
        (void) cap_free(caps);
        return value == CAP_SET;
}

/* The highest limit that the kernel allows. */
static uint64_t read_nr_open(void) {
        _cleanup_fclose_ FILE *file = fopen("/proc/sys/fs/nr_open", "re");
        unsigned long long number;

        return file && fscanf(file, "%llu", &number) == 1 ? number : 0;
}

bool file_limits_allow(uint64_t needed, uint64_t *ret_limit) {
        struct rlimit limit;
        uint64_t most;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return true; /* then the start reports it */

        most = limit.rlim_max;
        if (most < needed && may_raise()) {
                uint64_t nr_open = read_nr_open();

                most = nr_open > most ? nr_open : most;
        }

        *ret_limit = most;
        return most >= needed;
}

int file_limits_raise(const PoolConfig *config) {
        uint64_t needed = file_limits_needed(config);
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return -errno;
        if (limit.rlim_max >= needed)
                return 0;

        limit.rlim_max = needed;
        return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}
