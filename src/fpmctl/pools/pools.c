/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/pools.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/value/address.h"

#define RUN_DIR "/run/fpmd"

/* --- the list --- */

static int by_name(const void *a, const void *b) {
        return strcmp(((const PoolFacts *) a)->name, ((const PoolFacts *) b)->name);
}

PoolFacts *pools_get(Pools *pools, const char *name) {
        PoolFacts *items, *pool;

        for (size_t i = 0; i < pools->n_items; i++)
                if (strcmp(pools->items[i].name, name) == 0)
                        return &pools->items[i];

        items = reallocarray(pools->items, pools->n_items + 1, sizeof(*items));
        if (!items)
                return NULL;

        pools->items = items;
        pool = &items[pools->n_items];
        *pool = (PoolFacts){ .name = strdup(name) };
        if (!pool->name)
                return NULL;

        question_init(&pool->question, pool->name, CONTROL_STATUS);
        pools->n_items++;
        return pool;
}

void pools_done(Pools *pools) {
        for (size_t i = 0; i < pools->n_items; i++) {
                question_done(&pools->items[i].question);
                free(pools->items[i].name);
        }

        free(pools->items);
        pool_files_done(&pools->files);
        *pools = (Pools){};
}

/* --- what there is --- */

static int add_files(Pools *pools, const char *conf_dir) {
        const PoolFiles *files = &pools->files;
        int r;

        if (!conf_dir)
                return 0;

        r = pool_files_read(&pools->files, conf_dir, NULL, NULL);
        pools->has_files = r == 0;
        for (size_t i = 0; r == 0 && i < files->n_items; i++) {
                PoolFacts *pool = pools_get(pools, files->items[i].name);

                if (!pool)
                        return -ENOMEM;
                pool->has_file = true;
        }

        return r;
}

static int add_run(Pools *pools, const char *entry) {
        char path[256];
        PoolFacts *pool;

        if (!pool_name_is_valid(entry) || control_path(path, sizeof(path), entry) < 0 ||
                        access(path, F_OK) < 0)
                return 0;

        pool = pools_get(pools, entry);
        if (!pool)
                return -ENOMEM;

        pool->has_run = true;
        return 0;
}

/* Each entry of a folder, which need not be there. */
static int for_each(const char *dir, Pools *pools, int (*add)(Pools *, const char *)) {
        DIR *d = opendir(dir);
        const struct dirent *entry;
        int r = 0;

        if (!d)
                return errno == ENOENT ? 0 : -errno;

        while (r >= 0 && (entry = readdir(d)))
                r = add(pools, entry->d_name);

        closedir(d);
        return r;
}

/* For use without systemd: returns whether a process listens on the unix socket that a pool has unless its file says
 * otherwise. */
static void find_sockets(Pools *pools) {
        _cleanup_close_ int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (fd < 0 || fd_read_all(fd, 16 * 1024 * 1024, &text, &size) < 0)
                return;

        for (size_t i = 0; i < pools->n_items; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, " " RUN_DIR "/%s.sock\n", pools->items[i].name) >= 0)
                        pools->items[i].listens = strstr(text, path);
        }
}

static int add_unit(const char *name, bool is_socket, const UnitState *unit, void *userdata) {
        PoolFacts *pool = pools_get(userdata, name);

        if (!pool)
                return -ENOMEM;

        *(is_socket ? &pool->socket : &pool->service) = *unit;
        return 0;
}

int pools_find(Pools *ret, const char *conf_dir, PoolsFind find) {
        _cleanup_(pools_done) Pools pools = {};
        int r;

        r = add_files(&pools, conf_dir);
        if (r < 0)
                return r;

        r = for_each(RUN_DIR, &pools, add_run);
        if (r < 0)
                return r;

        r = find == POOLS_WITHOUT_UNITS
                            ? 0
                            : units_read(NULL, find == POOLS_WITH_UNITS, add_unit, &pools);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                find_sockets(&pools);

        if (pools.n_items > 0)
                qsort(pools.items, pools.n_items, sizeof(*pools.items), by_name);
        for (size_t i = 0; i < pools.n_items; i++)
                pools.items[i].question.pool = pools.items[i].name;

        *ret = pools;
        pools = (Pools){};
        return 0;
}

int pools_find_one(Pools *ret, const char *name) {
        _cleanup_(pools_done) Pools pools = {};
        int r;

        if (!pools_get(&pools, name))
                return -ENOMEM;

        r = units_read(name, false, add_unit, &pools);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                find_sockets(&pools);

        *ret = pools;
        pools = (Pools){};
        return 0;
}

void pools_ask(Pools *pools, uint64_t timeout_usec) {
        _cleanup_free_ Question *questions = calloc(pools->n_items, sizeof(*questions));

        if (!questions)
                return;

        for (size_t i = 0; i < pools->n_items; i++)
                questions[i] = pools->items[i].question;

        client_ask(questions, pools->n_items, timeout_usec);
        for (size_t i = 0; i < pools->n_items; i++) {
                pools->items[i].question = questions[i];
                if (questions[i].result == 0)
                        resources_read(questions[i].pid, &pools->items[i].resources);
        }
}

/* --- what it means --- */

static bool is(const UnitState *unit, const char *state) {
        return strcmp(unit->active, state) == 0;
}

static PoolPresence presence_of_answer(const PoolFacts *pool) {
        const char *state = json_string_value(json_object_get(pool->question.json, "state"));

        if (state && strcmp(state, "starting") == 0)
                return PRESENCE_STARTING;

        return state && strcmp(state, "stopping") == 0 ? PRESENCE_STOPPING : PRESENCE_SERVING;
}

PoolPresence pool_presence(const PoolFacts *pool) {
        int result = pool->question.result;

        if (result == 0)
                return presence_of_answer(pool);
        if (result != -ENOENT && result != -ECONNREFUSED && result != -EINPROGRESS)
                return PRESENCE_SILENT;
        if (is(&pool->service, "failed") || is(&pool->socket, "failed"))
                return PRESENCE_FAILED;
        if (is(&pool->service, "activating"))
                return PRESENCE_STARTING;
        if (is(&pool->service, "deactivating"))
                return PRESENCE_STOPPING;
        if (is(&pool->service, "active"))
                return PRESENCE_SERVING; /* without a runtime directory there is no manager to ask */
        if (is(&pool->socket, "active") || pool->listens)
                return pool->service.ran ? PRESENCE_IDLE : PRESENCE_LISTENING;

        return PRESENCE_STOPPED;
}

bool pool_is_at_rest(PoolPresence presence) {
        return presence == PRESENCE_LISTENING || presence == PRESENCE_IDLE;
}

bool pool_is_healthy(PoolPresence presence, PoolFileState file_state) {
        return presence != PRESENCE_STOPPED && presence != PRESENCE_FAILED &&
               presence != PRESENCE_SILENT &&
               !(pool_is_at_rest(presence) && file_state == POOL_FILE_WRONG);
}

const char *pool_presence_name(PoolPresence presence) {
        static const char *const names[_PRESENCE_MAX] = {
                [PRESENCE_STOPPED] = "stopped",
                [PRESENCE_LISTENING] = "listening",
                [PRESENCE_IDLE] = "idle",
                [PRESENCE_STARTING] = "starting",
                [PRESENCE_SERVING] = "serving",
                [PRESENCE_STOPPING] = "stopping",
                [PRESENCE_FAILED] = "failed",
                [PRESENCE_SILENT] = "silent",
        };

        return names[presence];
}
