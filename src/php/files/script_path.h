/* SPDX-License-Identifier: MIT */
#pragma once
/* ScriptPath: which file a request means. Pure; the file system is behind two callbacks.
 *
 * Web servers disagree about SCRIPT_FILENAME, SCRIPT_NAME, PATH_INFO and PATH_TRANSLATED. This module turns what they
 * send into what a script under php-fpm gets, with the former values as ORIG_*.
 *
 * Runs in: worker.     Owns: nothing; all strings are the params'.
 * Trusts:  nobody. A part of a string is taken only after its length was checked (CVE-2019-11043). */

#include <stdbool.h>

#include "php/fastcgi/fcgi_params.h"

typedef struct ScriptRules {
        bool fix_pathinfo; /* cgi.fix_pathinfo */
        bool discard_path; /* cgi.discard_path */
        bool decode_path_info; /* what Apache's ProxyPass sends encoded, as php-fpm does since 8.3.18 and 8.4.5 */
        bool decode_script;   /* the whole path of it, as php-fpm does since 8.5 */
        const char *doc_root; /* php.ini's, or NULL */

        /* Returns whether there is anything at the path, and whether it is a regular file. exists() is asked once, for
         * the path as it came; is_file() only where that does not exist. */
        bool (*exists)(const char *path, void *userdata);
        bool (*is_file)(const char *path, void *userdata);
        void *userdata;
} ScriptRules;

typedef struct ScriptPath {
        bool named;              /* the request names a path at all */
        const char *script;      /* NULL: none, or the path has a component ".." */
        const char *request_uri; /* SCRIPT_NAME, mostly; may be NULL */
} ScriptPath;

/* Finds the script, and sets and unsets params. Returns 0, or -E2BIG when there is no room for the new params, and then
 * no script. */
int script_path_find(ScriptPath *ret, FcgiParams *params, const ScriptRules *rules);
