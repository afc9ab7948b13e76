/* SPDX-License-Identifier: MIT */
#include "manager/requests/slow_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Behind "[0x…] ", or line itself. */
static const char *without_address(const char *line, size_t n) {
        const char *end;

        if (n < 3 || strncmp(line, "[0x", 3) != 0)
                return line;

        end = memchr(line, ']', n);
        return end && end + 1 < line + n && end[1] == ' ' ? end + 2 : line;
}

static bool is_main(const char *line, size_t n) {
        const char *call = without_address(line, n);

        return strncmp(call, "{main}() ", 9) == 0;
}

static const char *next_line(const char *line, size_t n) {
        return line + n + (line[n] == '\n');
}

char *slow_format_stack(const char *stack) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;

        for (const char *line = stack; *line;) {
                size_t n = strcspn(line, "\n");
                const char *call = without_address(line, n);

                fprintf(f, "%s%.*s", line == stack ? "" : "\n", (int) (line + n - call), call);
                line = next_line(line, n);
        }
        if (fclose(f) == 0)
                return text;

        free(text);
        return NULL;
}

char *slow_format_file(const SlowEntry *entry, const struct tm *at) {
        char *text = NULL, time[32];
        unsigned n_written = 0;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;

        strftime(time, sizeof(time), "%d-%b-%Y %H:%M:%S", at);
        fprintf(f, "\n[%s]  [pool %s] pid %d\nscript_filename = %s\n", time, entry->pool,
                        entry->pid, entry->script);
        for (const char *line = entry->stack; *line;) {
                size_t n = strcspn(line, "\n");

                if (line[0] == '[' && (n_written == 0 || !is_main(line, n))) {
                        fprintf(f, "%.*s\n", (int) n, line);
                        n_written++;
                }
                line = next_line(line, n);
        }
        if (entry->error < 0)
                fputs("+++ dump failed\n", f);
        if (fclose(f) == 0)
                return text;

        free(text);
        return NULL;
}
