/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/escape.h"
#include "fpmctl/command.h"
#include "fpmctl/migrate/file.h"

int migrate_print_problems(const MigrateSource *source) {
        for (size_t i = 0; i < source->n_problems; i++) {
                char escaped[4096];
                char *rest = source->problems[i];

                for (const char *line; (line = strsep(&rest, "\n"));)
                        if (*line) {
                                escape_string(escaped, sizeof(escaped), line);
                                fprintf(stderr, "%s\n", escaped);
                        }
        }

        return complain(EX_CONFIG, "nothing was written: %zu thing%s not understood",
                        source->n_problems, source->n_problems == 1 ? " is" : "s are");
}

int migrate_print_report(const MigratePlan *plan) {
        static const TableColumn columns[] = {
                { "WHERE IT STANDS", false },
                { "WHAT", false },
                { "WHERE IT LIVES NOW", false },
        };
        _cleanup_(table_freep) Table *table = NULL;

        if (table_new(&table, columns, ELEMENTSOF(columns)) < 0)
                return complain_memory();

        for (size_t i = 0; i < plan->n_rows; i++) {
                const MigrateRow *row = &plan->rows[i];

                table_cell(table, TABLE_PLAIN, "%s", row->place);
                table_cell(table, TABLE_PLAIN, "%s", row->what);
                table_cell(table, TABLE_PLAIN, "%s", row->now);
        }

        return print_table(table);
}

/* Somebody else has written the files, and this may come to root's terminal. */
static void print_lines(const char *text, char sign) {
        size_t size = 4 * strlen(text) + 1;
        _cleanup_free_ char *escaped = malloc(size);

        if (!escaped)
                return;

        escape_string_but(escaped, size, text, "\n\t\\");
        for (const char *line = escaped; *line;) {
                size_t n = strcspn(line, "\n");

                printf("%c%.*s\n", sign, (int) n, line);
                line += n + (line[n] == '\n');
        }
}

static size_t count_lines(const char *text) {
        size_t n = 0;

        for (; (text = strchr(text, '\n')); text++)
                n++;

        return n;
}

void migrate_print_diff(const MigratePlan *plan, const char *base) {
        for (size_t i = 0; i < plan->n_files; i++) {
                const MigrateFile *file = &plan->files[i];
                _cleanup_free_ char *path = migrate_file_path(base, file->name),
                                    *old = path ? migrate_file_read(path) : NULL;
                size_t n_old = old ? count_lines(old) : 0;

                printf("--- %s\n+++ %s\n@@ -%d,%zu +1,%zu @@\n", old ? path : "/dev/null", path,
                                n_old > 0, n_old, count_lines(file->text));
                if (old)
                        print_lines(old, '-');
                print_lines(file->text, '+');
        }
}
