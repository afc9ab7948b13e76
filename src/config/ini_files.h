/* SPDX-License-Identifier: MIT */
#pragma once
/* IniFiles: which ini files PHP is to read, and whether they can be read. PHP itself passes over one that cannot,
 * and runs without what it says: without disable_functions, say. Pure but for the file system.
 *
 * Runs in: manager, with the rights of the pool's user, to name the line of the pool file; zygote, before PHP's
 * start, which has the last word. */

#include "config/pool_config.h"

/* What php_ini says, else the folder of the php.ini of the pool's PHP; NULL: PHP's own choice. The caller frees. */
char *ini_files_path(const PoolConfig *config);

/* As in PHP_INI_SCAN_DIR, by php_ini_scan_dir or as above. The caller frees. */
char *ini_files_scan_dirs(const PoolConfig *config);

/* Looks at each of them. Returns 0 if all can be read, or the error of the first that cannot, the directive that leads
 * to it, and which it is and why in reason. */
int ini_files_try(const PoolConfig *config, const char **ret_directive, char *reason, size_t size);

/* The same. Returns that directive, or NULL. */
const char *ini_files_check(const PoolConfig *config, char *reason, size_t size);
