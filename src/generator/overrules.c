/* SPDX-License-Identifier: MIT */
#include "generator/overrules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

enum {
        UNIT_BYTES_MAX = 64 * 1024,
};

static const char TEMPLATE[] = "fpmd@.socket", PREFIX[] = "fpmd@", SUFFIX[] = ".socket";
static const char FOLDER_UNIT[] = "fpmd-folder";

/* What an administrator or another program writes, what comes before the files of generators, and packages, whose
 * folders also have what is ours. */
static const struct {
        const char *path;
        bool is_of_packages;
} folders[] = {
        { "/etc/systemd/system.control", false },
        { "/run/systemd/system.control", false },
        { "/run/systemd/transient", false },
        { "/run/systemd/generator.early", false },
        { "/etc/systemd/system", false },
        { "/etc/systemd/system.attached", false },
        { "/run/systemd/system", false },
        { "/run/systemd/system.attached", false },
        { "/usr/local/lib/systemd/system", true },
        { "/usr/lib/systemd/system", true },
};

static bool begins_with(const char *text, const char *prefix) {
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_of_sockets(const char *name) {
        return strcmp(name, "socket.d") == 0 || begins_with(name, FOLDER_UNIT) ||
               (begins_with(name, PREFIX) && strstr(name, SUFFIX));
}

static bool is_ours(const char *name) {
        return strcmp(name, TEMPLATE) == 0 || strcmp(name, "fpmd-folder.service") == 0;
}

/* A unit itself, not the folder of its drop-ins. */
static bool is_unit_of_socket(const char *name) {
        size_t size = strlen(name);

        return begins_with(name, PREFIX) && size > strlen(SUFFIX) &&
               strcmp(name + size - strlen(SUFFIX), SUFFIX) == 0;
}

static bool is_masked(int folder_fd, const char *name) {
        char target[sizeof("/dev/null")];

        return readlinkat(folder_fd, name, target, sizeof(target)) == strlen("/dev/null") &&
               memcmp(target, "/dev/null", strlen("/dev/null")) == 0;
}

static bool is_key(const char *line, const char *key) {
        line += strspn(line, " \t");
        if (!begins_with(line, key))
                return false;

        line += strlen(key);
        return line[strspn(line, " \t")] == '=';
}

static bool has_owner(int folder_fd, const char *name) {
        _cleanup_close_ int fd =
                        openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        char text[UNIT_BYTES_MAX];
        ssize_t n;

        if (fd < 0)
                return true;

        n = read(fd, text, sizeof(text));
        if (n < 0 || n == sizeof(text))
                return true;

        text[n] = '\0';
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (is_key(line, "SocketUser") || is_key(line, "SocketGroup"))
                        return true;
        }

        return false;
}

static int add_pool(Overrules *overrules, const char *name) {
        size_t size = strlen(name) - strlen(PREFIX) - strlen(SUFFIX);
        char **pools = reallocarray(overrules->pools, overrules->n_pools + 1, sizeof(char *));

        if (!pools)
                return -ENOMEM;

        overrules->pools = pools;
        pools[overrules->n_pools] = strndup(name + strlen(PREFIX), size);
        if (!pools[overrules->n_pools])
                return -ENOMEM;

        overrules->n_pools++;
        return 0;
}

static int add_entry(Overrules *overrules, int folder_fd, const char *name) {
        if (is_masked(folder_fd, name))
                return 0;

        overrules->any = true;
        if (!is_unit_of_socket(name) || !has_owner(folder_fd, name))
                return 0;
        if (strcmp(name, TEMPLATE) != 0)
                return add_pool(overrules, name);

        overrules->template_has_owner = true;
        return 0;
}

static int read_folder(Overrules *overrules, const char *path, bool is_of_packages) {
        DIR *dir = opendir(path);
        const struct dirent *entry;
        int r = 0;

        if (!dir) {
                if (errno != ENOENT && errno != ENOTDIR)
                        overrules->any = overrules->template_has_owner = true;
                return 0;
        }

        while (r >= 0 && (entry = readdir(dir)))
                if (is_of_sockets(entry->d_name) && !(is_of_packages && is_ours(entry->d_name)))
                        r = add_entry(overrules, dirfd(dir), entry->d_name);

        closedir(dir);
        return r;
}

int overrules_read(Overrules *ret, const char *root) {
        *ret = (Overrules){};

        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                _cleanup_free_ char *path = NULL;
                int r;

                if (asprintf(&path, "%s%s", root, folders[i].path) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }

                r = read_folder(ret, path, folders[i].is_of_packages);
                if (r < 0)
                        return r;
        }

        return 0;
}

void overrules_done(Overrules *overrules) {
        for (size_t i = 0; i < overrules->n_pools; i++)
                free(overrules->pools[i]);

        free(overrules->pools);
        *overrules = (Overrules){};
}
