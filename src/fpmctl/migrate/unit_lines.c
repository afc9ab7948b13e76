/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/unit_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/systemctl.h"

static int add(UnitLines *lines, const char *file, unsigned number, const char *key,
                const char *value) {
        MigrateUnitLine *grown = reallocarray(lines->items, lines->n_items + 1, sizeof(*grown)),
                        line = {};

        if (!grown)
                return -ENOMEM;

        lines->items = grown;
        if (asprintf(&line.place, "%s:%u", file, number) < 0)
                line.place = NULL;
        line.key = strdup(key);
        line.value = strdup(value);
        line.mode = migrate_file_mode(file);
        grown[lines->n_items++] = line;
        return line.place && line.key && line.value ? 0 : -ENOMEM;
}

/* A line that goes on in the next one is left to the report: its value ends with a backslash, which fits nowhere. */
static int read_file(UnitLines *lines, const char *file) {
        _cleanup_free_ char *text = migrate_file_read(file);
        bool matters = false;
        unsigned number = 0;
        char *rest = text;
        int r = text || errno == ENOENT ? 0 : -errno;

        for (char *line; r == 0 && rest && (line = strsep(&rest, "\n"));) {
                char *equals;

                number++;
                line += strspn(line, " \t");
                if (*line == '[')
                        matters = strncmp(line, "[Service]", 9) == 0 ||
                                  strncmp(line, "[Unit]", 6) == 0;
                equals = strchr(line, '=');
                if (!matters || !equals || *line == '#' || *line == ';' || *line == '[')
                        continue;

                *equals++ = '\0';
                line[strcspn(line, " \t")] = '\0';
                r = add(lines, file, number, line, equals + strspn(equals, " \t"));
        }

        return r;
}

/* Cuts off the next path as systemctl writes it: one with a blank is between quotes, with a backslash before some
 * characters. NULL: there is none. */
static char *next_path(char **rest) {
        char *path = *rest + strspn(*rest, " "), *in = path, *out = path;
        bool is_quoted = *path == '"';

        if (*path == '\0')
                return NULL;

        for (in += is_quoted; *in && *in != (is_quoted ? '"' : ' '); *out++ = *in++)
                in += is_quoted && *in == '\\' && in[1];

        *rest = *in ? in + 1 : in;
        *out = '\0';
        return path;
}

int unit_lines_read(UnitLines *ret, const char *unit) {
        _cleanup_free_ char *files = systemctl_property(unit, "DropInPaths");
        char *rest = files;
        int r = 0;

        for (const char *file; r == 0 && rest && (file = next_path(&rest));)
                r = read_file(ret, file);

        return r;
}

void unit_lines_done(UnitLines *lines) {
        for (size_t i = 0; i < lines->n_items; i++) {
                free(lines->items[i].place);
                free(lines->items[i].key);
                free(lines->items[i].value);
        }

        free(lines->items);
        *lines = (UnitLines){};
}
