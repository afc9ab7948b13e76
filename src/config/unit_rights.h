/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitRights: what a pool file asks for and the shipped unit lets no manager do. fpmd-generator gives it to the pools
 * that ask for it, each by a drop-in; the manager looks whether its service has that. Pure.
 *
 * Runs in: fpmd-generator, manager. */

#include <stdbool.h>
#include <stdint.h>

#include "config/pool_config.h"

typedef enum UnitRight {
        UNIT_RIGHT_CHROOT,   /* CAP_SYS_CHROOT and chroot(2) */
        UNIT_RIGHT_PRIORITY, /* CAP_SYS_NICE */
        UNIT_RIGHT_LIMITS,   /* CAP_SYS_RESOURCE */
        UNIT_RIGHT_LABELS, /* each process may write what the kernel is to know of it below /proc */
        _UNIT_RIGHT_MAX,
} UnitRight;

/* Returns whether the pool may need it: how high the limits of its service are is not known here. Counts [global] as
 * well, which a file that was read for its units alone has beside the pool's own. */
bool unit_right_is_wanted(const PoolConfig *config, UnitRight right);

/* Returns the name of the drop-in in fpmd@POOL.service.d. */
const char *unit_right_file(UnitRight right);

/* Returns the hard limit of open files that the zygote of this pool needs: two fds for each worker, and those that it
 * is started with. */
uint64_t unit_rights_files_needed(const PoolConfig *config);

/* Returns how many workers that limit is enough for, or 0. */
uint64_t unit_rights_workers_for(uint64_t n_files);
