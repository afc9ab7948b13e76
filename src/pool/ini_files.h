/* SPDX-License-Identifier: MIT */
#pragma once
/* IniFiles: whether the ini files that PHP is to read can be read. PHP itself passes over one that cannot, and runs
 * without what it says: without disable_functions, say. Pure but for the file system.
 *
 * Runs in: zygote, as the pool's user, before PHP's start. */

#include <stdbool.h>
#include <stddef.h>

/* path: a file, or a folder with php.ini; NULL: nothing to look at. must_exist: somebody has asked for it.
 * scan_dirs: as in PHP_INI_SCAN_DIR, or NULL. false: reason says which, and why. */
bool ini_files_check(const char *path, bool must_exist, const char *scan_dirs, char *reason,
                size_t size);
