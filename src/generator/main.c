/* SPDX-License-Identifier: MIT */
/* fpmd-generator: makes a drop-in for the socket unit of each pool file that speaks of its socket.
 *
 * Runs in: systemd, as root, at boot and at every daemon-reload. So: no network, no user database,
 * no journal, and one bad file must not stop the others. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/address.h"
#include "generator/unit.h"

#ifndef FPMD_CONF_DIR
#define FPMD_CONF_DIR "/etc/fpmd/conf.d"
#endif

static const char SUFFIX[] = ".conf";

typedef struct Generator {
        const char *conf_dir;
        const char *setfacl;
        int unit_dir_fd;
        int kmsg_fd;
        SettingList taken; /* addresses so far; the key is the pool's name */
        bool failed;
} Generator;

/* The journal may not run yet. SYSTEMD_SCOPE tells that systemd started us, and then standard error
 * leads nowhere; by hand it is where people look. */
static void say(void *userdata, int priority, const char *line) {
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

        say(generator, LOG_ERR, line ? line : what);
}

static int write_unit(
                const Generator *generator, const char *dir, const char *path, const char *text) {
        _cleanup_close_ int fd = -EBADF;

        if (mkdirat(generator->unit_dir_fd, dir, 0755) < 0 && errno != EEXIST)
                return -errno;

        fd = openat(generator->unit_dir_fd, path,
                        O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;

        return fd_write_all(fd, text, strlen(text));
}

static const char *taken_by(const Generator *generator, const char *address) {
        for (size_t i = 0; i < generator->taken.n_items; i++)
                if (address_is_same(generator->taken.items[i].value, address))
                        return generator->taken.items[i].key;

        return NULL;
}

/* Says which other pool file wants the same address, for systemd would unlink a unix socket that
 * another pool listens on. Both keep it all the same: which of them is enabled is not ours to know,
 * and a www.conf copied for a trial must not take the address away from the real one. */
static int note_addresses(Generator *generator, const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++) {
                const Setting *setting = &config->listen.items[i];
                const char *owner = taken_by(generator, setting->value);
                _cleanup_free_ char *line = NULL;
                int r;

                if (owner && asprintf(&line,
                                             "%s:%u: listen: %s is an address of pool %s too, only "
                                             "one of them can be started",
                                             setting->file, setting->line, setting->value,
                                             owner) >= 0)
                        say(generator, LOG_WARNING, line);

                r = setting_list_add(&generator->taken,
                                &(Setting){ .key = config->name, .value = setting->value });
                if (r < 0)
                        return r;
        }

        return 0;
}

static int generate(Generator *generator, const char *name, const char *file) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *text = NULL, *dir = NULL, *path = NULL;
        UnitReport report = { .report = say, .userdata = generator };
        int r;

        /* What is wrong with the file was said, and is not for our exit status. */
        if (pool_config_load_listen(&config, name, file, say, generator) < 0)
                return 0;

        r = note_addresses(generator, config);
        if (r < 0)
                return r;

        r = unit_socket_dropin(config, generator->setfacl, &report, &text);
        if (r < 0 || !text)
                return r;

        if (asprintf(&dir, "fpmd@%s.socket.d", name) < 0)
                return -ENOMEM;
        if (asprintf(&path, "%s/50-pool-file.conf", dir) < 0)
                return -ENOMEM;

        return write_unit(generator, dir, path, text);
}

static void generate_for(Generator *generator, const char *entry) {
        size_t size = strlen(entry) - strlen(SUFFIX);
        _cleanup_free_ char *name = strndup(entry, size), *file = NULL;
        int r = -ENOMEM;

        if (name && asprintf(&file, "%s/%s", generator->conf_dir, entry) >= 0)
                r = generate(generator, name, file);
        if (r < 0)
                fail(generator, "make the socket's drop-in", entry, r);
}

static int is_pool_file(const struct dirent *entry) {
        size_t size = strlen(entry->d_name);

        return entry->d_name[0] != '.' && size > strlen(SUFFIX) &&
               strcmp(entry->d_name + size - strlen(SUFFIX), SUFFIX) == 0;
}

static void generate_all(Generator *generator) {
        struct dirent **entries;
        int n;

        n = scandir(generator->conf_dir, &entries, is_pool_file, alphasort);
        if (n < 0 && errno != ENOENT)
                fail(generator, "read the folder", generator->conf_dir, -errno);
        if (n < 0)
                return;

        for (int i = 0; i < n; i++) {
                generate_for(generator, entries[i]->d_name);
                free(entries[i]);
        }

        free(entries);
}

static const char *find_setfacl(void) {
        static const char *const paths[] = { "/usr/bin/setfacl", "/bin/setfacl" };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                if (access(paths[i], X_OK) == 0)
                        return paths[i];

        return NULL;
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

        generator.setfacl = find_setfacl();
        generator.unit_dir_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (generator.unit_dir_fd < 0)
                fail(&generator, "open the folder", argv[1], -errno);
        else
                generate_all(&generator);

        setting_list_done(&generator.taken);
        fd_close(generator.unit_dir_fd);
        fd_close(generator.kmsg_fd);
        return generator.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
