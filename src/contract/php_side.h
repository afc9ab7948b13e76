/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpSide: a version of PHP that pools can run here. It is a folder of FPMD_PHP_DIR with its version as the name, in
 * which are engine.so and two links: php-fpm, the program that the engine was built for, and ini, the folder of that
 * program's php.ini. A version whose program has been removed is not installed.
 *
 * Runs in: manager, zygote, fpmctl. */

#include <stdbool.h>
#include <stddef.h>

enum {
        PHP_SIDE_VERSION_MAX = 8, /* with the NUL */
};

typedef struct PhpSide {
        char *program; /* absolute: php-fpm itself, so that the process has its name */
        char *engine;
} PhpSide;

void php_side_done(PhpSide *side);

/* Returns whether text is a version, major.minor. */
bool php_side_version_is_valid(const char *text);

/* Finds the version for a pool that names none: that of configure's option, else the newest that is installed. Returns
 * 0, or -ENOENT when none is installed. */
int php_side_default(char ret[PHP_SIDE_VERSION_MAX]);

/* Finds a version. Returns 0, or -ENOENT when it is not installed. */
int php_side_find(PhpSide *ret, const char *version);

/* Describes which versions are installed: "8.2 and 8.4". The caller frees *ret. Returns 0 or a negative errno. */
int php_side_describe_all(char **ret);

/* Returns the folder of the php.ini of a version's php-fpm, which the caller frees, or NULL when it has none or memory
 * is short. */
char *php_side_ini_folder(const char *version);
