/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOutput: a long echo without a copy into PHP's output buffer.
 *
 * With php.ini's output_buffering = 4096, the default of every distribution, PHP copies an echo of a MB into that
 * buffer, grows it to a MB, and then writes all of it at once. Here the buffer is filled to its size, at which PHP
 * empties it, and the rest is written directly: with the same bytes, flags and headers.
 *
 * Runs in: zygote and worker. */

/* Zygote: is to be called after PHP's extensions have started. Does nothing if one of them has replaced PHP's way to
 * write. */
void php_output_init(void);
