/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpScript: finds and opens the file that a request runs, or refuses it with php-fpm's answers.
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "php/engine/php_request.h"

struct _zend_file_handle;

/* Is to be called once, in the directory to which relative paths refer. */
void php_script_enter_worker(void);

/* Is to be called before anything else is done with the request: corrects its params and fills in request->path. Uses
 * only the settings and the realpath cache of PHP. */
void php_script_find(PhpRequest *request);

/* Returns whether there is anything at the path. As a rule PHP remembers, and no system call is made. */
bool php_script_exists(const char *path);

/* Opens the script that PHP's path_translated names. Returns whether there is a script to run; if not, the request was
 * answered. */
bool php_script_open(PhpRequest *request, struct _zend_file_handle *handle);

/* Enter the directory of the script, as every SAPI does; and go back to where the worker began, for code that runs
 * after the script: shutdown functions, destructors, callbacks of output buffers. */
void php_script_enter_directory(const char *path);
void php_script_leave_directory(void);
