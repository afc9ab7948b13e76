/* SPDX-License-Identifier: MIT */
#pragma once
/* OwnProgram: the file of the program that this process runs. A package replaces it under a manager that goes on with
 * the old one; a reload starts the new engine then, and the manager stays what it is until a restart.
 *
 * Runs in: manager. */

#include <stdbool.h>

/* Returns whether another file stands now where the program was; false also when it was only removed, or /proc cannot
 * be read. */
bool own_program_is_replaced(void);
