/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/pool_files.h"
#include "config/value/address.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/plan_files.h"
#include "fpmctl/migrate/systemctl.h"

static const char FOLDER[] = "/var/lib/fpmd";
static const char PATH[] = "/var/lib/fpmd/migration.json";
static const char LOCK_PATH[] = "/run/fpmd-migrate.lock"; /* root's folder */

/* It has the texts of all pools: what was written can be read. */
enum { STATE_BYTES_MAX = 512 * 1024 * 1024 };

/* Not the folder of the state: that comes and goes with it, and every user may open it, who could then keep root from
 * migrating. The file stays: where it was removed, a third one could lock another of that name. */
int migrate_state_lock(void) {
        _cleanup_close_ int fd =
                        open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
                return -errno;

        return TAKE_FD(fd);
}

int migrate_state_read(json_t **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        *ret = NULL;
        r = fd_read_file(PATH, STATE_BYTES_MAX, &text, &size);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        *ret = json_loadb(text, size, 0, NULL);
        return *ret ? 0 : -EBADMSG;
}

int migrate_state_new(json_t **ret, const MigratePlan *plan, const char *base) {
        json_auto_t *files = json_object(), *saved = json_object();

        for (size_t i = 0; i < plan->n_files; i++) {
                _cleanup_free_ char *path = migrate_file_path(base, plan->files[i].name),
                                    *old = path ? migrate_file_read(path) : NULL;

                if (!path)
                        return -ENOMEM;
                if (json_object_set_new(files, path, migrate_file_to_json(plan->files[i].text)) <
                                                0 ||
                                (old && json_object_set_new(saved, path,
                                                        migrate_file_to_json(old)) < 0))
                        return -ENOMEM;
        }

        *ret = json_pack("{s:O, s:O, s:{}}", "files", files, "saved", saved, "units");
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

/* One that php-fpm calls otherwise is an object. */
static int add_address(json_t *addresses, const char *address, const char *php_fpm) {
        _cleanup_free_ char *simple = php_fpm ? strdup(php_fpm) : NULL;
        json_t *one;

        if (php_fpm && !simple)
                return -ENOMEM;
        if (simple)
                address_simplify(simple);

        one = simple && strcmp(simple, address) == 0 && strcmp(php_fpm, address) != 0
                              ? json_pack("{s:s, s:s}", "address", address, "php-fpm", php_fpm)
                              : json_string(address);
        return json_array_append_new(addresses, one) < 0 ? -ENOMEM : 0;
}

static int add_addresses(json_t *addresses, const PoolConfig *config, const MigratePool *pool) {
        _cleanup_free_ char *path = NULL, *status_path = NULL;
        int r;

        r = migrate_pool_path(pool, "listen", &path);
        if (r == 0)
                r = migrate_pool_path(pool, "pm.status_listen", &status_path);
        for (size_t i = 0; r == 0 && i < config->listen.n_items; i++)
                r = add_address(addresses, config->listen.items[i].value, path);

        return r == 0 && config->status_listen
                               ? add_address(addresses, config->status_listen, status_path)
                               : r;
}

int migrate_state_add_pool(json_t *state, const char *conf_dir, const MigratePool *pool) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *unit = migrate_pool_unit(pool);
        json_t *of_unit = unit ? unit_state(json_object_get(state, "units"), unit) : NULL;
        json_auto_t *addresses = json_array();
        int r;

        if (!of_unit)
                return -ENOMEM;

        r = pool_files_load_name(&config, conf_dir, pool->name, true, NULL, NULL);
        if (r < 0)
                return r;

        r = add_addresses(addresses, config, pool);
        if (r < 0)
                return r;

        return json_object_set(json_object_get(of_unit, "pools"), pool->name, addresses) < 0
                               ? -ENOMEM
                               : 0;
}

int migrate_state_write(const json_t *state) {
        _cleanup_free_ char *text = json_dumps(state, JSON_INDENT(2));
        int r;

        if (!text)
                return -ENOMEM;
        if (strlen(text) > STATE_BYTES_MAX)
                return -EFBIG;
        if (mkdir(FOLDER, 0755) < 0 && errno != EEXIST)
                return -errno;

        r = fd_replace_file(AT_FDCWD, PATH, text, 0600);
        return r < 0 ? r : migrate_file_sync(FOLDER);
}

bool migrate_state_has(const json_t *state, const char *step) {
        return json_is_true(json_object_get(state, step));
}

int migrate_state_reach(json_t *state, const char *step) {
        return json_object_set_new(state, step, json_true()) < 0 ? -ENOMEM
                                                                 : migrate_state_write(state);
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

static int read_address(MoveAddress *address, const json_t *one) {
        const char *text = json_string_value(
                                   json_is_object(one) ? json_object_get(one, "address") : one),
                   *php_fpm = json_string_value(json_object_get(one, "php-fpm"));

        address->text = strdup(text ? text : "");
        address->php_fpm = strdup(php_fpm ? php_fpm : text ? text : "");
        return address->text && address->php_fpm ? 0 : -ENOMEM;
}

static int read_pool(MovePool *pool, const char *name, const json_t *addresses) {
        pool->name = strdup(name);
        pool->addresses = calloc(json_array_size(addresses) + 1, sizeof(*pool->addresses));
        if (!pool->name || !pool->addresses)
                return -ENOMEM;

        for (size_t i = 0; i < json_array_size(addresses); i++) {
                pool->n_addresses++;
                if (read_address(&pool->addresses[i], json_array_get(addresses, i)) < 0)
                        return -ENOMEM;
        }

        return 0;
}

int migrate_state_unit(MoveUnit *ret, const char *name, const json_t *unit) {
        json_t *pools = json_object_get(unit, "pools"), *addresses;
        MoveUnit read = { .name = name,
                .pools = calloc(json_object_size(pools) + 1, sizeof(MovePool)),
                .was_enabled = migrate_state_has(unit, "enabled") };
        int r = read.pools ? 0 : -ENOMEM;
        const char *pool;

        json_object_foreach(pools, pool, addresses) {
                if (r == 0)
                        r = read_pool(&read.pools[read.n_pools++], pool, addresses);
        }
        if (r < 0) {
                migrate_state_unit_done(&read);
                return r;
        }

        *ret = read;
        return 0;
}

void migrate_state_unit_done(MoveUnit *unit) {
        for (size_t i = 0; i < unit->n_pools; i++) {
                for (size_t j = 0; j < unit->pools[i].n_addresses; j++) {
                        free(unit->pools[i].addresses[j].text);
                        free(unit->pools[i].addresses[j].php_fpm);
                }
                free(unit->pools[i].addresses);
                free(unit->pools[i].name);
        }

        free(unit->pools);
        *unit = (MoveUnit){};
}
