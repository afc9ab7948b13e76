/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fpmctl/migrate/file.h"

static const char FOLDER[] = "/var/lib/fpmd";
static const char PATH[] = "/var/lib/fpmd/migration.json";

json_t *migrate_state_read(void) {
        _cleanup_free_ char *text = migrate_file_read(PATH);

        return text ? json_loads(text, 0, NULL) : NULL;
}

int migrate_state_write(const json_t *state) {
        _cleanup_free_ char *text = json_dumps(state, JSON_INDENT(2));

        if (!text)
                return -ENOMEM;
        if (mkdir(FOLDER, 0755) < 0 && errno != EEXIST)
                return -errno;

        return migrate_file_write(PATH, text, 0600);
}

int migrate_state_remove(void) {
        if (unlink(PATH) < 0 && errno != ENOENT)
                return -errno;

        (void) rmdir(FOLDER);
        return 0;
}

static int read_pool(MovePool *pool, const char *name, const json_t *addresses) {
        pool->name = strdup(name);
        pool->addresses = calloc(json_array_size(addresses) + 1, sizeof(char *));
        if (!pool->name || !pool->addresses)
                return -ENOMEM;

        for (size_t i = 0; i < json_array_size(addresses); i++) {
                const char *text = json_string_value(json_array_get(addresses, i));

                pool->addresses[i] = strdup(text ? text : "");
                if (!pool->addresses[i])
                        return -ENOMEM;
                pool->n_addresses++;
        }

        return 0;
}

int migrate_state_pools(const json_t *unit, MovePool **ret, size_t *ret_n) {
        json_t *pools = json_object_get(unit, "pools"), *addresses;
        MovePool *list = calloc(json_object_size(pools) + 1, sizeof(*list));
        const char *name;
        size_t n = 0;
        int r = list ? 0 : -ENOMEM;

        json_object_foreach(pools, name, addresses) {
                if (r == 0)
                        r = read_pool(&list[n++], name, addresses);
        }
        if (r < 0) {
                migrate_state_pools_done(list, n);
                return r;
        }

        *ret = list;
        *ret_n = n;
        return 0;
}

void migrate_state_pools_done(MovePool *pools, size_t n) {
        for (size_t i = 0; pools && i < n; i++) {
                for (size_t j = 0; j < pools[i].n_addresses; j++)
                        free(pools[i].addresses[j]);
                free(pools[i].addresses);
                free(pools[i].name);
        }

        free(pools);
}
