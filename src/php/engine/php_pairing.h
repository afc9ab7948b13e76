/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpPairing: whether the program that we run in has the PHP whose headers this engine was built with. The two are built
 * apart, and a package that is upgraded changes one of them alone; with another layout of PHP's structures we would
 * write into the wrong ones. A release that differs in its last number is the same to us: PHP promises that, and what it
 * promises is checked.
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

/* What this file was built with. */
const PhpPairing *php_pairing_of_build(void);

/* 0, or -ENOEXEC with a line that says what was expected and what was found. */
int php_pairing_check(const PhpPairing *expected, char *why, size_t size);

/* After PHP's start, when its own modules can be asked which API they were built for: the same. */
int php_pairing_check_modules(char *why, size_t size);
