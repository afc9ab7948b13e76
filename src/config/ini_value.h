/* SPDX-License-Identifier: MIT */
#pragma once
/* IniValue: the right-hand side of a line, as Zend's INI scanner evaluates it. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

#include <stdbool.h>

enum {
        INI_WHY_MAX = 256,           /* room for the text of an error */
        INI_VALUE_MAX = 1024 * 1024, /* bytes that one value may expand to */
};

/* Returns what ${NAME} stands for, or NULL if nothing. */
typedef const char *(*IniLookup)(const char *name);

/* Evaluates a value up to its comment or end. ret_word: see IniEvent.word. ret_end is where the
 * value as written ends, blanks not counted. The caller frees ret. 0, -ENOMEM, or -EINVAL with the
 * reason in why. */
int ini_value_evaluate(const char *text, IniLookup lookup, char **ret, bool *ret_word,
                const char **ret_end, char why[static INI_WHY_MAX]);

/* The same for what stands between brackets: quotes and ${ENV}, no words, no operators. ret_end is
 * the closing bracket. */
int ini_value_bracket(const char *text, IniLookup lookup, char **ret, const char **ret_end,
                char why[static INI_WHY_MAX]);
