/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcacheSums: the sum of a file of opcache's folder, taken in a fraction of the time.
 *
 * opcache takes the sum of each file that it reads, byte by byte, which finds what a power failure has torn. Here
 * it is taken with the vectors of the CPU, right when the file was read. Where it is what the file's head says,
 * opcache is told not to take it again; where it is not, opcache takes its own, and does with the file what it
 * always does. Nothing is done where opcache is not to look at sums, on CPUs without such vectors (AVX2), and
 * where the variable behind the setting is not found.
 *
 * Runs in: zygote, its children, worker. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zygote, after PHP's start. */
void php_opcache_sums_init(void);

/* opcache has read so many bytes from fd, as many as it wanted. */
void php_opcache_sums_on_read(int fd, const void *bytes, size_t size);

/* Returns for how many files this process has told opcache not to take the sum. */
unsigned php_opcache_sums_spared(void);

/* Returns whether this CPU has the vectors. */
bool php_opcache_sums_are_fast(void);

/* Returns the sum (adler32); only where they are fast. Pure. */
uint32_t php_opcache_sums_take(const void *bytes, size_t size);
