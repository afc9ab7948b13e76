/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/pool_files.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/plan_files.h"
#include "fpmctl/migrate/systemctl.h"

static const char FOLDER[] = "/var/lib/fpmd";
static const char PATH[] = "/var/lib/fpmd/migration.json";

json_t *migrate_state_read(void) {
        _cleanup_free_ char *text = migrate_file_read(PATH);

        return text ? json_loads(text, 0, NULL) : NULL;
}

int migrate_state_new(json_t **ret, const MigratePlan *plan, const char *base) {
        json_auto_t *files = json_object(), *saved = json_object();

        for (size_t i = 0; i < plan->n_files; i++) {
                _cleanup_free_ char *path = migrate_file_path(base, plan->files[i].name),
                                    *old = path ? migrate_file_read(path) : NULL;

                if (!path)
                        return -ENOMEM;
                (void) json_object_set_new(files, path, json_string(plan->files[i].text));
                if (old)
                        (void) json_object_set_new(saved, path, json_string(old));
        }

        *ret = json_pack("{s:O, s:O, s:{}, s:b, s:b}", "files", files, "saved", saved, "units",
                        "moved", 0, "done", 0);
        return *ret ? 0 : -ENOMEM;
}

/* The member of "units" for one php-fpm, borrowed; it is made when it is not there yet. NULL: no memory. */
static json_t *unit_state(json_t *units, const char *unit) {
        json_t *state = json_object_get(units, unit);
        _cleanup_free_ char *active = NULL;

        if (state)
                return state;

        active = systemctl_property(unit, "ActiveState");
        state = json_pack("{s:b, s:b, s:{}}", "enabled", systemctl_is_enabled(unit), "active",
                        active && strcmp(active, "active") == 0, "pools");
        return json_object_set_new(units, unit, state) < 0 ? NULL : state;
}

int migrate_state_add_pool(json_t *state, const char *conf_dir, const MigratePool *pool) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *unit = migrate_pool_unit(pool);
        json_t *of_unit = unit ? unit_state(json_object_get(state, "units"), unit) : NULL;
        json_t *addresses;
        int r;

        if (!of_unit)
                return -ENOMEM;

        r = pool_files_load_name(&config, conf_dir, pool->name, true, NULL, NULL);
        if (r < 0)
                return r;

        addresses = json_array();
        for (size_t i = 0; i < config->listen.n_items; i++)
                (void) json_array_append_new(addresses, json_string(config->listen.items[i].value));
        if (config->status_listen)
                (void) json_array_append_new(addresses, json_string(config->status_listen));

        return json_object_set_new(json_object_get(of_unit, "pools"), pool->name, addresses) < 0
                               ? -ENOMEM
                               : 0;
}

int migrate_state_write(const json_t *state) {
        _cleanup_free_ char *text = json_dumps(state, JSON_INDENT(2));

        if (!text)
                return -ENOMEM;
        if (mkdir(FOLDER, 0755) < 0 && errno != EEXIST)
                return -errno;

        return fd_replace_file(AT_FDCWD, PATH, text, 0600);
}

int migrate_state_undo_files(const json_t *state) {
        int r;

        r = plan_files_restore(json_object_get(state, "files"), json_object_get(state, "saved"));
        if (r < 0)
                return r;

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
