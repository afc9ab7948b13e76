/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpScript: the file that a request runs: found, opened, or refused with php-fpm's answers.
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "php/engine/php_request.h"

struct _zend_file_handle;

/* Once, in the directory that relative paths mean. */
void php_script_enter_worker(void);

/* Before anything else is done with the request: puts its params right and fills in request->path.
 * Needs nothing of PHP but its settings and its realpath cache. */
void php_script_find(PhpRequest *request);

/* Whether there is anything at the path. As a rule PHP remembers, and no system call is made. */
bool php_script_exists(const char *path);

/* PHP's path_translated is the script. false: answered, there is nothing to run. */
bool php_script_open(PhpRequest *request, struct _zend_file_handle *handle);

/* The directory of the script, as under every SAPI, and back to where the worker began, for what of the script runs
 * after it: shutdown functions, destructors, callbacks of output buffers. */
void php_script_enter_directory(const char *path);
void php_script_leave_directory(void);
