/* SPDX-License-Identifier: MIT */
#pragma once
/* Memory in whole pages, for large buffers of which mostly little is used: the kernel gives a page when it is first
 * touched, and takes it back when nobody needs it. malloc(3) promises neither: what it hands out once more, calloc(3)
 * writes zeros to.
 *
 * Runs in: all processes. */

#include <stddef.h>

/* Returns size bytes of zeros, or NULL. */
void *pages_new(size_t size);

/* Does nothing with NULL. */
void pages_free(void *pages, size_t size);

/* Gives the kernel what was written to: all of it is zeros again. */
void pages_release(void *pages, size_t size);
