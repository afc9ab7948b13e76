/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/move_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fpmctl/migrate/socket_users.h"
#include "fpmctl/migrate/systemctl.h"

static char *folder_of(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash == path ? NULL : strndup(path, (size_t) (slash - path));
}

/* Whether php-fpm can be shown another folder in the place of the sockets' one. Not of those in which it finds systemd,
 * its logs or its temporary files. */
static bool is_folder_of_sockets(const char *folder) {
        static const char *const others[] = { "/run", "/var/run", "/tmp", "/var/tmp", "/var",
                "/var/lib", "/srv", "/home", "/etc" };

        for (size_t i = 0; folder && i < ELEMENTSOF(others); i++)
                if (strcmp(folder, others[i]) == 0)
                        return false;

        return folder && strchr(folder + 1, '/');
}

/* The i-th folder of all sockets without links, so that /var/run/php and /run/php are one. NULL: it is not there. */
static char *real_folder(const MovePool *pool, size_t i) {
        _cleanup_free_ char *folder = folder_of(pool->addresses[i]);

        return folder ? realpath(folder, NULL) : NULL;
}

/* A file cannot be renamed out of a mount. */
static bool is_mount(const char *folder) {
        _cleanup_free_ char *parent = folder ? folder_of(folder) : NULL;
        struct stat st, parent_st;

        return !parent || stat(folder, &st) < 0 || stat(parent, &parent_st) < 0 ||
               st.st_dev != parent_st.st_dev;
}

static bool can_turn_back(const MovePool *pool) {
        for (size_t i = 0; i < pool->n_addresses; i++) {
                _cleanup_free_ char *folder =
                                move_is_unix(pool->addresses[i]) ? real_folder(pool, i) : NULL;

                if (!is_folder_of_sockets(folder) || is_mount(folder))
                        return false;
        }

        return pool->n_addresses > 0;
}

static char *back_folder(const char *folder) {
        char *path;

        return asprintf(&path, "%s.fpmd-back", folder) < 0 ? NULL : path;
}

static bool is_in(char *const *list, size_t n, const char *text) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(list[i], text) == 0)
                        return true;

        return false;
}

/* New: all folders of sockets, each once, and NULL behind them. */
static char **list_folders(const MovePool *pools, size_t n_pools) {
        size_t n_all = 1, n = 0;
        char **list;

        for (size_t i = 0; i < n_pools; i++)
                n_all += pools[i].n_addresses;

        list = calloc(n_all, sizeof(*list));
        for (size_t i = 0; list && i < n_pools; i++)
                for (size_t j = 0; can_turn_back(&pools[i]) && j < pools[i].n_addresses; j++) {
                        char *folder = real_folder(&pools[i], j);

                        if (folder && !is_in(list, n, folder))
                                list[n++] = folder;
                        else
                                free(folder);
                }

        return list;
}

static int bind_folder(FILE *out, const char *folder) {
        _cleanup_free_ char *back = back_folder(folder);

        if (!back)
                return -ENOMEM;
        if (mkdir(back, 0755) < 0 && errno != EEXIST)
                return -errno;

        /* A colon in quotes would be one of the path. */
        fprintf(out, "BindPaths=\"%s\":\"%s\"\n", back, folder);
        return 0;
}

/* For php-fpm the folder of each socket is another one: there it opens its sockets beside those that are served. */
static int write_back(const MovePool *pools, size_t n, const char *unit) {
        _cleanup_free_ char *text = NULL;
        char **folders = list_folders(pools, n);
        size_t size;
        FILE *out = open_memstream(&text, &size);
        int r = folders && out ? 0 : -ENOMEM;

        if (out)
                fputs("[Service]\n", out);
        for (size_t i = 0; folders && folders[i]; i++) {
                if (r == 0)
                        r = bind_folder(out, folders[i]);
                free(folders[i]);
        }
        free(folders);
        if (out && fclose(out) != 0)
                r = -ENOMEM;

        return r < 0 ? r : systemctl_write_dropin(unit, MOVE_PHP_FPM_DROPIN, text);
}

static int turn_back(const MovePool *pool) {
        for (size_t i = 0; i < pool->n_addresses; i++) {
                const char *path = pool->addresses[i];
                _cleanup_free_ char *folder = real_folder(pool, i),
                                    *back = folder ? back_folder(folder) : NULL, *from = NULL;

                if (!back || asprintf(&from, "%s%s", back, strrchr(path, '/')) < 0)
                        return -ENOMEM;
                if (rename(from, path) < 0)
                        return move_complain(pool->name, path, -errno);
        }

        return 0;
}

static int stop_pool(const MovePool *pool) {
        _cleanup_free_ char *socket = move_unit(pool->name, "socket"),
                            *service = move_unit(pool->name, "service");
        int r;

        if (!socket || !service)
                return -ENOMEM;

        for (size_t i = 0; i < pool->n_addresses; i++) {
                _cleanup_free_ char *path = move_is_unix(pool->addresses[i])
                                                            ? move_beside(pool->addresses[i])
                                                            : NULL;

                for (unsigned msec = 0; path && msec < 5000 && socket_has_queue(path);
                                msec += MOVE_STEP_MSEC)
                        move_pause();
        }

        r = systemctl("disable", "--no-reload", service, NULL);
        if (r == 0)
                r = systemctl("stop", socket, service, NULL);

        (void) systemctl_remove_dropin(socket, MOVE_DROPIN);
        for (size_t i = 0; i < pool->n_addresses; i++) {
                _cleanup_free_ char *path = move_is_unix(pool->addresses[i])
                                                            ? move_beside(pool->addresses[i])
                                                            : NULL;

                if (path)
                        (void) unlink(path);
        }

        return r;
}

static int stop_pools(const MovePool *pools, size_t n, bool turnable) {
        int r = 0;

        for (size_t i = 0; i < n; i++)
                if (can_turn_back(&pools[i]) == turnable && stop_pool(&pools[i]) < 0)
                        r = -EIO;

        return r;
}

int move_to_php_fpm(const MovePool *pools, size_t n_pools, const char *unit) {
        int r = 0;

        /* After a move that has stopped half-way its sockets have no names any more. */
        if (move_is_active(unit))
                r = move_end_php_fpm(unit);
        if (r == 0)
                r = write_back(pools, n_pools, unit);
        if (r == 0)
                r = systemctl("daemon-reload", NULL);
        if (r == 0)
                r = stop_pools(pools, n_pools, false);
        if (r == 0)
                r = systemctl("start", unit, NULL);
        for (size_t i = 0; r == 0 && i < n_pools; i++)
                r = can_turn_back(&pools[i]) ? turn_back(&pools[i]) : 0;

        (void) systemctl_remove_dropin(unit, MOVE_PHP_FPM_DROPIN);
        if (r < 0)
                return r;

        printf("started %s\n", unit);
        /* Whoever has found the path before it was turned has connected by now. */
        nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000000L }, NULL);
        r = stop_pools(pools, n_pools, true);
        return systemctl("daemon-reload", NULL) < 0 ? -EIO : r;
}
