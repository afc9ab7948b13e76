/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/fd.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/pools/program.h"

#define SYSTEMCTL "/usr/bin/systemctl"

enum { WORDS_MAX = 16 };

/* words ends with NULL; about is what a message speaks of. */
static int run(const char *const words[], const char *verb, const char *about) {
        _cleanup_free_ char *output = NULL;
        char escaped[4096];
        int status;

        status = program_run(words, &output);
        if (status == 0)
                return 0;

        escape_string(escaped, sizeof(escaped), output ? output : strerror(-status));
        fprintf(stderr, "fpmctl: systemctl %s %s: %s\n", verb, about, escaped);
        return -EIO;
}

int systemctl(const char *word, ...) {
        const char *words[WORDS_MAX] = { SYSTEMCTL, "--no-pager", word };
        size_t n = 3;
        va_list more;

        va_start(more, word);
        while (n < WORDS_MAX - 1 && (words[n] = va_arg(more, const char *)))
                n++;
        va_end(more);
        words[n] = NULL;

        return run(words, word, n > 3 ? words[n - 1] : "");
}

int systemctl_units(const char *verb, const char *option, char *const units[]) {
        _cleanup_free_ const char **words = NULL;
        size_t n = 0, first = option ? 4 : 3;

        while (units[n])
                n++;
        if (n == 0)
                return 0;

        words = calloc(first + n + 1, sizeof(*words));
        if (!words)
                return -ENOMEM;

        words[0] = SYSTEMCTL;
        words[1] = "--no-pager";
        words[2] = verb;
        if (option)
                words[3] = option;
        memcpy(words + first, units, n * sizeof(*words));
        return run(words, verb, n == 1 ? units[0] : "");
}

char *systemctl_property(const char *unit, const char *property) {
        const char *words[] = { SYSTEMCTL, "show", "-P", property, unit, NULL };
        char *output = NULL;

        if (program_run(words, &output) != 0) {
                free(output);
                return NULL;
        }

        for (char *p = output; *p; p++)
                if (*p == '\n')
                        *p = p[1] ? ' ' : '\0';
        return output;
}

bool systemctl_is_enabled(const char *unit) {
        _cleanup_free_ char *output = NULL;

        return program_run((const char *const[]){ SYSTEMCTL, "--quiet", "is-enabled", unit, NULL },
                               &output) == 0;
}

static const char FOLDER[] = "/run/systemd/system";

static int make_folder(const char *path) {
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int systemctl_write_unit(const char *unit, const char *text) {
        _cleanup_free_ char *path = migrate_file_path(FOLDER, unit);
        int r = path ? make_folder(FOLDER) : -ENOMEM;

        return r < 0 ? r : fd_replace_file(AT_FDCWD, path, text, 0644);
}

int systemctl_remove_unit(const char *unit) {
        _cleanup_free_ char *path = migrate_file_path(FOLDER, unit);

        if (!path)
                return -ENOMEM;

        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static char *dropin_folder(const char *unit) {
        char *path;

        return asprintf(&path, "%s/%s.d", FOLDER, unit) < 0 ? NULL : path;
}

int systemctl_write_dropin(const char *unit, const char *name, const char *text) {
        _cleanup_free_ char *dir = dropin_folder(unit),
                            *path = dir ? migrate_file_path(dir, name) : NULL;
        int r = path ? make_folder(FOLDER) : -ENOMEM;

        if (r == 0)
                r = make_folder(dir);

        return r < 0 ? r : fd_replace_file(AT_FDCWD, path, text, 0644);
}

int systemctl_remove_dropin(const char *unit, const char *name) {
        _cleanup_free_ char *dir = dropin_folder(unit),
                            *path = dir ? migrate_file_path(dir, name) : NULL;

        if (!path)
                return -ENOMEM;
        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;

        (void) rmdir(dir);
        return 0;
}
