/* SPDX-License-Identifier: MIT */
#pragma once
/* Duplicates: addresses that more than one pool file names, which none of the files shows by itself.
 *
 * Runs in: fpmctl. */

#include "config/pool_config.h"
#include "config/setting.h"

typedef struct Addresses {
        SettingList list; /* the key is where it stands, "FILE:LINE" */
} Addresses;

/* Called with a line for each address that was there before. */
typedef void (*DuplicateHook)(void *userdata, const char *pool, const char *line);

/* Adds those of one pool file, or of the default where it names none. 0 or -ENOMEM. */
int addresses_add(
                Addresses *addresses, const PoolConfig *config, DuplicateHook hook, void *userdata);
void addresses_done(Addresses *addresses);
