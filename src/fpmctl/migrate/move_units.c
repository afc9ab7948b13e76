/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/move_units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fpmctl/migrate/processes.h"
#include "fpmctl/migrate/systemctl.h"

enum {
        DIE_MSEC = 5 * 1000,
        FINISH_MSEC = 90 * 1000,
};

/* --- names --- */

bool move_is_unix(const MoveAddress *address) {
        return *address->text == '/';
}

bool move_has_room(const char *path) {
        return strlen(path) + strlen(MOVE_PHP_FPM_SUFFIX) <
               sizeof(((struct sockaddr_un *) NULL)->sun_path);
}

static char *join(const char *path, const char *suffix) {
        char *text;

        return asprintf(&text, "%s%s", path, suffix) < 0 ? NULL : text;
}

char *move_fpmd_path(const char *path) {
        return join(path, MOVE_FPMD_SUFFIX);
}

char *move_php_fpm_path(const char *path) {
        return join(path, MOVE_PHP_FPM_SUFFIX);
}

char *move_unit_name(const char *pool, const char *type) {
        char *unit;

        return asprintf(&unit, "fpmd@%s.%s", pool, type) < 0 ? NULL : unit;
}

void move_forget_paths(const MovePool *pool, char *(*beside)(const char *path)) {
        for (size_t i = 0; i < pool->n_addresses; i++) {
                const MoveAddress *address = &pool->addresses[i];
                _cleanup_free_ char *path = move_is_unix(address) ? beside(address->text) : NULL;

                if (path)
                        (void) unlink(path);
        }
}

void move_pause(void) {
        nanosleep(&(struct timespec){ .tv_nsec = MOVE_STEP_MSEC * 1000000L }, NULL);
}

int move_complain(const char *pool, const char *what, int error) {
        fprintf(stderr, "fpmctl: pool %s: %s: %s\n", pool, what, strerror(-error));
        return error;
}

/* --- units --- */

pid_t move_main_pid(const char *unit) {
        _cleanup_free_ char *pid = systemctl_property(unit, "MainPID");

        return pid ? atoi(pid) : 0;
}

static bool state_is(const char *unit, const char *const states[], size_t n) {
        _cleanup_free_ char *state = systemctl_property(unit, "ActiveState");

        for (size_t i = 0; state && i < n; i++)
                if (strcmp(state, states[i]) == 0)
                        return true;

        return false;
}

bool move_is_active(const char *unit) {
        static const char *const states[] = { "active", "activating", "reloading" };

        return state_is(unit, states, ELEMENTSOF(states));
}

int move_systemctl(const MoveUnit *unit, const char *verb, const char *option, const char *type) {
        char **units = calloc(unit->n_pools + 1, sizeof(*units));
        size_t n = 0;
        int r;

        while (units && n < unit->n_pools && (units[n] = move_unit_name(unit->pools[n].name, type)))
                n++;

        r = units && n == unit->n_pools ? systemctl_units(verb, option, units) : -ENOMEM;
        for (size_t i = 0; i < n; i++)
                free(units[i]);
        free(units);
        return r;
}

int move_start_pool(const MovePool *pool) {
        _cleanup_free_ char *socket = move_unit_name(pool->name, "socket"),
                            *service = move_unit_name(pool->name, "service");
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

int move_stop_pool(const MovePool *pool) {
        _cleanup_free_ char *socket = move_unit_name(pool->name, "socket"),
                            *service = move_unit_name(pool->name, "service");

        return socket && service ? systemctl("stop", socket, service, NULL) : -ENOMEM;
}

/* --- the end of php-fpm --- */

static void wait_until_dead(const char *unit) {
        static const char *const states[] = { "active", "activating", "reloading", "deactivating" };

        for (unsigned msec = 0; msec < DIE_MSEC; msec += MOVE_STEP_MSEC) {
                if (!state_is(unit, states, ELEMENTSOF(states)))
                        return;
                move_pause();
        }
}

static int kill_master(const char *unit) {
        int r;

        r = systemctl_write_dropin(unit, MOVE_PHP_FPM_DROPIN,
                        "[Service]\nKillMode=process\nRestart=no\nSendSIGKILL=no\n");
        if (r == 0)
                r = systemctl("daemon-reload", NULL);
        if (r == 0)
                r = systemctl("kill", "--kill-who=main", "--signal=KILL", unit, NULL);
        if (r == 0)
                wait_until_dead(unit);

        return r;
}

static void wait_until_left(const ProcessList *list) {
        for (unsigned msec = 0; msec < FINISH_MSEC && process_list_lives(list);
                        msec += MOVE_STEP_MSEC)
                move_pause();
}

/* The master first: it would remove the paths. Its workers finish what they have, and hold their sockets until then. So
 * do the workers that a move has left which was killed here. The second look finds those that the master has made
 * meanwhile; some versions of systemd do not say then where they are. */
int move_end_php_fpm(const char *unit) {
        ProcessList before = {}, after = {};
        pid_t master = move_main_pid(unit);
        int r;

        process_list_php_fpm(&before, unit);
        r = master > 0 ? kill_master(unit) : 0;
        if (r == 0) {
                process_list_php_fpm(&after, unit);
                if (process_list_lives(&after) || process_list_lives(&before))
                        (void) systemctl("kill", "--kill-who=all", "--signal=QUIT", unit, NULL);
                wait_until_left(&after);
                wait_until_left(&before);
        }

        process_list_done(&before);
        process_list_done(&after);
        return r;
}
