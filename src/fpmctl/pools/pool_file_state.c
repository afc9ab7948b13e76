/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fpmctl/pools/pools.h"

/* By the time of the change of the inode: a file that was moved there is as new as the move. */
static bool is_newer(const char *file, json_int_t usec) {
        struct stat st;

        return stat(file, &st) == 0 &&
               (json_int_t) st.st_ctim.tv_sec * 1000000 + st.st_ctim.tv_nsec / 1000 > usec;
}

static bool has_changed(const PoolConfig *config, const PoolFacts *pool) {
        const json_t *usec = json_object_get(pool->question.json, "config_usec");

        if (pool->question.result != 0 || !json_is_integer(usec))
                return false;

        for (size_t i = 0; i < config->n_files; i++)
                if (is_newer(config->files[i], json_integer_value(usec)))
                        return true;

        return false;
}

PoolFileState pools_file_state(const Pools *pools, const PoolFacts *pool) {
        const PoolFile *file = pool_files_find(&pools->files, pool->name);
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        if (!pools->has_files)
                return POOL_FILE_UNKNOWN;
        if (!file)
                return POOL_FILE_GONE;

        r = pool_files_load(&config, &pools->files, file, false, NULL, NULL);
        if (r == -EACCES || r == -ENOMEM)
                return POOL_FILE_UNKNOWN;
        if (r < 0 && access(file->file, F_OK) < 0 && errno == ENOENT)
                return POOL_FILE_GONE; /* since they were looked for */
        if (r < 0)
                return POOL_FILE_WRONG;

        return has_changed(config, pool) ? POOL_FILE_CHANGED : POOL_FILE_OK;
}

void pools_read_files(Pools *pools) {
        for (size_t i = 0; i < pools->n_items; i++)
                pools->items[i].file_state = pools_file_state(pools, &pools->items[i]);
}

const char *pool_file_state_name(PoolFileState state) {
        static const char *const names[_POOL_FILE_STATE_MAX] = {
                [POOL_FILE_UNKNOWN] = "-",
                [POOL_FILE_GONE] = "gone",
                [POOL_FILE_OK] = "ok",
                [POOL_FILE_CHANGED] = "changed",
                [POOL_FILE_WRONG] = "wrong",
        };

        return names[state];
}
