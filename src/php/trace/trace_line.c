/* SPDX-License-Identifier: MIT */
#include "php/trace/trace_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "…"

/* Behind the bytes of a character that is not whole. */
static const char *character_start(const char *s) {
        while (((unsigned char) *s & 0xc0) == 0x80)
                s++;

        return s;
}

static void add_place(char *line, size_t size, const char *file, uint32_t number) {
        size_t used = strlen(line), length = strlen(file);
        int n_digits = snprintf(NULL, 0, ":%" PRIu32, number);
        size_t room = size - 1 - used - (size_t) n_digits;

        if (length <= room)
                snprintf(line + used, size - used, "%s:%" PRIu32, file, number);
        else
                snprintf(line + used, size - used, ELLIPSIS "%s:%" PRIu32,
                                character_start(file + length - (room - strlen(ELLIPSIS))), number);
}

void trace_line_call(char *line, size_t size, const PhpTraceFrame *frame) {
        snprintf(line, size, "[0x%016" PRIx64 "] %s() ", frame->address, frame->function);
        add_place(line, size, frame->file, frame->line);
}

void trace_line_innermost(char *line, size_t size, const char *file, uint32_t number) {
        snprintf(line, size, "at ");
        add_place(line, size, file, number);
}
