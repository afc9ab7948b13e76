/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOutput: a long echo without a copy into PHP's output buffer.
 *
 * With php.ini's output_buffering = 4096, the default of every distribution, PHP copies an echo of a MB into that
 * buffer, grows it to a MB, and then writes all of it at once. Here the buffer is filled to its size, which is
 * when PHP empties it, and what is left goes by: the same bytes, flags and headers.
 *
 * Runs in: zygote and worker. */

/* Zygote: after PHP's extensions have started. Does nothing where one of them has its own way to write. */
void php_output_init(void);
