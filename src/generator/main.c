/* SPDX-License-Identifier: MIT */
/* fpmd-generator: makes a drop-in for the socket unit of each pool file that speaks of its socket, and for the service
 * of each that names folders.
 *
 * Runs in: systemd, as root, at boot and at every daemon-reload. So: no network, no user database, no journal, and one
 * bad file must not stop the others. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/pool_files.h"
#include "generator/names.h"
#include "generator/overrules.h"
#include "generator/run_folder.h"
#include "generator/unit.h"
#include "listen/pool_sockets.h"
#include "listen/socket_path.h"

#ifndef FPMD_CONF_DIR
#define FPMD_CONF_DIR "/etc/fpmd/conf.d"
#endif

/* The names of most drop-ins, and of those that come first. */
static const char POOL_FILE[] = "50-pool-file.conf", OWNER[] = "0-owner.conf";

typedef struct Generator {
        const char *conf_dir;
        int unit_dir_fd;
        int kmsg_fd;
        PoolConfig **configs; /* as far as they concern units */
        size_t n_configs;
        PoolSockets sockets;
        Names names;
        Overrules overrules;
        gid_t folder_group; /* of /run/fpmd; 0: its sockets get owner and group one by one */
        bool failed;
} Generator;

/* The journal may not run yet. SYSTEMD_SCOPE tells that systemd started us, and then standard error
 * leads nowhere; by hand it is where people look. */
static void generator_report(void *userdata, int priority, const char *line) {
        const Generator *generator = userdata;

        fprintf(stderr, "fpmd-generator: %s\n", line);
        if (generator->kmsg_fd >= 0)
                (void) dprintf(generator->kmsg_fd, "<%d>fpmd-generator[%d]: %s\n",
                                LOG_DAEMON | priority, (int) getpid(), line);
}

/* A failure of ours, not of a pool file: systemd is told by the exit status. */
static void fail(Generator *generator, const char *what, const char *path, int error) {
        _cleanup_free_ char *line = NULL;

        generator->failed = true;
        if (asprintf(&line, "%s: cannot %s: %s", path, what, strerror(-error)) < 0)
                line = NULL;

        generator_report(generator, LOG_ERR, line ? line : what);
}

static int write_dropin(const Generator *generator, const char *name, const char *type,
                const char *file, const char *text) {
        _cleanup_free_ char *dir = NULL, *path = NULL;

        if (asprintf(&dir, "fpmd@%s.%s.d", name, type) < 0)
                return -ENOMEM;
        if (asprintf(&path, "%s/%s", dir, file) < 0)
                return -ENOMEM;
        if (mkdirat(generator->unit_dir_fd, dir, 0755) < 0 && errno != EEXIST)
                return -errno;

        return fd_replace_file(generator->unit_dir_fd, path, text, 0644);
}

static int write_mounts(const Generator *generator, const PoolConfig *config) {
        _cleanup_free_ char *target = NULL, *dropin = NULL, *path = NULL;
        int r;

        r = unit_mounts(config, &target, &dropin);
        if (r < 0 || !target)
                return r;

        if (asprintf(&path, "fpmd-mounts@%s.target", config->name) < 0)
                return -ENOMEM;

        r = fd_replace_file(generator->unit_dir_fd, path, target, 0644);
        return r < 0 ? r : write_dropin(generator, config->name, "service", POOL_FILE, dropin);
}

static bool lacks_folder(const char *path) {
        _cleanup_free_ char *folder = strndup(path, (size_t) (strrchr(path, '/') - path));

        return !folder || (*folder && access(folder, F_OK) < 0);
}

/* Also a folder that is missing so early, such as one of a mount or of tmpfiles, and may be anybody's later. The one of
 * fpmd's sockets is root's. */
static bool may_be_owned(const char *address) {
        char why[SOCKET_PATH_WHY_MAX];

        return *address == '/' &&
               (socket_path_check(address, why) == SOCKET_PATH_OWNED ||
                               (lacks_folder(address) && !run_folder_has_path(address)));
}

static UnitFacts facts_of(Generator *generator, const PoolConfig *config) {
        UnitFacts facts = {
                .is_refused = pool_sockets_check(&generator->sockets, config->name, true,
                                              generator_report, generator) > 0,
                .has_late_names = !names_have_users(&generator->names, config->listen_owner) ||
                                  !names_have_users(&generator->names, config->listen_acl_users) ||
                                  !names_have_groups(&generator->names, config->listen_group) ||
                                  !names_have_groups(&generator->names, config->listen_acl_groups),
                .has_default_owner = generator->folder_group == 0,
                .inherits_group = generator->folder_group > 0 &&
                                  run_folder_gives(config, &generator->names,
                                                  generator->folder_group),
        };

        for (size_t i = 0; i < config->listen.n_items; i++)
                if (may_be_owned(config->listen.items[i].value))
                        facts.is_owned = true;
        if (config->status_listen && may_be_owned(config->status_listen))
                facts.is_owned = true;

        return facts;
}

/* Units with processes are what makes one slice of many units expensive. */
static bool has_slice(const Generator *generator, bool socket_has_processes) {
        return generator->n_configs >
               (size_t) (socket_has_processes ? UNIT_SLICE_POOLS : UNIT_SLICE_QUIET_POOLS);
}

/* One file for all that is said of the socket: systemd reads those of each pool at every daemon-reload. */
static int write_socket_dropin(
                const Generator *generator, const char *name, const char *text, bool in_slice) {
        _cleanup_free_ char *slice = NULL, *both = NULL;
        int r;

        r = in_slice ? unit_slice(name, "Socket", &slice) : 0;
        if (r < 0 || (!text && !slice))
                return r;

        if (asprintf(&both, "%s%s", slice ? slice : "", text ? text : "") < 0) {
                both = NULL;
                return -ENOMEM;
        }

        return write_dropin(generator, name, "socket", POOL_FILE, both);
}

/* Before the other drop-ins of the service: a pool file may name another slice (systemd.Slice). */
static int write_service_slice(const Generator *generator, const char *name) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = unit_slice(name, "Service", &text);
        return r < 0 ? r : write_dropin(generator, name, "service", "40-slice.conf", text);
}

static int write_socket(Generator *generator, const PoolConfig *config) {
        UnitReport report = { .report = generator_report, .userdata = generator };
        UnitFacts facts = facts_of(generator, config);
        _cleanup_free_ char *text = NULL;
        bool has_processes;
        int r;

        r = unit_socket_dropin(config, &facts, &report, &text);
        if (r < 0)
                return r;

        has_processes = unit_socket_has_processes(text, facts.has_default_owner);
        if (has_slice(generator, has_processes))
                r = write_service_slice(generator, config->name);
        if (r < 0)
                return r;

        return write_socket_dropin(
                        generator, config->name, text, has_processes && has_slice(generator, true));
}

/* Before what the pool file says of units, and before what an administrator takes away (hardened.conf). */
static int write_rights(const Generator *generator, const PoolConfig *config) {
        for (UnitRight right = 0; right < _UNIT_RIGHT_MAX; right++) {
                _cleanup_free_ char *text = NULL;
                int r;

                r = unit_right(config, right, &text);
                if (r >= 0 && text)
                        r = write_dropin(generator, config->name, "service", unit_right_file(right),
                                        text);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Behind 50-pool-file.conf, which says what the service waits for. */
static int write_settings(const Generator *generator, const PoolConfig *config) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = unit_settings(config, &text);
        if (r < 0 || !text)
                return r;

        return write_dropin(generator, config->name, "service", "60-pool-settings.conf", text);
}

/* For all pools. */
static int write_labels(const Generator *generator) {
        if (access("/sys/fs/selinux/enforce", F_OK) < 0 &&
                        access("/sys/fs/smackfs/load2", F_OK) < 0)
                return 0;

        return write_dropin(generator, "", "service", "05-labels.conf", unit_labels());
}

/* Where PHP looks for it. */
static bool has_set_user_id_mail(void) {
        static const char *const programs[] = { "/usr/sbin/sendmail", "/usr/lib/sendmail" };

        for (size_t i = 0; i < ELEMENTSOF(programs); i++) {
                struct stat st;

                if (stat(programs[i], &st) >= 0 && st.st_uid == 0 && (st.st_mode & S_ISUID))
                        return true;
        }

        return false;
}

static int write_mail(const Generator *generator) {
        return has_set_user_id_mail()
                               ? write_dropin(generator, "", "service", "05-mail.conf", unit_mail())
                               : 0;
}

static void generate(Generator *generator, const PoolConfig *config) {
        int r;

        r = write_socket(generator, config);
        if (r < 0)
                fail(generator, "make the drop-in of the socket", config->file, r);

        r = write_mounts(generator, config);
        if (r < 0)
                fail(generator, "make the target of its mounts", config->file, r);

        r = write_rights(generator, config);
        if (r < 0)
                fail(generator, "make the drop-ins of its rights", config->file, r);

        r = write_settings(generator, config);
        if (r < 0)
                fail(generator, "make the drop-in of the service", config->file, r);
}

static int load(Generator *generator, const PoolFiles *files, const PoolFile *file) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;

        /* What is wrong with the file was said, and is not for our exit status. */
        if (pool_files_load(&config, files, file, true, generator_report, generator) < 0)
                return 0;

        generator->configs[generator->n_configs++] = config;
        return pool_sockets_add(&generator->sockets, TAKE_PTR(config));
}

static void load_all(Generator *generator, const PoolFiles *files) {
        generator->configs = calloc(files->n_items + 1, sizeof(PoolConfig *));
        for (size_t i = 0; generator->configs && i < files->n_items; i++) {
                int r;

                r = load(generator, files, &files->items[i]);
                if (r < 0)
                        fail(generator, "read it", files->items[i].file, r);
        }
}

/* Before all other files: those of pools and of an administrator take precedence. Where the unit of one pool says who
 * owns the socket, a file of that name for the pool alone stands in the place of that for all. */
static int write_owners(const Generator *generator) {
        const Overrules *overrules = &generator->overrules;
        int r;

        if (generator->folder_group != 0 || overrules->template_has_owner)
                return 0;

        r = write_dropin(generator, "", "socket", OWNER, unit_socket_owner());
        for (size_t i = 0; i < overrules->n_pools && r >= 0; i++)
                r = write_dropin(generator, overrules->pools[i], "socket", OWNER,
                                unit_socket_owner_of_unit());

        return r;
}

/* Under both names. */
static int write_folder(const Generator *generator) {
        char name[RUN_FOLDER_UNIT_MAX];
        _cleanup_free_ char *text = NULL;
        int r;

        run_folder_unit_name(name, generator->folder_group);
        r = run_folder_unit(generator->folder_group, run_folder_group_now(), &text);
        if (r >= 0)
                r = fd_replace_file(generator->unit_dir_fd, name, text, 0644);
        if (r < 0)
                return r;

        (void) unlinkat(generator->unit_dir_fd, RUN_FOLDER_UNIT, 0);
        return symlinkat(name, generator->unit_dir_fd, RUN_FOLDER_UNIT) < 0 ? -errno : 0;
}

/* Before the sockets, which are told what it is. */
static void decide_folder(Generator *generator) {
        int r = overrules_read(&generator->overrules, "");

        if (r < 0)
                fail(generator, "look for units of sockets", "/etc/systemd/system", r);
        else if (!generator->overrules.any)
                generator->folder_group = run_folder_group(
                                generator->configs, generator->n_configs, &generator->names);

        r = write_folder(generator);
        if (r < 0) {
                generator->folder_group = 0;
                fail(generator, "make the unit of the folder", "/run/fpmd", r);
        }

        r = write_owners(generator);
        if (r < 0)
                fail(generator, "make the drop-in of the owner of sockets", generator->conf_dir, r);
}

/* All files are read before the first unit is written: each pool is compared with each other. */
static void generate_all(Generator *generator) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        int r;

        r = pool_files_read(&files, generator->conf_dir, generator_report, generator);
        if (r < 0) {
                fail(generator, "read the folder", generator->conf_dir, r);
                return;
        }

        r = write_labels(generator);
        if (r >= 0)
                r = write_mail(generator);
        if (r < 0)
                fail(generator, "make the drop-ins of all services", generator->conf_dir, r);

        names_read(&generator->names);
        load_all(generator, &files);
        decide_folder(generator);
        for (size_t i = 0; i < generator->n_configs; i++)
                generate(generator, generator->configs[i]);
}

static void generator_done(Generator *generator) {
        for (size_t i = 0; i < generator->n_configs; i++)
                pool_config_free(generator->configs[i]);

        free(generator->configs);
        pool_sockets_done(&generator->sockets);
        names_done(&generator->names);
        overrules_done(&generator->overrules);
        fd_close(generator->unit_dir_fd);
        fd_close(generator->kmsg_fd);
}

int main(int argc, char *argv[]) {
        Generator generator = { .conf_dir = FPMD_CONF_DIR, .kmsg_fd = -EBADF };

        if (argc != 4 && argc != 5) {
                fprintf(stderr, "Usage: fpmd-generator NORMAL-DIR EARLY-DIR LATE-DIR [CONF-DIR]\n");
                return EXIT_FAILURE;
        }

        umask(0022);
        if (argc == 5)
                generator.conf_dir = argv[4];
        if (getenv("SYSTEMD_SCOPE"))
                generator.kmsg_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);

        generator.unit_dir_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (generator.unit_dir_fd < 0)
                fail(&generator, "open the folder", argv[1], -errno);
        else
                generate_all(&generator);

        generator_done(&generator);
        return generator.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
