/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* Reads the digits at the start of text. The whole run of digits is always consumed, so that a text
 * which is no number at all is -EINVAL even when it is also too large. */
static int scan_digits(const char **text, unsigned base, uint64_t *ret) {
        const char *p = *text;
        uint64_t value = 0;
        bool overflow = false;

        if (*p < '0' || *p > '9')
                return -EINVAL;

        for (; *p >= '0' && *p <= '9'; p++) {
                unsigned digit = (unsigned) (*p - '0');

                if (digit >= base)
                        return -EINVAL;

                overflow = overflow || __builtin_mul_overflow(value, base, &value) ||
                           __builtin_add_overflow(value, digit, &value);
        }

        *text = p;
        *ret = overflow ? UINT64_MAX : value;
        return overflow ? -ERANGE : 0;
}

/* A number of digits only. */
static int scan_all_digits(const char *text, unsigned base, uint64_t *ret) {
        uint64_t value;
        int r;

        r = scan_digits(&text, base, &value);
        if (r == -EINVAL || *text)
                return -EINVAL;
        if (r < 0)
                return r;

        *ret = value;
        return 0;
}

/* Reads a number and the factor of the letter behind it. */
static int scan_with_unit(
                const char *text, uint64_t (*factor_of)(const char *unit), uint64_t *ret) {
        uint64_t value, factor;
        int r;

        r = scan_digits(&text, 10, &value);
        if (r == -EINVAL)
                return r;

        text += strspn(text, " \t");
        factor = factor_of(text);
        if (factor == 0)
                return -EINVAL;
        if (r < 0 || __builtin_mul_overflow(value, factor, &value))
                return -ERANGE;

        *ret = value;
        return 0;
}

static uint64_t time_factor(const char *unit) {
        if (unit[0] && unit[1])
                return 0;

        switch (unit[0]) {
        case '\0':
        case 's':
                return USEC_PER_SEC;
        case 'm':
                return 60 * USEC_PER_SEC;
        case 'h':
                return 3600 * USEC_PER_SEC;
        case 'd':
                return 24 * 3600 * USEC_PER_SEC;
        default:
                return 0;
        }
}

static uint64_t bytes_factor(const char *unit) {
        if (unit[0] && unit[1])
                return 0;

        switch (unit[0]) {
        case '\0':
                return 1;
        case 'k':
        case 'K':
                return UINT64_C(1) << 10;
        case 'm':
        case 'M':
                return UINT64_C(1) << 20;
        case 'g':
        case 'G':
                return UINT64_C(1) << 30;
        case 't':
        case 'T':
                return UINT64_C(1) << 40;
        default:
                return 0;
        }
}

int parse_bool(const char *text, bool *ret) {
        static const char *const yes[] = { "1", "yes", "on", "true" };
        static const char *const no[] = { "0", "no", "none", "off", "false", "" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++)
                if (strcasecmp(text, yes[i]) == 0) {
                        *ret = true;
                        return 0;
                }

        for (size_t i = 0; i < ELEMENTSOF(no); i++)
                if (strcasecmp(text, no[i]) == 0) {
                        *ret = false;
                        return 0;
                }

        return -EINVAL;
}

int parse_int(const char *text, int64_t *ret) {
        bool negative = *text == '-';
        uint64_t value;
        int r;

        r = scan_all_digits(text + negative, 10, &value);
        if (r < 0)
                return r;
        if (value > (uint64_t) INT64_MAX)
                return -ERANGE;

        *ret = negative ? -(int64_t) value : (int64_t) value;
        return 0;
}

int parse_uint(const char *text, uint64_t *ret) {
        return scan_all_digits(text, 10, ret);
}

int parse_time(const char *text, uint64_t *ret_usec) {
        return scan_with_unit(text, time_factor, ret_usec);
}

int parse_octal(const char *text, uint64_t *ret) {
        return scan_all_digits(text, 8, ret);
}

int parse_bytes(const char *text, uint64_t *ret_bytes) {
        return scan_with_unit(text, bytes_factor, ret_bytes);
}
