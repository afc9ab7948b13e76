/* SPDX-License-Identifier: MIT */
#include "php/engine/php_stray.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/journal_socket.h"

enum {
        LINE_MAX_BYTES = 400,
        LINES_MAX = 20, /* a script that prints pages while it boots says enough with the first lines */
};

static struct {
        char line[LINE_MAX_BYTES + 1];
        size_t n;
        unsigned n_lines;
} stray;

static void end_line(void) {
        char escaped[4 * LINE_MAX_BYTES + 1];

        stray.line[stray.n] = '\0';
        if (stray.n > 0 && stray.n_lines < LINES_MAX) {
                stray.n_lines++;
                escape_string(escaped, sizeof(escaped), stray.line);
                stderr_line("<5>Printed while there is no request: %s\n", escaped);
        }
        stray.n = 0;
}

void php_stray_write(const char *data, size_t size) {
        for (size_t i = 0; i < size && stray.n_lines < LINES_MAX; i++) {
                if (data[i] != '\n')
                        stray.line[stray.n++] = data[i];
                if (data[i] == '\n' || stray.n == LINE_MAX_BYTES)
                        end_line();
        }
}

void php_stray_end(void) {
        end_line();
        stray.n_lines = 0;
}
