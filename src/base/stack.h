/* SPDX-License-Identifier: MIT */
#pragma once
/* What a start has left below the stack pointer: a few deep calls write tens of KiB, which a process that sleeps from
 * then on would keep as memory of its own, and hundreds of pools each keep.
 *
 * Runs in: all processes. */

/* Gives the kernel the pages of the stack that no function uses. Those that are used again cost one page fault each.
 * Does nothing on another stack than that on which the process began. */
void stack_release(void);
