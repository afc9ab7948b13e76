/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpHidden: what libphp has and php-fpm has not, because libphp is compiled as the command line is: pcntl and
 * chroot(). Scripts that ask whether they may fork would take a worker for a program of their own.
 *
 * Runs in: zygote, while PHP starts. */

#include <stdbool.h>

/* PhpStartHooks.on_registered: takes chroot() out of PHP, and unless with_pcntl is true the functions of a pcntl that is
 * compiled in, and keeps it from starting. A pcntl that php.ini loads as an extension stays. */
void php_hidden_strip(bool with_pcntl);

/* PhpStartHooks.on_started: removes what is left of the pcntl that did not start. */
void php_hidden_remove(void);
