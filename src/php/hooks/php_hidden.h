/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpHidden: what libphp has and php-fpm has not, because libphp is compiled as the command line is: pcntl and
 * chroot(). Scripts that ask whether they may fork would take a worker for a program of their own.
 *
 * Runs in: zygote, before and during PHP's start. */

#include <stdbool.h>

/* Before PHP starts. Takes chroot() out of PHP, and unless with_pcntl is true a pcntl that is compiled in, with its
 * functions and constants, before anything of it has started. A pcntl that php.ini loads as an extension stays. */
void php_hidden_init(bool with_pcntl);
