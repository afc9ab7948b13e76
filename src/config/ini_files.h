/* SPDX-License-Identifier: MIT */
#pragma once
/* IniFiles: which ini files PHP is to read, and whether they can be read. PHP itself skips a file that cannot be read,
 * and runs without its settings, for example without disable_functions. Pure but for the file system.
 *
 * Runs in: manager, with the rights of the pool's user, to name the line of the pool file; zygote, around PHP's start,
 * which has the last word. */

#include "config/pool_config.h"

/* Returns the path of php_ini, else the folder of the php.ini of the pool's PHP, or NULL where PHP itself chooses. The
 * caller frees. */
char *ini_files_path(const PoolConfig *config);

/* Returns the folders to scan as in PHP_INI_SCAN_DIR: those of php_ini_scan_dir, else as above. The caller frees. */
char *ini_files_scan_dirs(const PoolConfig *config);

/* Tries to open each of these files. Returns 0 if all can be read, or the negative errno of the first that cannot be
 * read, with the directive that leads to it, and with the file and the cause in reason. */
int ini_files_try(const PoolConfig *config, const char **ret_directive, char *reason, size_t size);

/* Does the same. Returns that directive, or NULL if all files can be read. */
const char *ini_files_check(const PoolConfig *config, char *reason, size_t size);

/* Returns how many files there are to be scanned, at least 1 for a folder where that cannot be known; UINT_MAX if an
 * empty element of the list stands for PHP's own folder, whose files would hide that some of another were not read. */
unsigned ini_files_count_scanned(const PoolConfig *config);
