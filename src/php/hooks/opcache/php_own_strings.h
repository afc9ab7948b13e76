/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOwnStrings: the table of PHP's own strings, which nobody asks any more once PHP has started with opcache.
 *
 * While it starts, PHP keeps the names of its functions, classes and settings in a table, so that each is in memory
 * once. opcache, where it has a memory for strings, answers in PHP's place from then on which strings there are, and
 * does not look there. The strings stay, in use all over PHP; the table, 7 000 entries, is 220 KiB of each pool.
 *
 * The table has no name outside of PHP's program. What is taken for it looks like a table, and its last string is what
 * PHP itself finds there. Where none is found, or PHP still answers with a string of it, nothing is changed. What PHP
 * would add later, it adds to an empty table; a string that is in there a second time costs its memory alone.
 *
 * Runs in: zygote. */

#include <stdbool.h>

/* Is to be called after PHP has started. Returns whether there was a table, which is empty now. */
bool php_own_strings_forget(void);
