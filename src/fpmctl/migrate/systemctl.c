/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
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

int systemctl(const char *word, ...) {
        const char *words[WORDS_MAX] = { SYSTEMCTL, "--no-pager", word };
        _cleanup_free_ char *output = NULL;
        char escaped[4096];
        size_t n = 3;
        va_list more;
        int status;

        va_start(more, word);
        while (n < WORDS_MAX - 1 && (words[n] = va_arg(more, const char *)))
                n++;
        va_end(more);
        words[n] = NULL;

        status = program_run(words, &output);
        if (status == 0)
                return 0;

        escape_string(escaped, sizeof(escaped), output ? output : strerror(-status));
        fprintf(stderr, "fpmctl: systemctl %s %s: %s\n", word, n > 3 ? words[n - 1] : "", escaped);
        return -EIO;
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

static char *dropin_path(const char *unit, const char *name) {
        char *path;

        return asprintf(&path, "/run/systemd/system/%s.d%s%s", unit, name ? "/" : "",
                               name ? name : "") < 0
                               ? NULL
                               : path;
}

int systemctl_write_dropin(const char *unit, const char *name, const char *text) {
        _cleanup_free_ char *dir = dropin_path(unit, NULL), *path = dropin_path(unit, name);

        if (!dir || !path)
                return -ENOMEM;
        if (mkdir("/run/systemd/system", 0755) < 0 && errno != EEXIST)
                return -errno;
        if (mkdir(dir, 0755) < 0 && errno != EEXIST)
                return -errno;

        return fd_replace_file(AT_FDCWD, path, text, 0644);
}

int systemctl_remove_dropin(const char *unit, const char *name) {
        _cleanup_free_ char *dir = dropin_path(unit, NULL), *path = dropin_path(unit, name);

        if (!dir || !path)
                return -ENOMEM;
        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;

        (void) rmdir(dir);
        return 0;
}
