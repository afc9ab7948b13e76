/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitLimits: what systemd will give the services of pools, which whoever tests a pool file does not run in.
 *
 * Runs in: fpmd --test. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef struct UnitLimits {
        sd_bus *bus; /* for all pools */
        bool is_tried;
} UnitLimits;

/* Returns the hard limit of open files of a pool's service, which need not run, or 0 when systemd cannot be asked.
 * userdata is UnitLimits, which unit_limits_done() frees. */
uint64_t unit_limits_files(void *userdata, const char *pool);
void unit_limits_done(UnitLimits *limits);
