/* SPDX-License-Identifier: MIT */
/* fpmctl remove: ends a pool, and takes away what is left of it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/escape.h"
#include "config/pool_files.h"
#include "contract/rotation.h"
#include "fpmctl/command.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/systemctl.h"
#include "fpmctl/pools/pools.h"

/* The file of a pool that stands there alone. Returns EXIT_SUCCESS and the path, or NULL where the pool has no file. */
static int find_file(const Invocation *in, const char *pool, char **ret) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        const PoolFile *file;
        int r;

        *ret = NULL;
        r = pool_files_read(&files, in->conf_dir, NULL, NULL);
        if (r < 0)
                return complain(EX_NOPERM, "cannot read %s: %s", in->conf_dir, strerror(-r));

        file = pool_files_find(&files, pool);
        if (!file)
                return EXIT_SUCCESS;

        for (size_t i = 0; i < files.n_items; i++)
                if (&files.items[i] != file && strcmp(files.items[i].file, file->file) == 0)
                        return complain(EX_CONFIG,
                                        "%s: the file has the pool %s, too: take the section [%s] out of it, and "
                                        "run this again",
                                        file->place, files.items[i].name, pool);

        *ret = strdup(file->file);
        return *ret ? EXIT_SUCCESS : complain_memory();
}

static bool has_units(const char *pool) {
        _cleanup_(pools_done) Pools pools = {};

        if (pools_find(&pools, NULL, POOLS_WITH_UNITS) < 0)
                return false;

        for (size_t i = 0; i < pools.n_items; i++)
                if (strcmp(pools.items[i].name, pool) == 0)
                        return true;

        return false;
}

/* Of the sockets that the unit has: "/run/x.sock (Stream)". What is no socket any more is not ours. */
static void remove_sockets(const char *listen) {
        _cleanup_free_ char *copy = strdup(listen);
        char *rest = copy;

        for (char *word; rest && (word = strsep(&rest, " "));) {
                struct stat st;

                if (*word == '/' && lstat(word, &st) == 0 && S_ISSOCK(st.st_mode) &&
                                unlink(word) == 0)
                        say("removed %s", word);
        }
}

/* systemd complains of a unit that is not loaded any more. */
static void forget_failure(const char *unit) {
        _cleanup_free_ char *state = systemctl_property(unit, "ActiveState");

        if (state && strcmp(state, "failed") == 0)
                (void) systemctl("reset-failed", unit, NULL);
}

static int end_units(const char *pool) {
        _cleanup_free_ char *socket = NULL, *service = NULL, *listen = NULL;
        int r;

        if (asprintf(&socket, "fpmd@%s.socket", pool) < 0 ||
                        asprintf(&service, "fpmd@%s.service", pool) < 0)
                return complain_memory();

        listen = systemctl_property(socket, "Listen");
        r = systemctl("disable", "--no-reload", socket, service, NULL);
        if (r == 0)
                r = systemctl("stop", socket, service, NULL);
        if (r < 0)
                return EXIT_FAILURE;

        (void) systemctl_remove_dropin(socket, "90-moved.conf");
        forget_failure(socket);
        forget_failure(service);
        (void) systemctl("clean", "--what=cache", service, NULL);
        (void) rotation_enter(pool);
        say("ended %s", service);
        if (listen)
                remove_sockets(listen);

        return EXIT_SUCCESS;
}

/* Under a name that nobody reads: what somebody has written is not lost by one word. */
static int put_away(const char *file) {
        _cleanup_free_ char *kept = NULL;
        int r;

        r = migrate_file_put_away(file, "removed", &kept);
        if (r < 0)
                return complain(EX_IOERR, "cannot rename %s: %s", file, strerror(-r));

        say("renamed %s to %s", file, kept);
        return EXIT_SUCCESS;
}

int command_remove(const Invocation *in) {
        const char *pool = in->arguments[0];
        _cleanup_free_ char *file = NULL;
        int status;

        if (geteuid() != 0)
                return complain(EX_NOPERM, "only root can remove a pool");

        status = find_file(in, pool, &file);
        if (status != EXIT_SUCCESS)
                return status;
        if (!file && !has_units(pool))
                return complain_no_pool(in->conf_dir, pool);

        status = end_units(pool);
        if (status == EXIT_SUCCESS && file)
                status = put_away(file);
        if (status == EXIT_SUCCESS && systemctl("daemon-reload", NULL) < 0)
                status = EXIT_FAILURE;

        return status;
}
