/* SPDX-License-Identifier: MIT */
#include "php/engine/php_ini_check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/ini_files.h"

/* Exported by libphp, declared by no header. */
extern char *php_ini_opened_path;
extern char *php_ini_scanned_files; /* "a.ini,\nb.ini\n" */

/* How PHP begins what it says about an ini file while it starts, and what about settings that are in none. */
#define PREFIX "PHP:  "
#define IN_NO_FILE " in Unknown on line "

static char complaint[240];
static FILE *real_stderr, *own_stderr;

static ssize_t listen_to(void *userdata, const char *data, size_t size) {
        const size_t skip = strlen(PREFIX);
        ssize_t n;

        (void) userdata;
        if (real_stderr && data && *complaint == '\0' && size > skip &&
                        memcmp(data, PREFIX, skip) == 0 &&
                        !memmem(data, size, IN_NO_FILE, strlen(IN_NO_FILE)))
                snprintf(complaint, sizeof(complaint), "%.*s", (int) (strnlen(data, size) - skip),
                                data + skip);
        complaint[strcspn(complaint, "\n")] = '\0';

        n = write(STDERR_FILENO, data, size);
        return n < 0 ? 0 : n;
}

void php_ini_check_begin(void) {
        FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = listen_to });

        if (!f)
                return;

        (void) setvbuf(f, NULL, _IOLBF, 0);
        real_stderr = stderr;
        stderr = own_stderr = f;
}

void php_ini_check_end(void) {
        if (!real_stderr)
                return;

        /* It stays open, without a buffer: a library that PHP has loaded may have kept this pointer. */
        (void) fflush(own_stderr);
        (void) setvbuf(own_stderr, NULL, _IONBF, 0);
        stderr = real_stderr;
        real_stderr = NULL;
}

static unsigned count_lines(const char *text) {
        unsigned n = 0;

        for (; text && (text = strchr(text, '\n')); text++)
                n++;

        return n;
}

/* Where the one in a folder cannot be read PHP looks for one elsewhere. */
static bool has_read_main(const PoolConfig *config) {
        _cleanup_free_ char *path = ini_files_path(config);
        size_t n = path ? strlen(path) : 0;

        if (!path)
                return true;

        return php_ini_opened_path && strncmp(php_ini_opened_path, path, n) == 0 &&
               (php_ini_opened_path[n] == '\0' || strcmp(php_ini_opened_path + n, "/php.ini") == 0);
}

static bool has_read_all(const PoolConfig *config) {
        return has_read_main(config) &&
               count_lines(php_ini_scanned_files) >= ini_files_count_scanned(config);
}

/* Which file it is that PHP has not read, and whether it should have, is told by opening them once more. */
bool php_ini_check_read(const PoolConfig *config, char *reason, size_t size) {
        return has_read_all(config) || !ini_files_check(config, reason, size);
}

const char *php_ini_check_complaint(void) {
        return complaint;
}
