/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/value/address.h"
#include "fpmctl/migrate/listener.h"
#include "fpmctl/migrate/move_ports.h"
#include "fpmctl/migrate/move_units.h"
#include "fpmctl/migrate/socket_users.h"
#include "fpmctl/migrate/systemctl.h"

enum {
        DRAIN_MSEC = 30 * 1000,
        QUIET_MSEC = 200, /* whoever has found the old socket before it was turned has connected by then */
};

typedef struct Move {
        const MoveUnit *unit;
        pid_t master;    /* of php-fpm; 0: it does not run */
        bool *is_beside; /* of each pool: it can listen while php-fpm does */
} Move;

static void move_done(Move *move) {
        free(move->is_beside);
}

/* --- which pools can listen while php-fpm does --- */

static bool has_room(const MovePool *pool) {
        for (size_t i = 0; i < pool->n_addresses; i++)
                if (move_is_unix(&pool->addresses[i]) && !move_has_room(pool->addresses[i].text))
                        return false;

        return true;
}

static int share_ports(const Move *move, const MovePool *pool, MovePorts *ports) {
        int r;

        if (move->master == 0)
                return 0;

        r = move_ports_add(ports, pool, move->master);
        return r < 0 ? r : move_ports_share(ports);
}

static bool can_be_beside(const Move *move, const MovePool *pool) {
        _cleanup_(move_ports_done) MovePorts ports = {};
        int r;

        if (!has_room(pool))
                return false;

        r = share_ports(move, pool, &ports);
        if (r < 0)
                (void) move_complain(pool->name,
                                "its port cannot be shared with php-fpm, so it will be closed for a moment",
                                r);

        return r == 0;
}

/* --- the socket unit, until the next boot --- */

static void write_stream(FILE *out, const char *text) {
        char why[ADDRESS_WHY_MAX], stream[ADDRESS_STREAM_MAX];
        Address address;

        fputs("ListenStream=", out);
        if (address_parse(&address, text, why) == 0 && address.kind != ADDRESS_UNIX) {
                address_stream(&address, stream);
                fprintf(out, "%s\n", stream);
                return;
        }

        for (; *text; text++)
                fputs(*text == '%' ? "%%" : (char[]){ *text, '\0' }, out);
        fputs(MOVE_FPMD_SUFFIX "\n", out);
}

static int write_moved(const MovePool *pool) {
        _cleanup_free_ char *text = NULL, *unit = move_unit_name(pool->name, "socket");
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out || !unit)
                return -ENOMEM;

        fputs("# Made by fpmctl migrate, until the next boot: the path of the pool is a link to this one, and\n"
              "# php-fpm shares its port until it has left.\n"
              "[Socket]\nReusePort=yes\nEnvironment=FPMD_SOCKET_SUFFIX=" MOVE_FPMD_SUFFIX
              "\nListenStream=\n",
                        out);
        for (size_t i = 0; i < pool->n_addresses; i++)
                write_stream(out, pool->addresses[i].text);
        if (fclose(out) != 0)
                return -ENOMEM;

        return systemctl_write_dropin(unit, MOVE_DROPIN, text);
}

static int prepare(Move *move) {
        int r = 0;

        move->is_beside = calloc(move->unit->n_pools + 1, sizeof(bool));
        if (!move->is_beside)
                return -ENOMEM;

        for (size_t i = 0; r == 0 && i < move->unit->n_pools; i++) {
                move->is_beside[i] = can_be_beside(move, &move->unit->pools[i]);
                if (move->is_beside[i])
                        r = write_moved(&move->unit->pools[i]);
        }

        return r < 0 ? r : systemctl("daemon-reload", NULL);
}

/* --- one pool after the other --- */

static bool is_link_to(const char *path, const char *target) {
        char buffer[128];
        ssize_t n;

        n = readlink(path, buffer, sizeof(buffer));
        return n == (ssize_t) strlen(target) && memcmp(buffer, target, (size_t) n) == 0;
}

/* One step for a client that connects: before it the path leads to php-fpm, after it to fpmd. php-fpm's socket keeps a
 * name, by which it can be brought back. */
static int turn_path(const char *path) {
        _cleanup_free_ char *fpmd = move_fpmd_path(path), *link = move_php_fpm_path(path);
        const char *target = fpmd ? strrchr(fpmd, '/') + 1 : NULL;

        if (!fpmd || !link)
                return -ENOMEM;
        if (is_link_to(path, target))
                return 0;

        (void) unlink(link);
        if (symlink(target, link) < 0)
                return -errno;
        if (renameat2(AT_FDCWD, link, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
                return 0;

        /* There is no socket yet, or the file system knows no exchange. */
        return rename(link, path) < 0 ? -errno : 0;
}

static int move_pool(const Move *move, const MovePool *pool) {
        _cleanup_(move_ports_done) MovePorts ports = {};
        int r;

        r = share_ports(move, pool, &ports);
        if (r == 0)
                r = move_start_pool(pool);
        if (r < 0)
                return move_complain(pool->name, "does not start; php-fpm goes on serving it", r);

        move_ports_choose(&ports, 1);
        for (size_t i = 0; i < pool->n_addresses; i++) {
                r = move_is_unix(&pool->addresses[i]) ? turn_path(pool->addresses[i].text) : 0;
                if (r < 0)
                        return move_complain(pool->name, pool->addresses[i].text, r);
        }

        printf("moved %s\n", pool->name);
        return 0;
}

static int move_pools(const Move *move) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < move->unit->n_pools; i++)
                if (move->is_beside[i])
                        r = move_pool(move, &move->unit->pools[i]);

        return r;
}

/* --- php-fpm --- */

/* It has bound the path as it is written; or it has the one beside it from systemd, after a way back. */
static bool has_users_at(const MoveAddress *address) {
        _cleanup_free_ char *beside =
                        move_is_unix(address) ? move_php_fpm_path(address->text) : NULL;

        return beside && (socket_has_users(address->php_fpm) || socket_has_users(beside));
}

static bool has_users(const Move *move, const MovePorts *ports) {
        for (size_t i = 0; i < move->unit->n_pools; i++)
                for (size_t j = 0; j < move->unit->pools[i].n_addresses; j++)
                        if (has_users_at(&move->unit->pools[i].addresses[j]))
                                return true;

        return move_ports_have_queue(ports);
}

/* Nobody new comes to php-fpm any more: what is there is served and done with. */
static void wait_for_php_fpm(const Move *move) {
        _cleanup_(move_ports_done) MovePorts ports = {};
        unsigned quiet_msec = 0;

        for (size_t i = 0; i < move->unit->n_pools; i++)
                if (move->is_beside[i])
                        (void) move_ports_add(&ports, &move->unit->pools[i], move->master);

        for (unsigned msec = 0; msec < DRAIN_MSEC; msec += MOVE_STEP_MSEC) {
                if (quiet_msec >= QUIET_MSEC)
                        return;
                quiet_msec = has_users(move, &ports) ? 0 : quiet_msec + MOVE_STEP_MSEC;
                move_pause();
        }

        fputs("fpmctl: requests of php-fpm still run after 30 s; it is told to finish them\n",
                        stderr);
}

static void forget_choice(const MovePool *pool) {
        _cleanup_(move_ports_done) MovePorts ports = {};
        _cleanup_free_ char *service = move_unit_name(pool->name, "service");

        if (service)
                (void) move_ports_add(&ports, pool, move_main_pid(service));
        for (size_t i = 0; i < ports.n; i++)
                listener_unchoose(ports.fds[i]);
}

/* What is left to do when the pools serve. In this order one side has all pools at a boot, also when the power is cut
 * between these: fpmd's sockets are opened first. */
static int finish(const MoveUnit *unit) {
        int r;

        r = move_systemctl(unit, "enable", "--no-reload", "service");
        for (size_t i = 0; i < unit->n_pools; i++) {
                move_forget_paths(&unit->pools[i], move_php_fpm_path);
                forget_choice(&unit->pools[i]);
        }

        (void) systemctl_remove_dropin(unit->name, MOVE_PHP_FPM_DROPIN);
        (void) systemctl("reset-failed", unit->name, NULL);
        return r < 0 ? r : systemctl("disable", unit->name, NULL); /* reloads, too */
}

static int move_others(const Move *move) {
        int r = 0;

        for (size_t i = 0; i < move->unit->n_pools; i++) {
                const MovePool *pool = &move->unit->pools[i];

                if (move->is_beside[i])
                        continue;
                if (move_start_pool(pool) < 0)
                        r = move_complain(pool->name, "does not start", -EIO);
                else
                        printf("moved %s, which was closed for that moment\n", pool->name);
        }

        return r;
}

int move_to_fpmd(const MoveUnit *unit) {
        _cleanup_(move_done) Move move = { .unit = unit, .master = move_main_pid(unit->name) };
        int r = 0;

        move_ports_raise_limit();

        /* Workers whose master a move has killed, which was killed then. */
        if (move.master == 0)
                r = move_end_php_fpm(unit->name);
        if (r == 0)
                r = prepare(&move);
        if (r == 0)
                r = move_pools(&move);
        if (r < 0)
                return r;

        if (move.master > 0)
                wait_for_php_fpm(&move);
        r = move.master > 0 ? move_end_php_fpm(unit->name) : 0;
        if (r < 0)
                return r;

        printf("ended %s\n", unit->name);
        r = move_others(&move);
        return finish(unit) < 0 ? -EIO : r;
}
