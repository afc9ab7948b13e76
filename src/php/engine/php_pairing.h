/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpPairing: whether the program that we run in has the PHP whose headers this engine was built with. The two are
 * built apart, and a package that is upgraded changes one of them alone; with another layout of PHP's structures we
 * would write into the wrong ones. A release that differs in its last number is the same to us: PHP promises that, and
 * what it promises is checked.
 *
 * Runs in: zygote, before PHP starts. */

#include <stddef.h>

enum {
        PHP_PAIRING_SIZES = 8,
};

/* Variables of PHP that the program exports, and how large they are. */
typedef struct PhpPairing {
        struct {
                const char *symbol;
                size_t size;
        } sizes[PHP_PAIRING_SIZES]; /* up to the first without a symbol */
} PhpPairing;

/* Returns what this file was built with. */
const PhpPairing *php_pairing_of_build(void);

/* Compares the program with that. Returns 0, or -ENOEXEC with what was expected and what was found in why. */
int php_pairing_check(const PhpPairing *expected, char *why, size_t size);

/* Compares, after PHP's start, the API for which PHP's own modules were built. Returns as above. */
int php_pairing_check_modules(char *why, size_t size);
