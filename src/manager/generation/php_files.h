/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpFiles: what a generation was started from. Packages replace the files of a PHP while its pools go on with those that
 * were there: security fixes among them.
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

/* Right before the start. version NULL: none of ours. */
void php_files_note(PhpFiles *ret, const char *version);

/* What is another file by now, for people: "the program of php-fpm", or NULL: nothing. */
const char *php_files_changed(const PhpFiles *noted);
