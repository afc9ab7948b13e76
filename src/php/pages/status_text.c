/* SPDX-License-Identifier: MIT */
#include "php/pages/status_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/escape.h"

void status_text_plain(FILE *f, const char *text) {
        const unsigned char *s = (const unsigned char *) text;

        while (*s) {
                size_t n = escape_utf8_length(s);

                if (escape_utf8_is_shown(s, n)) {
                        fwrite(s, 1, n, f);
                        s += n;
                } else
                        fprintf(f, "\\x%02x", *s++);
        }
}

static const char *entity(unsigned char c) {
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        default:
                return NULL;
        }
}

/* XML 1.0, 2.2: no control characters but tab and line ends, which have no place here; no U+FFFE and U+FFFF. */
static bool is_xml(uint32_t c) {
        return c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff;
}

void status_text_markup(FILE *f, const char *text) {
        const unsigned char *s = (const unsigned char *) text;

        while (*s) {
                size_t n = escape_utf8_length(s);
                const char *name = entity(*s);

                if (n == 0 || !is_xml(escape_utf8_character(s, n)))
                        fputs("\xef\xbf\xbd", f);
                else if (name)
                        fputs(name, f);
                else
                        fwrite(s, 1, n, f);
                s += n > 0 ? n : 1;
        }
}

static void write_u(FILE *f, uint32_t c) {
        if (c >= 0x10000)
                fprintf(f, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
        else
                fprintf(f, "\\u%04x", c);
}

void status_text_json(FILE *f, const char *text) {
        static const char special[] = "\"\\/\b\f\n\r\t", letters[] = "\"\\/bfnrt";
        const unsigned char *s = (const unsigned char *) text;

        while (*s) {
                size_t n = escape_utf8_length(s);
                const char *found = strchr(special, *s);

                if (n == 1 && found)
                        fprintf(f, "\\%c", letters[found - special]);
                else if (n == 1 && *s >= 0x20)
                        fputc(*s, f);
                else if (n > 0)
                        write_u(f, escape_utf8_character(s, n));
                s += n > 0 ? n : 1;
        }
}
