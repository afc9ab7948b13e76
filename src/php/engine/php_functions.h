/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpFunctions: the functions and the cgi.* and fastcgi.* settings of the SAPI, as the module "cgi-fcgi", which is
 * php-fpm's name for it.
 *
 * Runs in: zygote and worker. */

#include <stdbool.h>

struct _zend_module_entry;

extern struct _zend_module_entry fpmd_cgi_module;

typedef struct PhpCgiSettings {
        bool nph;
        bool rfc2616_headers;
        bool script_path_encoded, fix_pathinfo;
        bool discard_path;
        bool logging;
        char *error_header; /* NULL, or PHP's */
} PhpCgiSettings;

/* Returns the present settings, by php.ini, the pool and the request. */
const PhpCgiSettings *php_cgi_settings(void);

/* Zygote: is to be called after PHP's start: notes from now on when a script calls chdir(). */
void php_functions_watch_chdir(void);

/* Worker: returns whether a script may have called chdir() since the last call. */
bool php_functions_directory_was_left(void);
