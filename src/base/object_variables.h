/* SPDX-License-Identifier: MIT */
#pragma once
/* ObjectVariables: where a loaded object, such as PHP's program, has the variables that are zero when it is loaded.
 * Some of them have no name outside of it, and are to be known by what they hold.
 *
 * Runs in: zygote, worker. */

#include <stdint.h>

typedef struct ObjectVariables {
        uintptr_t begin, end;
} ObjectVariables;

/* Returns those of the object in which address, that of a variable, lies; nothing where there is no such object. */
ObjectVariables object_variables(const void *address);
