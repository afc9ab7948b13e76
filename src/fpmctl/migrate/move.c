/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/move_internal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fpmctl/migrate/socket_users.h"
#include "fpmctl/migrate/systemctl.h"

static const char SUFFIX[] = ".fpmd";

enum {
        DRAIN_MSEC = 30 * 1000,
        FINISH_MSEC = 90 * 1000,
};

bool move_is_unix(const char *address) {
        return *address == '/';
}

/* Whether each address is a path, with room for the one beside it. */
static bool can_turn(const MovePool *pool) {
        size_t room = sizeof(((struct sockaddr_un *) NULL)->sun_path);

        for (size_t i = 0; i < pool->n_addresses; i++)
                if (!move_is_unix(pool->addresses[i]) ||
                                strlen(pool->addresses[i]) + strlen(SUFFIX) >= room)
                        return false;

        return pool->n_addresses > 0;
}

/* Where the new listener is opened: beside the path, so that a container that has its folder has both. */
char *move_beside(const char *path) {
        char *text;

        return asprintf(&text, "%s%s", path, SUFFIX) < 0 ? NULL : text;
}

char *move_unit(const char *pool, const char *type) {
        char *unit;

        return asprintf(&unit, "fpmd@%s.%s", pool, type) < 0 ? NULL : unit;
}

void move_pause(void) {
        nanosleep(&(struct timespec){ .tv_nsec = MOVE_STEP_MSEC * 1000000L }, NULL);
}

int move_complain(const char *pool, const char *what, int error) {
        fprintf(stderr, "fpmctl: pool %s: %s: %s\n", pool, what, strerror(-error));
        return error;
}

/* --- to fpmd --- */

static int write_moved(const MovePool *pool) {
        _cleanup_free_ char *text = NULL, *unit = move_unit(pool->name, "socket");
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out || !unit)
                return -ENOMEM;

        fputs("# Made by fpmctl migrate, until the next boot: the path of the pool is a link to this one.\n"
              "[Socket]\nListenStream=\n",
                        out);
        fprintf(out, "Environment=FPMD_SOCKET_SUFFIX=%s\n", SUFFIX);
        for (size_t i = 0; i < pool->n_addresses; i++) {
                _cleanup_free_ char *path = move_beside(pool->addresses[i]);

                fputs("ListenStream=", out);
                for (const char *p = path; p && *p; p++)
                        fputs(*p == '%' ? "%%" : (char[]){ *p, '\0' }, out);
                fputc('\n', out);
        }
        if (fclose(out) != 0)
                return -ENOMEM;

        return systemctl_write_dropin(unit, MOVE_DROPIN, text);
}

/* One step for a client that connects: before it the path leads to php-fpm, after it to fpmd. */
static int turn_path(const char *path) {
        _cleanup_free_ char *target = move_beside(path), *link = NULL;

        if (!target || asprintf(&link, "%s.link", target) < 0)
                return -ENOMEM;

        (void) unlink(link);
        if (symlink(strrchr(target, '/') + 1, link) < 0)
                return -errno;

        return rename(link, path) < 0 ? -errno : 0;
}

static int start_pool(const MovePool *pool) {
        _cleanup_free_ char *socket = move_unit(pool->name, "socket"),
                            *service = move_unit(pool->name, "service");
        int r;

        if (!socket || !service)
                return -ENOMEM;

        r = systemctl("start", socket, NULL);
        if (r == 0)
                r = systemctl("start", service, NULL);
        if (r < 0)
                (void) systemctl("stop", service, socket, NULL);

        return r;
}

static int move_pool(const MovePool *pool) {
        int r;

        r = start_pool(pool);
        if (r < 0)
                return move_complain(pool->name, "does not start; php-fpm goes on serving it", r);

        for (size_t i = 0; i < pool->n_addresses; i++) {
                r = turn_path(pool->addresses[i]);
                if (r < 0)
                        return move_complain(pool->name, pool->addresses[i], r);
        }

        printf("moved %s\n", pool->name);
        return 0;
}

static int move_unix_pools(const MovePool *pools, size_t n) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++)
                if (can_turn(&pools[i]))
                        r = write_moved(&pools[i]);
        if (r == 0)
                r = systemctl("daemon-reload", NULL);
        for (size_t i = 0; r == 0 && i < n; i++)
                if (can_turn(&pools[i]))
                        r = move_pool(&pools[i]);

        return r;
}

/* Nobody connects to php-fpm by a path any more: what is there is served and done with. */
static void wait_for_php_fpm(const MovePool *pools, size_t n) {
        for (unsigned msec = 0; msec < DRAIN_MSEC; msec += MOVE_STEP_MSEC) {
                bool any = false;

                for (size_t i = 0; i < n && !any; i++)
                        for (size_t j = 0; j < pools[i].n_addresses && !any; j++)
                                any = move_is_unix(pools[i].addresses[j]) &&
                                      socket_has_users(pools[i].addresses[j]);
                if (!any)
                        return;
                move_pause();
        }

        fputs("fpmctl: requests of php-fpm still run after 30 s; it is told to finish them\n",
                        stderr);
}

bool move_is_active(const char *unit) {
        _cleanup_free_ char *state = systemctl_property(unit, "ActiveState");

        return state && strcmp(state, "active") == 0;
}

static void wait_until_dead(const char *unit) {
        for (unsigned msec = 0; msec < 5000; msec += MOVE_STEP_MSEC) {
                _cleanup_free_ char *state = systemctl_property(unit, "ActiveState");

                if (state && strcmp(state, "active") != 0 && strcmp(state, "deactivating") != 0)
                        return;
                move_pause();
        }
}

/* The master first: it would remove the paths. Its workers finish what they have, and hold their sockets until then. */
int move_end_php_fpm(const char *unit) {
        _cleanup_free_ char *main_pid = systemctl_property(unit, "MainPID");
        ProcessList workers = {};
        int r;

        r = systemctl_write_dropin(unit, MOVE_PHP_FPM_DROPIN,
                        "[Service]\nKillMode=process\nRestart=no\nSendSIGKILL=no\n");
        if (r == 0)
                r = systemctl("daemon-reload", NULL);
        if (r < 0)
                return r;

        if (main_pid)
                process_list_children(&workers, atoi(main_pid));
        r = systemctl("kill", "--kill-who=main", "--signal=KILL", unit, NULL);
        if (r == 0)
                wait_until_dead(unit);
        if (r == 0 && process_list_lives(&workers))
                (void) systemctl("kill", "--kill-who=all", "--signal=QUIT", unit, NULL);
        for (unsigned msec = 0; msec < FINISH_MSEC && process_list_lives(&workers);
                        msec += MOVE_STEP_MSEC)
                move_pause();

        process_list_done(&workers);
        return r;
}

/* What is left to do when the pools serve. */
static int forget_php_fpm(const char *unit) {
        (void) systemctl_remove_dropin(unit, MOVE_PHP_FPM_DROPIN);
        (void) systemctl("reset-failed", unit, NULL);
        return systemctl("disable", unit, NULL); /* reloads, too */
}

static int enable(const MovePool *pools, size_t n) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++) {
                _cleanup_free_ char *service = move_unit(pools[i].name, "service");

                r = service ? systemctl("enable", "--no-reload", service, NULL) : -ENOMEM;
        }

        return r;
}

static int move_others(const MovePool *pools, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n; i++) {
                if (can_turn(&pools[i]))
                        continue;
                if (start_pool(&pools[i]) < 0)
                        r = move_complain(pools[i].name, "does not start", -EIO);
                else
                        printf("moved %s, which was closed for that moment\n", pools[i].name);
        }

        return r;
}

int move_to_fpmd(const MovePool *pools, size_t n_pools, const char *unit) {
        int r;

        r = move_unix_pools(pools, n_pools);
        if (r < 0)
                return r;

        wait_for_php_fpm(pools, n_pools);
        r = move_is_active(unit) ? move_end_php_fpm(unit) : 0;
        if (r < 0)
                return r;

        printf("ended %s\n", unit);
        r = move_others(pools, n_pools);
        if (enable(pools, n_pools) < 0 || forget_php_fpm(unit) < 0)
                r = -EIO;
        return r;
}
