/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpFunctions: what the SAPI adds to the language: functions and the cgi.* and fastcgi.* settings,
 * as the module "cgi-fcgi", the name that php-fpm gives it.
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

/* As php.ini, the pool and the request have them now. */
const PhpCgiSettings *php_cgi_settings(void);

/* Zygote, after PHP's start: from now on it is known when a script has called chdir(). */
void php_functions_watch_chdir(void);

/* Worker: whether one may have since the last call. */
bool php_functions_directory_was_left(void);
