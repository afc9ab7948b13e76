/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolSockets: where the pools of one folder listen, and why a pool must not listen there: another pool has the
 * address, or another user could change what the path leads to. systemd checks neither.
 *
 * Runs in: fpmd-generator, and the manager's checks. */

#include "config/pool_config.h"
#include "config/value/setting.h"
#include "listen/address_key.h"

typedef struct PoolSocket {
        AddressKey key;
        const char *directive;
        char *pool, *address;
        char *place; /* "FILE:LINE", or "FILE" for the default */
} PoolSocket;

typedef struct PoolSockets {
        PoolSocket *items;
        size_t n_items;
        SettingList pools; /* the key is the name, the value is the file */
} PoolSockets;

/* Adds the addresses of one pool file, which was loaded whole or with units_only. Returns 0 or -ENOMEM. */
int pool_sockets_add(PoolSockets *sockets, const PoolConfig *config);

/* Adds the addresses of each pool of conf_dir and of the folders that fpmd.conf names. Mistakes in a file are passed
 * over, since its own check reports them. A folder that cannot be read counts as empty. Returns 0 or -ENOMEM. */
int pool_sockets_add_all(PoolSockets *sockets, const char *conf_dir);

void pool_sockets_done(PoolSockets *sockets);

/* Reports with LOG_ERR each reason why this pool must not listen where its file says, and returns how many there are.
 * with_folders: looks at the folders above unix sockets, too. report may be NULL. */
unsigned pool_sockets_check(const PoolSockets *sockets, const char *pool, bool with_folders,
                ConfigReport report, void *userdata);
