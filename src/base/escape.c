/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* What has no shape of its own and changes how the rest is shown: U+202E turns it round, zero-width characters hide
 * differences. In order. */
static const struct {
        uint32_t first, last;
} invisible[] = {
        { 0x80, 0x9f },       /* C1 */
        { 0xad, 0xad },       /* soft hyphen */
        { 0x61c, 0x61c },     /* Arabic letter mark */
        { 0x115f, 0x1160 },   /* Hangul fillers */
        { 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
        { 0x180b, 0x180f },   /* Mongolian separators */
        { 0x200b, 0x200f },   /* zero width, marks of direction */
        { 0x2028, 0x202e },   /* line and paragraph, embeddings and overrides of direction */
        { 0x2060, 0x206f },   /* joiners, invisible operators, isolates of direction */
        { 0x3164, 0x3164 },   /* Hangul filler */
        { 0xfeff, 0xfeff },   /* byte order mark */
        { 0xffa0, 0xffa0 },   /* Hangul filler */
        { 0xfff0, 0xfffb },   /* annotations */
        { 0xfffe, 0xffff },   /* no characters */
        { 0x1bca0, 0x1bca3 }, /* of shorthand */
        { 0x1d173, 0x1d17a }, /* of music */
        { 0xe0000, 0xe0fff }, /* tags */
};

static bool is_invisible(uint32_t c) {
        for (size_t i = 0; i < ELEMENTSOF(invisible) && invisible[i].first <= c; i++)
                if (c <= invisible[i].last)
                        return true;

        return false;
}

size_t escape_utf8_length(const unsigned char *s) {
        size_t n = s[0] < 0x80                   ? 1
                   : s[0] >= 0xf5 || s[0] < 0xc2 ? 0
                   : s[0] >= 0xf0                ? 4
                   : s[0] >= 0xe0                ? 3
                                                 : 2;
        uint32_t c = n == 4 ? s[0] & 0x07U : n == 3 ? s[0] & 0x0fU : s[0] & 0x1fU;

        if (n == 1)
                return 1;

        for (size_t i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (s[i] & 0x3fU);
        }

        if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))) ||
                        (n == 4 && (c < 0x10000 || c > 0x10ffff)))
                return 0;

        return n;
}

uint32_t escape_utf8_character(const unsigned char *s, size_t n) {
        uint32_t c = n == 1 ? s[0] : s[0] & (0x7fU >> n);

        for (size_t i = 1; i < n; i++)
                c = c << 6 | (s[i] & 0x3fU);

        return c;
}

bool escape_utf8_is_shown(const unsigned char *s, size_t n) {
        if (n <= 1)
                return n == 1 && s[0] >= 0x20 && s[0] != 0x7f;

        return !is_invisible(escape_utf8_character(s, n));
}

size_t escape_string_but(char *buffer, size_t size, const char *string, const char *kept) {
        static const char digits[] = "0123456789abcdef";
        const unsigned char *s = (const unsigned char *) string;
        size_t used = 0;

        if (size == 0)
                return 0;

        while (*s) {
                size_t n = escape_utf8_length(s);
                bool plain = strchr(kept, *s) || (escape_utf8_is_shown(s, n) && *s != '\\');
                size_t need = plain ? n : 4;

                if (used + need >= size)
                        break;

                if (plain)
                        memcpy(buffer + used, s, n);
                else
                        memcpy(buffer + used,
                                        (char[]){ '\\', 'x', digits[*s >> 4], digits[*s & 15] }, 4);
                used += need;
                s += plain ? n : 1;
        }

        buffer[used] = '\0';
        return used;
}

size_t escape_string(char *buffer, size_t size, const char *string) {
        return escape_string_but(buffer, size, string, "");
}

void escape_blot(char *string) {
        unsigned char *s = (unsigned char *) string;

        while (*s) {
                size_t n = escape_utf8_length(s);

                if (!escape_utf8_is_shown(s, n)) {
                        *s = '?';
                        n = 1;
                }
                s += n;
        }
}

size_t escape_utf8(char *buffer, size_t size, const char *string) {
        static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
        const unsigned char *s = (const unsigned char *) string;
        size_t used = 0;

        if (size == 0)
                return 0;

        while (*s) {
                size_t n = escape_utf8_length(s);
                size_t need = n > 0 ? n : strlen(replacement);

                if (used + need >= size)
                        break;

                memcpy(buffer + used, n > 0 ? (const char *) s : replacement, need);
                used += need;
                s += n > 0 ? n : 1;
        }

        buffer[used] = '\0';
        return used;
}

static char *escape_new(
                const char *string, size_t factor, size_t (*escape)(char *, size_t, const char *)) {
        size_t size = factor * strlen(string) + 1;
        char *copy = malloc(size);

        if (copy)
                escape(copy, size, string);

        return copy;
}

char *escape_string_new(const char *string) {
        return escape_new(string, 4, escape_string);
}

char *escape_utf8_new(const char *string) {
        return escape_new(string, 3, escape_utf8);
}
