/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/duplicates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/address.h"

typedef struct Entry {
        const PoolConfig *config;
        const char *directive;
        char *address;
        const char *file;
        unsigned line; /* 0: nothing is said, it is the default */
} Entry;

static const char *place_of(const Addresses *addresses, const char *address) {
        for (size_t i = 0; i < addresses->list.n_items; i++)
                if (address_is_same(addresses->list.items[i].value, address))
                        return addresses->list.items[i].key;

        return NULL;
}

static int add(Addresses *addresses, const Entry *entry, DuplicateHook hook, void *userdata) {
        const char *other = place_of(addresses, entry->address);
        _cleanup_free_ char *place = NULL, *line = NULL;
        char number[16] = "";

        if (entry->line > 0)
                snprintf(number, sizeof(number), ":%u", entry->line);
        if (asprintf(&place, "%s%s", entry->file, number) < 0)
                return -ENOMEM;

        if (other) {
                if (asprintf(&line, "%s: %s: %s is an address of %s too, only one of them can be started",
                                    place, entry->directive, entry->address, other) < 0)
                        return -ENOMEM;

                hook(userdata, entry->config->name, line);
        }

        return setting_list_add(
                        &addresses->list, &(Setting){ .key = place, .value = entry->address });
}

static int add_default(Addresses *addresses, const PoolConfig *config, DuplicateHook hook,
                void *userdata) {
        _cleanup_free_ char *path = NULL;

        if (pool_config_default_listen(config, &path) < 0)
                return -ENOMEM;

        return add(addresses, &(Entry){ config, "listen", path, config->file, 0 }, hook, userdata);
}

int addresses_add(Addresses *addresses, const PoolConfig *config, DuplicateHook hook,
                void *userdata) {
        int r;

        r = config->listen.n_items == 0 ? add_default(addresses, config, hook, userdata) : 0;
        for (size_t i = 0; r == 0 && i < config->listen.n_items; i++) {
                const Setting *setting = &config->listen.items[i];

                r = add(addresses,
                                &(Entry){ config, "listen", setting->value, setting->file,
                                                setting->line },
                                hook, userdata);
        }
        if (r == 0 && config->status_listen)
                r = add(addresses,
                                &(Entry){ config, "pm.status_listen", config->status_listen,
                                                pool_config_file_of(config, "pm.status_listen"),
                                                pool_config_line_of(config, "pm.status_listen") },
                                hook, userdata);

        return r;
}

void addresses_done(Addresses *addresses) {
        setting_list_done(&addresses->list);
}
