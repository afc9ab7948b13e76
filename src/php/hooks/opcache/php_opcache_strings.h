/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcacheStrings: a smaller table for the strings that opcache shares, and on demand none of PHP's own in it.
 *
 * opcache finds each string by a table with 64 Ki places for each megabyte of opcache.interned_strings_buffer: 2 MiB of
 * the 8 that PHP sets. It clears the table when PHP starts, and PHP's own strings lie all over it, so that each pool
 * has the whole of it in memory. Here the table has a sixteenth of the places. With a full buffer some five strings
 * share one: then the compiler, and nothing else, takes longer (RESULTS.md).
 *
 * The place is the hash of a string by a mask that stands in front of the table: the mask is made smaller when opcache
 * clears the table. The rest of the table stays as it is, without a page.
 *
 * PHP's own strings, some 7 000 names of functions, classes and settings, are in the zygote's memory already, which its
 * workers share. opcache copies them, so that processes that have no parent in common can share scripts; all that use
 * the memory of a pool come from one zygote. So they can stay where they are, as with
 * opcache.interned_strings_buffer=0: opcache is told that its table has them (saved_top), looks for them, and finds
 * none. Those that scripts use come into the table with the first script that does, and are other strings than PHP's
 * then, which PHP compares byte by byte: 450 KiB less in each pool, and 0.6 to 1.5 % more CPU of a large page.
 *
 * What opcache clears at its start is new shared memory: it stays without pages, the table of scripts, too. Where
 * opcache does not do what was expected, nothing is changed.
 *
 * Runs in: zygote, worker. */

#include <stdbool.h>
#include <stddef.h>

/* Zygote, when all extensions have started and opcache has no memory yet: looks out for the table; leaves_own_out: of a
 * pool whose memory counts more than its CPU. */
void php_opcache_strings_watch_start(bool leaves_own_out);

/* Zygote, after it: gives back what the look for PHP's strings has left of pages; says so in the log where opcache is
 * on, has such a table, and it was not seen. */
void php_opcache_strings_end_start(void);

/* Makes the mask smaller, if bytes up to size are a table that is about to be cleared for the first time and what is in
 * front of it says the same. Returns how many bytes of the table are in use then, or 0 if it is none. Pure. */
size_t php_opcache_strings_shrink(void *bytes, size_t size);
