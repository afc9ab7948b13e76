/* SPDX-License-Identifier: MIT */
#include "pool/php_ini_check.h"

#include <errno.h>
#include <php.h>
#include <stdio.h>
#include <zend_ini_scanner.h>
#include <zend_stream.h>

/* Exported by libphp, declared by no header. */
extern char *php_ini_opened_path;
extern char *php_ini_scanned_files; /* "a.ini,\nb.ini\n" */

static void ignore_entry(zval *key, zval *value, zval *index, int type, void *userdata) {
        (void) key;
        (void) value;
        (void) index;
        (void) type;
        (void) userdata;
}

static bool check_file(const char *path, char *reason, size_t size) {
        zend_file_handle handle;
        bool good;
        FILE *f = fopen(path, "re");

        if (!f && errno == ENOENT)
                return true; /* removed since: was read all the same */
        if (!f) {
                snprintf(reason, size, "the pool's user cannot read '%s': %s", path,
                                strerror(errno));
                return false;
        }

        zend_stream_init_fp(&handle, f, path);
        good = zend_parse_ini_file(&handle, 1, ZEND_INI_SCANNER_NORMAL, ignore_entry, NULL) ==
               SUCCESS;
        zend_destroy_file_handle(&handle);
        if (!good)
                snprintf(reason, size, "syntax error in %s", path);

        return good;
}

bool php_ini_check(char *reason, size_t size) {
        const char *p = php_ini_scanned_files;

        if (php_ini_opened_path && !check_file(php_ini_opened_path, reason, size))
                return false;

        while (p && *(p += strspn(p, ",\n"))) {
                size_t n = strcspn(p, ",\n");
                char *path = strndup(p, n);
                bool good = !path || check_file(path, reason, size);

                free(path);
                if (!good)
                        return false;
                p += n;
        }

        return true;
}
