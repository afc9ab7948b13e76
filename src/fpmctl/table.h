/* SPDX-License-Identifier: MIT */
#pragma once
/* Table: rows of cells become lines of text. Pure.
 *
 * Runs in: fpmctl.
 * Trusts:  nobody: each cell is escaped, so that what a client sent stays text in its cell. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef enum TableStyle {
        TABLE_PLAIN,
        TABLE_GOOD,
        TABLE_CARE,
        TABLE_BAD,
        TABLE_FAINT,
        TABLE_HEADER,
        _TABLE_STYLE_MAX,
} TableStyle;

typedef struct TableColumn {
        const char *title;
        bool right; /* numbers */
} TableColumn;

typedef struct TableFormat {
        bool colour;
        size_t width; /* lines are cut to this, 0: never */
} TableFormat;

typedef struct Table Table;

/* Makes an empty table with these columns, which are borrowed. Returns 0 or -ENOMEM. */
int table_new(Table **ret, const TableColumn *columns, size_t n_columns);
Table *table_free(Table *table);
DEFINE_CLEANUP(Table, table_free);

/* Adds the next cell, from left to right and from top to bottom. When memory is short, table_render() fails. */
_printf_(3, 4) void table_cell(Table *table, TableStyle style, const char *format, ...);

/* Returns how many whole rows the table has. */
size_t table_rows(const Table *table);

/* Makes the lines, the titles first. The caller frees *ret. Returns 0 or -ENOMEM. */
int table_render(const Table *table, const TableFormat *format, char **ret);

/* Returns how many columns of a terminal a valid UTF-8 text takes. */
size_t table_text_width(const char *text);

/* Returns how many bytes at the begin of such a text fit into a line of that format. */
size_t table_text_fit(const char *text, const TableFormat *format);
