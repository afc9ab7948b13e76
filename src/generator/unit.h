/* SPDX-License-Identifier: MIT */
#pragma once
/* Unit: the drop-in of fpmd@POOL.socket that says what listen and listen.* of the pool file say.
 * Pure.
 *
 * Runs in: fpmd-generator.
 * Trusts:  nobody. A value that could be read as more than a value (line breaks, backslashes,
 * quotes) is reported and left out; a percent sign is doubled. */

#include "config/pool_config.h"

typedef struct UnitReport {
        ConfigReport report;
        void *userdata;
} UnitReport;

/* setfacl is the program's path, NULL if it is not installed. *ret is NULL if the pool says nothing
 * about its socket; the caller frees. 0 or -ENOMEM. */
int unit_socket_dropin(const PoolConfig *config, const char *setfacl, const UnitReport *report,
                char **ret);
