/* SPDX-License-Identifier: MIT */
#pragma once
/* TestPools: fpmd --test.
 *
 * Runs in: fpmd --test. */

#include <stddef.h>

/* Prints what is wrong with each of these pools, or that nothing is. Of several, the lines of each are followed by
 * "[POOL] STATUS"; all files are read once, however many pools are tested. Returns the exit status: that of the first
 * one that is not right. */
int test_pools(const char *conf_dir, char *const names[], size_t n);
