/* SPDX-License-Identifier: MIT */
#include "config/value/access_format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/parse.h"

/* What may stand in braces before the letter. */
static const char NOTHING[] = "", ANYTHING[] = "*", A_NAME[] = "NAME";

typedef struct TokenRow {
        char letter;
        const char *word; /* one of the three above, or a word, in any case */
        uint64_t unit;
} TokenRow;

/* miliseconds and mili are php-fpm's own misspellings: its www.conf had them until PHP 8.0, and it still takes
 * them. */
/* clang-format off */
static const TokenRow rows[] = {
        { 'C', NOTHING,        ACCESS_CPU_USER | ACCESS_CPU_SYSTEM },
        { 'C', "user",         ACCESS_CPU_USER                     },
        { 'C', "system",       ACCESS_CPU_SYSTEM                   },
        { 'C', "total",        ACCESS_CPU_USER | ACCESS_CPU_SYSTEM },
        { 'd', NOTHING,        USEC_PER_SEC                        },
        { 'd', "seconds",      USEC_PER_SEC                        },
        { 'd', "milliseconds", 1000                                },
        { 'd', "milli",        1000                                },
        { 'd', "miliseconds",  1000                                },
        { 'd', "mili",         1000                                },
        { 'd', "microseconds", 1                                   },
        { 'd', "micro",        1                                   },
        { 'e', A_NAME,         0                                   },
        { 'f', ANYTHING,       0                                   },
        { 'l', ANYTHING,       0                                   },
        { 'm', ANYTHING,       0                                   },
        { 'M', NOTHING,        1                                   },
        { 'M', "bytes",        1                                   },
        { 'M', "kilobytes",    1 << 10                             },
        { 'M', "kilo",         1 << 10                             },
        { 'M', "megabytes",    1 << 20                             },
        { 'M', "mega",         1 << 20                             },
        { 'n', ANYTHING,       0                                   },
        { 'o', A_NAME,         0                                   },
        { 'p', ANYTHING,       0                                   },
        { 'P', ANYTHING,       0                                   },
        { 'q', ANYTHING,       0                                   },
        { 'Q', ANYTHING,       0                                   },
        { 'r', ANYTHING,       0                                   },
        { 'R', ANYTHING,       0                                   },
        { 's', ANYTHING,       0                                   },
        { 't', ANYTHING,       0                                   },
        { 'T', ANYTHING,       0                                   },
        { 'u', ANYTHING,       0                                   },
};
/* clang-format on */

_printf_(2, 3) static int refuse(char why[static ACCESS_FORMAT_WHY_MAX], const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(why, ACCESS_FORMAT_WHY_MAX, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

static bool takes(const TokenRow *row, const AccessToken *token) {
        if (row->letter != token->letter)
                return false;
        if (row->word == ANYTHING)
                return true;
        if (row->word == A_NAME)
                return token->size > 0;

        return strlen(row->word) == token->size &&
               strncasecmp(row->word, token->text, token->size) == 0;
}

/* Why no row takes a token: its letter is unknown, or only its braces are wrong. */
static int refuse_token(const AccessToken *token, char why[static ACCESS_FORMAT_WHY_MAX]) {
        char words[ACCESS_FORMAT_WHY_MAX / 2] = "";
        char letter = token->letter;
        size_t used = 0;

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                if (rows[i].letter != letter)
                        continue;
                if (rows[i].word == A_NAME)
                        return refuse(why, "%%%c needs a name, write %%{NAME}%c", letter, letter);

                used += (size_t) snprintf(words + used, sizeof(words) - used, "%s%s",
                                used > 0 ? " " : "", rows[i].word);
        }

        if (used == 0)
                return refuse(why, "there is no %%%c; a percent sign itself is written %%%%",
                                letter);

        return refuse(why, "%%{%.*s}%c: the braces may hold one of: %s", (int) token->size,
                        token->text, letter, words);
}

static int read_token(
                const char **format, AccessToken *ret, char why[static ACCESS_FORMAT_WHY_MAX]) {
        const char *p = *format + 1;
        AccessToken token = { .text = p };

        if (*p == '{') {
                token.text = p + 1;
                token.size = strcspn(token.text, "}");
                if (token.text[token.size] == '\0' || token.size > ACCESS_FORMAT_ARGUMENT_MAX)
                        return refuse(why, "a %%{ is not closed with } within %d bytes",
                                        ACCESS_FORMAT_ARGUMENT_MAX);
                p = token.text + token.size + 1;
        }

        if (*p == '\0')
                return refuse(why, "ends in the middle of a %% token");

        token.letter = *p;
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (takes(&rows[i], &token)) {
                        token.unit = rows[i].unit;
                        *ret = token;
                        *format = p + 1;
                        return 1;
                }

        return refuse_token(&token, why);
}

int access_format_next(
                const char **format, AccessToken *ret, char why[static ACCESS_FORMAT_WHY_MAX]) {
        const char *p = *format;

        if (*p == '\0')
                return 0;
        if (*p == '%' && p[1] != '%')
                return read_token(format, ret, why);

        *ret = (AccessToken){
                .text = *p == '%' ? p + 1 : p,
                .size = *p == '%' ? 1 : strcspn(p, "%"),
        };
        *format = ret->text + ret->size;
        return 1;
}

int access_format_check(const char *format, char why[static ACCESS_FORMAT_WHY_MAX]) {
        AccessToken token;
        int r;

        if (*format == '\0')
                return refuse(why, "is empty");

        do
                r = access_format_next(&format, &token, why);
        while (r > 0);

        return r;
}
