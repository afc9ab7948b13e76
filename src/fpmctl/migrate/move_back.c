/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fpmctl/migrate/back_sockets.h"
#include "fpmctl/migrate/move.h"
#include "fpmctl/migrate/move_ports.h"
#include "fpmctl/migrate/move_units.h"
#include "fpmctl/migrate/socket_users.h"
#include "fpmctl/migrate/systemctl.h"

enum {
        DRAIN_MSEC = 5 * 1000,
        QUIET_MSEC = 200, /* whoever has found fpmd's socket before it was turned has connected by then */
};

typedef struct Back {
        const MoveUnit *unit;
        MovePorts *ports; /* of each pool: fpmd's, which are held while php-fpm starts */
        bool *is_passed; /* of each pool: php-fpm is given its sockets; else the pool is stopped before */
} Back;

static void back_done(Back *back) {
        for (size_t i = 0; back->ports && i < back->unit->n_pools; i++)
                move_ports_done(&back->ports[i]);

        free(back->ports);
        free(back->is_passed);
        *back = (Back){ .unit = back->unit };
}

/* The process that has the sockets of a pool: its manager, or systemd. */
static pid_t owner_of(const MovePool *pool) {
        _cleanup_free_ char *service = move_unit_name(pool->name, "service");
        pid_t pid = service ? move_main_pid(service) : 0;

        return pid > 0 ? pid : 1;
}

/* --- php-fpm is started beside fpmd --- */

static bool can_pass(const MovePool *pool) {
        for (size_t i = 0; i < pool->n_addresses; i++)
                if (move_is_unix(&pool->addresses[i]) &&
                                !back_sockets_can_pass(&pool->addresses[i]))
                        return false;

        return pool->n_addresses > 0;
}

/* -ENOENT: a pool that does not run, or that listens elsewhere by now, is in nobody's way. */
static int share(Back *back, size_t i) {
        int r;

        r = move_ports_add(&back->ports[i], &back->unit->pools[i], owner_of(&back->unit->pools[i]));
        return r < 0 ? r : move_ports_share(&back->ports[i]);
}

static int choose_passed(Back *back) {
        back->ports = calloc(back->unit->n_pools + 1, sizeof(*back->ports));
        back->is_passed = calloc(back->unit->n_pools + 1, sizeof(*back->is_passed));
        if (!back->ports || !back->is_passed)
                return -ENOMEM;

        for (size_t i = 0; i < back->unit->n_pools; i++) {
                const MovePool *pool = &back->unit->pools[i];
                int r = 0;

                back->is_passed[i] = can_pass(pool);
                if (back->is_passed[i])
                        r = share(back, i);
                if (r == 0)
                        continue;

                back->is_passed[i] = false;
                move_ports_done(&back->ports[i]);
                if (r != -ENOENT)
                        (void) move_complain(pool->name,
                                        "its port cannot be shared with php-fpm, so it will be closed for a moment",
                                        r);
        }

        return 0;
}

static int for_others(const Back *back, int (*run)(const MovePool *)) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < back->unit->n_pools; i++)
                if (!back->is_passed[i])
                        r = run(&back->unit->pools[i]);

        return r;
}

static int open_sockets(const Back *back) {
        BackSockets sockets = {};
        int r;

        r = back_sockets_new(&sockets, back->unit->name);
        for (size_t i = 0; r == 0 && i < back->unit->n_pools; i++)
                if (back->is_passed[i])
                        r = back_sockets_add(&sockets, &back->unit->pools[i], &back->ports[i]);
        if (r == 0)
                r = back_sockets_write(&sockets);
        if (r == 0)
                r = systemctl("daemon-reload", NULL);
        if (r == 0 && back_sockets_are_there(back->unit->name))
                r = systemctl("start", sockets.socket_unit, NULL);
        for (size_t i = 0; r == 0 && i < back->unit->n_pools; i++)
                if (back->is_passed[i])
                        r = back_sockets_give(&back->unit->pools[i]);

        back_sockets_done(&sockets);
        return r;
}

static void close_sockets(const char *unit) {
        _cleanup_free_ char *sockets = back_sockets_unit(unit);

        (void) systemctl_remove_dropin(unit, MOVE_PHP_FPM_DROPIN);
        if (sockets && back_sockets_are_there(unit)) {
                (void) systemctl("stop", sockets, NULL);
                (void) systemctl_remove_unit(sockets);
        }
        (void) systemctl("daemon-reload", NULL);
}

/* Where this fails, fpmd serves as before. */
static int start_php_fpm(const MoveUnit *unit) {
        _cleanup_(back_done) Back back = { .unit = unit };
        int r;

        r = move_end_php_fpm(unit->name); /* what a move has left of it that was killed */
        if (r == 0)
                r = choose_passed(&back);
        if (r == 0)
                r = open_sockets(&back);
        if (r == 0)
                r = for_others(&back, move_stop_pool);
        if (r == 0)
                r = systemctl("start", unit->name, NULL);
        if (r < 0) {
                close_sockets(unit->name);
                (void) for_others(&back, move_start_pool);
        }

        return r;
}

/* --- it is given the clients --- */

/* One step for a client that connects. Where there is no such socket the path is php-fpm's already: the move there has
 * not come to it, or a way back has that was killed. */
static int turn_path(const char *path) {
        _cleanup_free_ char *from = move_php_fpm_path(path);
        struct stat st;

        if (!from)
                return -ENOMEM;
        if (lstat(from, &st) < 0 || !S_ISSOCK(st.st_mode))
                return 0;

        return rename(from, path) < 0 ? -errno : 0;
}

/* Of two sockets at a port php-fpm's is the second one if it was started for this, and the first one after a move there
 * that has not come to its end. */
static int turn_back(const MoveUnit *unit) {
        bool is_second = back_sockets_are_there(unit->name);
        pid_t master = move_main_pid(unit->name);

        for (size_t i = 0; i < unit->n_pools; i++) {
                const MovePool *pool = &unit->pools[i];
                _cleanup_(move_ports_done) MovePorts ports = {};

                (void) move_ports_add(&ports, pool, master);
                move_ports_choose(&ports, is_second ? 1 : 0);

                for (size_t j = 0; j < pool->n_addresses; j++) {
                        const MoveAddress *address = &pool->addresses[j];
                        int r = move_is_unix(address) ? turn_path(address->text) : 0;

                        if (r < 0)
                                return move_complain(pool->name, address->text, r);
                }
        }

        return 0;
}

/* --- the pools are ended --- */

/* fpmd's socket is bound to PATH.fpmd, or after a boot to PATH; php-fpm's is not. */
static bool has_queue(const MoveUnit *unit, const MovePorts *ports) {
        for (size_t i = 0; i < unit->n_pools; i++)
                for (size_t j = 0; j < unit->pools[i].n_addresses; j++) {
                        const MoveAddress *address = &unit->pools[i].addresses[j];
                        _cleanup_free_ char *beside =
                                        move_is_unix(address) ? move_fpmd_path(address->text)
                                                              : NULL;

                        if (beside && (socket_has_queue(beside) || socket_has_queue(address->text)))
                                return true;
                }

        return move_ports_have_queue(ports);
}

static void wait_for_pools(const MoveUnit *unit) {
        _cleanup_(move_ports_done) MovePorts ports = {};
        unsigned quiet_msec = 0;

        for (size_t i = 0; i < unit->n_pools; i++)
                (void) move_ports_add(&ports, &unit->pools[i], owner_of(&unit->pools[i]));

        for (unsigned msec = 0; msec < DRAIN_MSEC && quiet_msec < QUIET_MSEC;
                        msec += MOVE_STEP_MSEC) {
                quiet_msec = has_queue(unit, &ports) ? 0 : quiet_msec + MOVE_STEP_MSEC;
                move_pause();
        }
}

/* What the move has made beside the path. */
static void forget_pool(const MovePool *pool) {
        _cleanup_free_ char *socket = move_unit_name(pool->name, "socket");

        if (socket)
                (void) systemctl_remove_dropin(socket, MOVE_DROPIN);
        move_forget_paths(pool, move_fpmd_path);
}

/* In this order one side has all pools at a boot, also when the power is cut between these: where both are enabled,
 * fpmd's sockets are opened first. */
static int end_pools(const MoveUnit *unit) {
        int r = 0;

        if (unit->was_enabled)
                r = systemctl("enable", "--no-reload", unit->name, NULL);
        if (r == 0)
                r = move_systemctl(unit, "disable", "--no-reload", "service");
        if (r == 0)
                r = move_systemctl(unit, "stop", NULL, "socket");
        if (r == 0)
                r = move_systemctl(unit, "stop", NULL, "service");

        for (size_t i = 0; r == 0 && i < unit->n_pools; i++)
                forget_pool(&unit->pools[i]);

        return r;
}

int move_to_php_fpm(const MoveUnit *unit) {
        int r;

        move_ports_raise_limit();

        /* It runs after a move there that has not come to its end, or one back. */
        r = move_is_active(unit->name) ? systemctl("start", unit->name, NULL) : start_php_fpm(unit);
        if (r == 0)
                r = turn_back(unit);
        if (r < 0)
                return r;

        printf("started %s\n", unit->name);
        wait_for_pools(unit);
        r = end_pools(unit);
        if (r == 0)
                close_sockets(unit->name);

        return r;
}
