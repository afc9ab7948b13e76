/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcodeNumbers: the table by which PHP writes compiled code to a file.
 *
 * In memory an instruction has the address of the function that does it, in a file of opcache its number. PHP makes the
 * table of numbers when the first script is written, 8.4 when it starts, and keeps it for ever: 64 KiB of a worker that
 * has compiled something, or of each pool, which are seldom needed again. What was written is read without it.
 *
 * The table has no name outside of PHP's program. What is taken for it is a table in malloc()'s memory whose numbers
 * PHP reads as the addresses that stand there. Where none is found, or where PHP compiles machine code, nothing is
 * changed; without the table PHP makes it anew.
 *
 * Runs in: zygote, worker. */

#include <stdbool.h>

/* Is to be called between requests. Returns whether there was a table, which is gone now. */
bool php_opcode_numbers_forget(void);
