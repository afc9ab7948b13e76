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

/* Evaluates a value up to its comment or end. ret_word is as IniEvent.word, ret_end is where the value ends in the
 * text, without blanks. The caller frees *ret. Returns 0, -ENOMEM, or -EINVAL with the reason in why. */
int ini_value_evaluate(const char *text, IniLookup lookup, char **ret, bool *ret_word,
                const char **ret_end, char why[static INI_WHY_MAX]);

/* Evaluates a value that is no word once more, as that version of PHP does (804: 8.4), in which E_ALL may be another
 * number; above it is that of before 8.4. The caller frees *ret. Returns 0, -ENOMEM, or -EINVAL. */
int ini_value_of_php(const char *raw, IniLookup lookup, unsigned php, char **ret);

/* Evaluates what stands between brackets in the same way: quotes and ${ENV}, but no words and no operators. *ret_end
 * is the closing bracket. Returns as ini_value_evaluate(). */
int ini_value_bracket(const char *text, IniLookup lookup, char **ret, const char **ret_end,
                char why[static INI_WHY_MAX]);
