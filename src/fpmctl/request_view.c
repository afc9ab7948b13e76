/* SPDX-License-Identifier: MIT */
#include "fpmctl/request_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "fpmctl/command.h"
#include "fpmctl/formatted_text.h"

static const TableColumn columns[] = {
        { "SLOT", true },
        { "PID", true },
        { "STATE", false },
        { "TIME", true },
        { "MEMORY", true },
        { "CLIENT", false },
        { "METHOD", false },
        { "URI", false },
        { "SCRIPT", false },
};

static int longest_first(const void *a, const void *b) {
        double x = answer_real(*(json_t *const *) a, "seconds"),
               y = answer_real(*(json_t *const *) b, "seconds");

        return x < y ? 1 : x > y ? -1 : 0;
}

/* Borrowed items in order. NULL: no memory. */
static const json_t **sorted(const json_t *workers) {
        size_t n = json_array_size(workers);
        const json_t **items = calloc(n + 1, sizeof(json_t *));

        for (size_t i = 0; items && i < n; i++)
                items[i] = json_array_get(workers, i);
        if (items && n > 1)
                qsort(items, n, sizeof(json_t *), longest_first);

        return items;
}

static void add_uri(Table *table, const json_t *worker) {
        const char *query = answer_text(worker, "query");

        table_cell(table, TABLE_PLAIN, "%s%s%s", answer_text(worker, "uri"), *query ? "?" : "",
                        query);
}

static void add_row(Table *table, const json_t *worker) {
        uint64_t memory = answer_number(worker, "memory_bytes");
        double seconds = answer_real(worker, "seconds");

        table_cell(table, TABLE_PLAIN, "%" PRIu64, answer_number(worker, "slot"));
        table_cell(table, TABLE_PLAIN, "%" PRIu64, answer_number(worker, "pid"));
        table_cell(table, TABLE_PLAIN, "%s", answer_text(worker, "state"));
        table_cell(table, seconds >= 1 ? TABLE_CARE : TABLE_PLAIN, "%s",
                        format_seconds(seconds).text);
        table_cell(table, TABLE_PLAIN, "%s", memory > 0 ? format_bytes(memory).text : "-");
        table_cell(table, TABLE_PLAIN, "%s", answer_text(worker, "client"));
        table_cell(table, TABLE_PLAIN, "%s", answer_text(worker, "method"));
        add_uri(table, worker);
        table_cell(table, TABLE_PLAIN, "%s", answer_text(worker, "script"));
}

int request_view_table(Table **ret, const json_t *answer) {
        const json_t *workers = json_object_get(answer, "workers");
        _cleanup_(table_freep) Table *table = NULL;
        _cleanup_free_ const json_t **items = sorted(workers);
        int r;

        if (!items)
                return -ENOMEM;

        r = table_new(&table, columns, ELEMENTSOF(columns));
        if (r < 0)
                return r;

        for (size_t i = 0; items[i]; i++)
                add_row(table, items[i]);

        *ret = TAKE_PTR(table);
        return 0;
}

static void put_escaped(FILE *f, const char *text) {
        char line[4096];

        escape_string(line, sizeof(line), text);
        fputs(line, f);
}

/* Names of PHP have backslashes, which cannot harm; the rest is escaped. */
static void put_frame(FILE *f, const char *text) {
        char line[4096];

        escape_string_but(line, sizeof(line), text, "\\");
        fputs(line, f);
}

void request_view_frames(FILE *f, const json_t *answer) {
        json_t *frames = json_object_get(answer, "frames"), *frame;
        size_t i;

        json_array_foreach(frames, i, frame) {
                const char *text = json_string_value(frame);

                fputs("  ", f);
                put_frame(f, text ? text : "?");
                fputc('\n', f);
        }
}

static void put_stack(FILE *f, const json_t *worker) {
        const char *query = answer_text(worker, "query"), *error = answer_text(worker, "error");

        fprintf(f, "slot %" PRIu64 ", pid %" PRIu64 ", ", answer_number(worker, "slot"),
                        answer_number(worker, "pid"));
        put_escaped(f, answer_text(worker, "state"));
        fprintf(f, " for %s: ", format_seconds(answer_real(worker, "seconds")).text);
        put_escaped(f, answer_text(worker, "method"));
        fputc(' ', f);
        put_escaped(f, answer_text(worker, "uri"));
        fputs(*query ? "?" : "", f);
        put_escaped(f, query);
        fputc('\n', f);

        request_view_frames(f, worker);
        if (*error) {
                fputs("  no stack: ", f);
                put_escaped(f, error);
                fputc('\n', f);
        }
}

void request_view_stacks(FILE *f, const json_t *answer) {
        _cleanup_free_ const json_t **items = sorted(json_object_get(answer, "workers"));

        for (size_t i = 0; items && items[i]; i++) {
                fputs(i > 0 ? "\n" : "", f);
                put_stack(f, items[i]);
        }
}
