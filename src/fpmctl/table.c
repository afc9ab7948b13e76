/* SPDX-License-Identifier: MIT */
#include "fpmctl/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/escape.h"
#include "base/number.h"

typedef struct Cell {
        char *text;
        TableStyle style;
} Cell;

enum {
        /* One line that is longer than that goes on behind its column, and the others are not filled up to its width:
         * in the answer of a pool's user a text of megabytes may stand above thousands of lines. */
        COLUMN_WIDTH_MAX = 160,
};

struct Table {
        const TableColumn *columns;
        size_t n_columns;
        Cell *cells;
        size_t n_cells;
        bool failed;
};

static const char *const colours[_TABLE_STYLE_MAX] = {
        [TABLE_PLAIN] = "",
        [TABLE_GOOD] = "\033[32m",
        [TABLE_CARE] = "\033[33m",
        [TABLE_BAD] = "\033[1;31m",
        [TABLE_FAINT] = "\033[2m",
        [TABLE_HEADER] = "\033[1m",
};

#define COLOUR_END "\033[0m"

int table_new(Table **ret, const TableColumn *columns, size_t n_columns) {
        Table *table = calloc(1, sizeof(*table));

        if (!table)
                return -ENOMEM;

        table->columns = columns;
        table->n_columns = n_columns;
        *ret = table;
        return 0;
}

Table *table_free(Table *table) {
        if (!table)
                return NULL;

        for (size_t i = 0; i < table->n_cells; i++)
                free(table->cells[i].text);
        free(table->cells);
        free(table);
        return NULL;
}

void table_cell(Table *table, TableStyle style, const char *format, ...) {
        _cleanup_free_ char *raw = NULL;
        char *text = NULL;
        Cell *cells;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&raw, format, ap) < 0)
                raw = NULL;
        va_end(ap);

        cells = reallocarray(table->cells, table->n_cells + 1, sizeof(*cells));
        if (cells)
                table->cells = cells;
        if (raw)
                text = escape_string_new(raw);
        if (!cells || !text) {
                free(text);
                table->failed = true;
                return;
        }

        cells[table->n_cells++] = (Cell){ .text = text, .style = style };
}

size_t table_rows(const Table *table) {
        return table->n_cells / table->n_columns;
}

/* The character at *text, which is valid UTF-8, and the place behind it. */
static wchar_t next_character(const char **text) {
        const unsigned char *s = (const unsigned char *) *text;
        size_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? *s : *s & (0xffU >> (n + 1));

        for (size_t i = 1; i < n && s[i]; i++)
                c = c << 6 | (s[i] & 0x3fU);

        while (n-- > 0 && **text)
                (*text)++;
        return (wchar_t) c;
}

/* What the locale does not know counts as one. */
static size_t character_width(wchar_t c) {
        int width = wcwidth(c);

        return width < 0 ? 1 : (size_t) width;
}

size_t table_text_width(const char *text) {
        size_t width = 0;

        while (*text)
                width += character_width(next_character(&text));

        return width;
}

/* How many bytes of text fit into so many columns. */
static size_t fitting(const char *text, size_t width) {
        const char *p = text;

        while (*p) {
                const char *after = p;
                size_t w = character_width(next_character(&after));

                if (w > width)
                        break;
                width -= w;
                p = after;
        }

        return (size_t) (p - text);
}

size_t table_text_fit(const char *text, const TableFormat *format) {
        return format->width > 0 ? fitting(text, format->width) : strlen(text);
}

static void put_spaces(FILE *f, size_t n) {
        while (n-- > 0)
                fputc(' ', f);
}

/* As much of n as is left. */
static size_t take(size_t *left, size_t n) {
        if (n > *left)
                n = *left;

        *left -= n;
        return n;
}

/* One cell in its column; left is what the line still has room for. */
static void put_cell(FILE *f, const Table *table, const Cell *cell, size_t column, size_t width,
                const TableFormat *format, size_t *left) {
        size_t used = table_text_width(cell->text), pad = width > used ? width - used : 0;
        bool last = column + 1 == table->n_columns, right = table->columns[column].right;
        const char *colour = format->colour ? colours[cell->style] : "";

        if (right)
                put_spaces(f, take(left, pad));
        fprintf(f, "%s%.*s%s", colour, (int) fitting(cell->text, *left), cell->text,
                        *colour ? COLOUR_END : "");
        (void) take(left, used);
        if (!last)
                put_spaces(f, take(left, (right ? 0 : pad) + 2));
}

static void put_line(FILE *f, const Table *table, const Cell *cells, const size_t *widths,
                const TableFormat *format) {
        size_t left = format->width > 0 ? format->width : SIZE_MAX;

        for (size_t i = 0; i < table->n_columns && left > 0; i++)
                put_cell(f, table, &cells[i], i, widths[i], format, &left);
        fputc('\n', f);
}

static void measure(const Table *table, size_t *widths) {
        for (size_t i = 0; i < table->n_columns; i++)
                widths[i] = table_text_width(table->columns[i].title);

        for (size_t i = 0; i < table->n_cells; i++) {
                size_t width = number_min(table_text_width(table->cells[i].text), COLUMN_WIDTH_MAX);

                if (width > widths[i % table->n_columns])
                        widths[i % table->n_columns] = width;
        }
}

int table_render(const Table *table, const TableFormat *format, char **ret) {
        _cleanup_free_ size_t *widths = calloc(table->n_columns, sizeof(*widths));
        _cleanup_free_ Cell *titles = calloc(table->n_columns, sizeof(*titles));
        char *text = NULL;
        size_t size;
        FILE *f;

        f = widths && titles && !table->failed ? open_memstream(&text, &size) : NULL;
        if (!f)
                return -ENOMEM;

        for (size_t i = 0; i < table->n_columns; i++)
                titles[i] = (Cell){ .text = (char *) (uintptr_t) table->columns[i].title,
                        .style = TABLE_HEADER };

        measure(table, widths);
        put_line(f, table, titles, widths, format);
        for (size_t i = 0; i < table_rows(table); i++)
                put_line(f, table, table->cells + i * table->n_columns, widths, format);

        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }

        *ret = text;
        return 0;
}
