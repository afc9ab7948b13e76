/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolName: the name of a pool in the values of its directives. Pure.
 *
 * Runs in: any process. */

/* Copies text with name in the place of each "$pool". The caller frees *ret. Returns 0 or -ENOMEM. */
int pool_name_expand(const char *text, const char *name, char **ret);
