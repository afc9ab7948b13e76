/* SPDX-License-Identifier: MIT */
#pragma once
/* Checker: fpmd --test, which knows what of a pool file this machine has and what it lacks.
 *
 * Runs in: fpmctl. */

/* Runs it for POOL.conf in conf_dir. Its lines, without its name in front: *ret, the caller frees. Its exit
 * status, or negative errno: it could not be run. */
int checker_run(const char *conf_dir, const char *pool, char **ret);
