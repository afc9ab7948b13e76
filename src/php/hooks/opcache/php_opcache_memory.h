/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcacheMemory: pages for what opcache reads from its folder.
 *
 * A script that was read is copied into opcache's memory while its lock is held. That memory is new, so the kernel
 * gives it page by page, each by a fault of its own: a third of the time that reading takes. Here all pages of a script
 * are asked for in one call, when opcache has read the head of the file that says how long it is, and has no lock yet.
 *
 * Where opcache's memory begins is seen when it is mapped, and how much of it is in use is a number there, which is
 * found by what stands around it. Where opcache does not do what was expected, which the log says, or on a kernel
 * before 5.14, nothing is done.
 *
 * Runs in: zygote, its children, worker. */

#include <stdbool.h>
#include <stddef.h>

/* Zygote, when all extensions have started and opcache has no memory yet; and after PHP's start. */
void php_opcache_memory_watch_start(void);
void php_opcache_memory_end_start(void);

/* Returns whether what was expected was found. */
bool php_opcache_memory_is_known(void);

/* Returns how much opcache has got since PHP's start. SIZE_MAX: it is not known, or opcache has begun afresh. */
size_t php_opcache_memory_growth(void);

/* Returns for how many scripts this process has asked for pages. */
unsigned php_opcache_memory_asked(void);

/* Returns where in opcache's memory stands how much of it is in use, or NULL. Pure. */
const size_t *php_opcache_memory_find(const void *memory, size_t size);

/* Returns how long a script is in opcache's memory of whose file these are the first bytes, or 0: it is none. Pure. */
size_t php_opcache_memory_expected(const void *bytes, size_t size);
