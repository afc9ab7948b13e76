/* SPDX-License-Identifier: MIT */
#include "manager/spawn/file_limits.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "config/unit_rights.h"
#include "manager/spawn/privilege.h"

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
        if (most < needed && privilege_can_raise_limits()) {
                uint64_t nr_open = read_nr_open();

                most = nr_open > most ? nr_open : most;
        }

        *ret_limit = most;
        return most >= needed;
}

int file_limits_raise(const PoolConfig *config) {
        uint64_t needed = unit_rights_files_needed(config);
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return -errno;
        if (limit.rlim_max >= needed)
                return 0;

        limit.rlim_max = needed;
        return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}
