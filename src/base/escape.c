/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static bool is_plain(const unsigned char *s, size_t n) {
        if (n == 0)
                return false;
        if (n == 1)
                return s[0] >= 0x20 && s[0] != 0x7f && s[0] != '\\';

        return n != 2 || s[0] != 0xc2 || s[1] >= 0xa0;
}

size_t escape_string(char *buffer, size_t size, const char *string) {
        static const char digits[] = "0123456789abcdef";
        const unsigned char *s = (const unsigned char *) string;
        size_t used = 0;

        if (size == 0)
                return 0;

        while (*s) {
                size_t n = escape_utf8_length(s);
                bool plain = is_plain(s, n);
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
