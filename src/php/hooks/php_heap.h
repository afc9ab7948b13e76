/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpHeap: memory that requests have used, and that PHP keeps for the next.
 *
 * PHP keeps the first 2 MiB of its heap, and more where requests have needed more, and writes to all of it before the
 * next request reads any of it. So between requests it holds nothing, and the kernel can have its pages: each that is
 * used again costs one page fault.
 *
 * Runs in: worker, between requests. */

/* Gives back what holds nothing. Does nothing where memory is in use, as by a script that stays, where the environment
 * has chosen another heap or huge pages for it. */
void php_heap_release(void);
