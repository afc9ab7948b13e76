/* SPDX-License-Identifier: MIT */
#include "config/unit_rights.h"

#include <strings.h>

enum {
        FDS_PER_WORKER = 2, /* its lifeline, its memory */
        FDS_OF_ZYGOTE = 128,
        /* The kernel's own hard limit. That of systemd is 524288, and system.conf may name a lower one. */
        FILES_OF_EVERYBODY = 4096,
};

static uint64_t or_global(uint64_t value, uint64_t global) {
        return value == LIMIT_UNSET ? global : value;
}

uint64_t unit_rights_files_needed(const PoolConfig *config) {
        uint64_t needed = config->max_children * FDS_PER_WORKER + FDS_OF_ZYGOTE;
        uint64_t said = or_global(config->rlimit_files, config->global_rlimit_files);

        return said != LIMIT_UNSET && said > needed ? said : needed;
}

uint64_t unit_rights_workers_for(uint64_t n_files) {
        return n_files > FDS_OF_ZYGOTE ? (n_files - FDS_OF_ZYGOTE) / FDS_PER_WORKER : 0;
}

/* systemd.Nice of the pool file may be above it. */
static bool has_nice(const PoolConfig *config) {
        for (size_t i = 0; i < config->unit_settings.n_items; i++)
                if (strcasecmp(config->unit_settings.items[i].key, "Nice") == 0)
                        return true;

        return false;
}

static bool wants_priority(const PoolConfig *config) {
        int64_t priority = config->process_priority == INT_UNSET ? config->global_priority
                                                                 : config->process_priority;

        return priority != INT_UNSET && (priority < 0 || has_nice(config));
}

static bool wants_limits(const PoolConfig *config) {
        return unit_rights_files_needed(config) > FILES_OF_EVERYBODY ||
               or_global(config->rlimit_core, config->global_rlimit_core) != LIMIT_UNSET;
}

bool unit_right_is_wanted(const PoolConfig *config, UnitRight right) {
        switch (right) {
        case UNIT_RIGHT_CHROOT:
                return config->chroot;
        case UNIT_RIGHT_PRIORITY:
                return wants_priority(config);
        case UNIT_RIGHT_LIMITS:
                return wants_limits(config);
        case UNIT_RIGHT_LABELS:
                return config->apparmor_hat;
        default:
                return false;
        }
}

const char *unit_right_file(UnitRight right) {
        static const char *const files[_UNIT_RIGHT_MAX] = {
                [UNIT_RIGHT_CHROOT] = "55-chroot.conf",
                [UNIT_RIGHT_PRIORITY] = "55-priority.conf",
                [UNIT_RIGHT_LIMITS] = "55-limits.conf",
                [UNIT_RIGHT_LABELS] = "05-labels.conf",
        };

        return files[right];
}
