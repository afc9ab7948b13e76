/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpFiles: the files that a generation was started from. Packages replace the files of a PHP, security fixes among
 * them, while its pools go on with the old ones.
 *
 * Runs in: manager. */

#include <stdint.h>

enum {
        PHP_FILES = 6,
};

typedef struct PhpFiles {
        char version[8]; /* "": another program runs the pool */
        struct {
                uint64_t device, inode, changed_usec; /* all 0: it is not there */
        } files[PHP_FILES];
} PhpFiles;

/* Notes the files right before the start. A version of NULL means that another program runs the pool. */
void php_files_note(PhpFiles *ret, const char *version);

/* Returns which file was replaced since, for people ("the program of php-fpm"), or NULL if none was. */
const char *php_files_changed(const PhpFiles *noted);
