/* SPDX-License-Identifier: MIT */
#include "listen/pool_sockets.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config/file_trust.h"
#include "config/pool_files.h"
#include "listen/socket_path.h"

/* The folder that systemd makes for each service (RuntimeDirectory=fpmd/POOL) and removes when it stops. */
static const char RUN_DIR[] = "/run/fpmd/";

static void socket_done(PoolSocket *socket) {
        address_key_done(&socket->key);
        free(socket->pool);
        free(socket->address);
        free(socket->place);
}

void pool_sockets_done(PoolSockets *sockets) {
        for (size_t i = 0; i < sockets->n_items; i++)
                socket_done(&sockets->items[i]);

        free(sockets->items);
        setting_list_done(&sockets->pools);
        *sockets = (PoolSockets){};
}

static char *place_of(const char *file, unsigned line) {
        char *place;

        if ((line > 0 ? asprintf(&place, "%s:%u", file, line) : asprintf(&place, "%s", file)) < 0)
                return NULL;

        return place;
}

/* An address that cannot be read was reported by the check of its file. */
static int add(PoolSockets *sockets, const PoolConfig *config, const char *directive,
                const Setting *at) {
        PoolSocket socket = { .directive = directive }, *items;
        int r;

        r = address_key_make(&socket.key, at->value);
        if (r < 0)
                return r == -EINVAL ? 0 : r;

        socket.pool = strdup(config->name);
        socket.address = strdup(at->value);
        socket.place = place_of(at->file ? at->file : config->file, at->line);
        items = reallocarray(sockets->items, sockets->n_items + 1, sizeof(*items));
        if (items)
                sockets->items = items;
        if (!socket.pool || !socket.address || !socket.place || !items) {
                socket_done(&socket);
                return -ENOMEM;
        }

        items[sockets->n_items++] = socket;
        return 0;
}

static int add_default(PoolSockets *sockets, const PoolConfig *config) {
        _cleanup_free_ char *path = NULL;

        if (pool_config_default_listen(config, &path) < 0)
                return -ENOMEM;

        return add(sockets, config, "listen", &(Setting){ .value = path });
}

int pool_sockets_add(PoolSockets *sockets, const PoolConfig *config) {
        int r;

        r = setting_list_add(
                        &sockets->pools, &(Setting){ .key = config->name, .value = config->file });
        if (r == 0 && config->listen.n_items == 0)
                r = add_default(sockets, config);
        for (size_t i = 0; r == 0 && i < config->listen.n_items; i++)
                r = add(sockets, config, "listen", &config->listen.items[i]);

        if (r == 0 && config->status_listen)
                r = add(sockets, config, "pm.status_listen",
                                &(Setting){
                                                .value = config->status_listen,
                                                .file = (char *) (uintptr_t) pool_config_file_of(
                                                                config, "pm.status_listen"),
                                                .line = pool_config_line_of(
                                                                config, "pm.status_listen"),
                                });

        return r;
}

/* Who put a link there would read what it leads to. */
static int hide_addresses(PoolSockets *sockets, size_t from) {
        for (size_t i = from; i < sockets->n_items; i++) {
                char *text = strdup("an address");

                if (!text)
                        return -ENOMEM;

                free(sockets->items[i].address);
                sockets->items[i].address = text;
        }

        return 0;
}

/* What is wrong in the file is passed over: its own check tells it. */
static int add_file(PoolSockets *sockets, const PoolFiles *files, const PoolFile *file) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        size_t n = sockets->n_items;
        int r;

        r = pool_files_load(&config, files, file, true, NULL, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        r = pool_sockets_add(sockets, config);
        return r < 0 || file_trust_may_quote(file->file) ? r : hide_addresses(sockets, n);
}

int pool_sockets_add_all(PoolSockets *sockets, const char *conf_dir) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        int r;

        r = pool_files_read(&files, conf_dir, NULL, NULL);
        for (size_t i = 0; r == 0 && i < files.n_items; i++)
                r = add_file(sockets, &files, &files.items[i]);

        return r == -ENOMEM ? r : 0;
}

typedef struct Check {
        const PoolSockets *sockets;
        const char *pool;
        ConfigReport report;
        void *userdata;
        unsigned n_reported;
} Check;

_printf_(3, 4) static void report_mistake(
                Check *check, const PoolSocket *socket, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *line = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);

        if (asprintf(&line, "%s: %s: %s", socket->place, socket->directive, text ? text : format) <
                        0)
                line = NULL;
        for (char *p = line; p && *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        *p = '?';

        check->n_reported++;
        if (check->report)
                check->report(check->userdata, LOG_ERR, line ? line : format);
}

/* Reports both files. Two addresses of one file are reported once, at the second one. */
static void check_pair(Check *check, const PoolSocket *socket, const PoolSocket *other) {
        bool is_own = strcmp(other->pool, check->pool) == 0;

        if (other == socket || (is_own && other > socket) ||
                        !address_key_clashes(&socket->key, &other->key))
                return;

        if (is_own)
                report_mistake(check, socket,
                                "%s and %s (%s) cannot both be opened; take one of them away",
                                socket->address, other->address, other->place);
        else
                report_mistake(check, socket,
                                "%s is an address of pool %s too (%s: %s); give each pool an address "
                                "of its own",
                                socket->address, other->pool, other->place, other->address);
}

/* Whether the socket would lie in the folder of that pool. */
static bool lies_in(const PoolSocket *socket, const char *pool) {
        const char *name = socket->key.path;
        size_t size;

        if (!name || strncmp(name, RUN_DIR, strlen(RUN_DIR)) != 0)
                return false;

        name += strlen(RUN_DIR);
        size = strcspn(name, "/");
        return strncmp(pool, name, size) == 0 && pool[size] == '\0';
}

static void check_own_place(Check *check, const PoolSocket *socket) {
        for (size_t i = 0; i < check->sockets->pools.n_items; i++) {
                const Setting *pool = &check->sockets->pools.items[i];

                if (lies_in(socket, pool->key))
                        report_mistake(check, socket,
                                        "%s lies in %s%s, the folder of pool %s (%s), which systemd "
                                        "removes when that pool stops; name another path",
                                        socket->address, RUN_DIR, pool->key, pool->key,
                                        pool->value);
        }
}

/* The other way round. */
static void check_own_folder(Check *check, const PoolSocket *socket) {
        if (lies_in(socket, check->pool))
                report_mistake(check, socket,
                                "%s of pool %s is the folder of pool %s, which systemd removes when that "
                                "pool stops; rename one of the pools, or name another path",
                                socket->address, socket->pool, check->pool);
}

static void check_path(Check *check, const PoolSocket *socket) {
        char why[SOCKET_PATH_WHY_MAX];

        if (*socket->address == '/' &&
                        socket_path_check(socket->address, why) == SOCKET_PATH_UNSAFE)
                report_mistake(check, socket, "%s: %s", socket->address, why);
}

unsigned pool_sockets_check(const PoolSockets *sockets, const char *pool, bool with_folders,
                ConfigReport report, void *userdata) {
        Check check = { .sockets = sockets, .pool = pool, .report = report, .userdata = userdata };

        for (size_t i = 0; i < sockets->n_items; i++) {
                const PoolSocket *socket = &sockets->items[i];

                if (strcmp(socket->pool, pool) != 0) {
                        check_own_folder(&check, socket);
                        continue;
                }

                check_own_place(&check, socket);
                for (size_t j = 0; j < sockets->n_items; j++)
                        check_pair(&check, socket, &sockets->items[j]);
                if (with_folders)
                        check_path(&check, socket);
        }

        return check.n_reported;
}
