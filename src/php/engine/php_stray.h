/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpStray: what a script prints while no request runs, for which there is no client: it is logged, line by line.
 *
 * Runs in: zygote and worker. */

#include <stddef.h>

/* Takes output; each line that is complete is logged. */
void php_stray_write(const char *data, size_t size);

/* Ends a line that was left unfinished. The next output is logged from its beginning, of which there is a limit. */
void php_stray_end(void);
