/* SPDX-License-Identifier: MIT */
#include "php/engine/php_ini_check.h"

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

/* The parser's own words, with file and line. */
static zend_string *words;

static void keep_message(int type, zend_string *file, const uint32_t line, zend_string *message) {
        (void) type;
        (void) file;
        (void) line;
        if (!words)
                words = zend_string_copy(message);
}

static bool parse(FILE *f, const char *path) {
        void (*callback)(int, zend_string *, const uint32_t, zend_string *) = zend_error_cb;
        zend_file_handle handle;
        bool good;

        zend_stream_init_fp(&handle, f, path);
        zend_error_cb = keep_message;
        good = zend_parse_ini_file(&handle, 0, ZEND_INI_SCANNER_NORMAL, ignore_entry, NULL) ==
               SUCCESS;
        zend_error_cb = callback;
        zend_destroy_file_handle(&handle);
        return good;
}

static bool check_file(const char *path, char *reason, size_t size) {
        bool good;
        FILE *f = fopen(path, "re");

        if (!f && errno == ENOENT)
                return true; /* removed since: was read all the same */
        if (!f) {
                snprintf(reason, size, "the pool's user cannot read '%s': %s", path,
                                strerror(errno));
                return false;
        }

        good = parse(f, path);
        if (!good && words)
                snprintf(reason, size, "%.*s", (int) strcspn(ZSTR_VAL(words), "\n"),
                                ZSTR_VAL(words));
        else if (!good)
                snprintf(reason, size, "syntax error in %s", path);

        if (words)
                zend_string_release(words);
        words = NULL;
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
