/* SPDX-License-Identifier: MIT */
#include "config/access_format.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

typedef enum Argument {
        ARGUMENT_NONE,
        ARGUMENT_ONE_OF, /* of words, or left out */
        ARGUMENT_FREE,   /* or left out */
        ARGUMENT_NEEDED,
} Argument;

typedef struct Token {
        char letter;
        Argument argument;
        const char *words; /* each between blanks */
} Token;

/* clang-format off */
static const Token tokens[] = {
        { 'C', ARGUMENT_ONE_OF, " user system total " },
        { 'd', ARGUMENT_ONE_OF, " seconds milliseconds milli mili microseconds micro " },
        { 'e', ARGUMENT_NEEDED, NULL },
        { 'f', ARGUMENT_NONE,   NULL },
        { 'l', ARGUMENT_NONE,   NULL },
        { 'm', ARGUMENT_NONE,   NULL },
        { 'M', ARGUMENT_ONE_OF, " bytes kilobytes kilo megabytes mega " },
        { 'n', ARGUMENT_NONE,   NULL },
        { 'o', ARGUMENT_NEEDED, NULL },
        { 'p', ARGUMENT_NONE,   NULL },
        { 'P', ARGUMENT_NONE,   NULL },
        { 'q', ARGUMENT_NONE,   NULL },
        { 'Q', ARGUMENT_NONE,   NULL },
        { 'r', ARGUMENT_NONE,   NULL },
        { 'R', ARGUMENT_NONE,   NULL },
        { 's', ARGUMENT_NONE,   NULL },
        { 't', ARGUMENT_FREE,   NULL },
        { 'T', ARGUMENT_FREE,   NULL },
        { 'u', ARGUMENT_NONE,   NULL },
};
/* clang-format on */

static bool is_one_of(const char *words, const char *argument, size_t size) {
        char word[ACCESS_FORMAT_ARGUMENT_MAX + 3];

        snprintf(word, sizeof(word), " %.*s ", (int) size, argument);
        return memchr(argument, ' ', size) == NULL && strcasestr(words, word);
}

static int check_token(char letter, const char *argument, size_t size,
                char why[static ACCESS_FORMAT_WHY_MAX]) {
        const Token *token = NULL;

        for (size_t i = 0; i < ELEMENTSOF(tokens); i++)
                if (tokens[i].letter == letter)
                        token = &tokens[i];

        if (!token) {
                snprintf(why, ACCESS_FORMAT_WHY_MAX,
                                "there is no %%%c; a percent sign itself is written %%%%", letter);
                return -EINVAL;
        }

        if (token->argument == ARGUMENT_NEEDED && size == 0) {
                snprintf(why, ACCESS_FORMAT_WHY_MAX, "%%%c needs a name, write %%{NAME}%c", letter,
                                letter);
                return -EINVAL;
        }

        if (token->argument == ARGUMENT_ONE_OF && size > 0 &&
                        !is_one_of(token->words, argument, size)) {
                snprintf(why, ACCESS_FORMAT_WHY_MAX, "%%{%.*s}%c: the braces may hold one of:%s",
                                (int) size, argument, letter, token->words);
                why[strlen(why) - 1] = '\0'; /* the blank that words ends with */
                return -EINVAL;
        }

        return 0;
}

int access_format_check(const char *format, char why[static ACCESS_FORMAT_WHY_MAX]) {
        if (*format == '\0') {
                snprintf(why, ACCESS_FORMAT_WHY_MAX, "is empty");
                return -EINVAL;
        }

        for (const char *p = strchr(format, '%'); p; p = strchr(p + 1, '%')) {
                const char *argument = p + 2;
                size_t size = 0;
                int r;

                if (p[1] == '%') {
                        p++;
                        continue;
                }

                if (p[1] == '{') {
                        size = strcspn(argument, "}");
                        if (argument[size] == '\0' || size > ACCESS_FORMAT_ARGUMENT_MAX) {
                                snprintf(why, ACCESS_FORMAT_WHY_MAX,
                                                "a %%{ is not closed with } within %d bytes",
                                                ACCESS_FORMAT_ARGUMENT_MAX);
                                return -EINVAL;
                        }
                        p = argument + size;
                }

                if (p[1] == '\0') {
                        snprintf(why, ACCESS_FORMAT_WHY_MAX, "ends in the middle of a %% token");
                        return -EINVAL;
                }

                r = check_token(p[1], argument, size, why);
                if (r < 0)
                        return r;

                p++;
        }

        return 0;
}
