/* SPDX-License-Identifier: MIT */
#include "php/resident/php_compiled.h"

#include <php.h>
#include <string.h>

#include "base/sum.h"

static SumTable *sums;
static typeof(zend_compile_file) original;

/* phar compiles a part of such a file in its place, and knows it by the name: app.phar, app.phar.gz. */
static bool may_be_phar(const char *path) {
        static const char extension[] = ".phar";

        while ((path = strstr(path, extension))) {
                path += strlen(extension);
                if (strchr("/.", *path)) /* or the end */
                        return true;
        }

        return false;
}

static void note(const zend_file_handle *handle) {
        const zend_string *path = handle->opened_path ? handle->opened_path : handle->filename;

        if (!handle->buf || !path || *ZSTR_VAL(path) != '/' || may_be_phar(ZSTR_VAL(path)))
                return;

        sum_table_put(sums, sum_of(ZSTR_VAL(path), ZSTR_LEN(path)),
                        sum_of(handle->buf, MIN(handle->len, SUM_FILE_BYTES_MAX)));
}

/* PHP reads the whole file, and keeps that until the handle goes. */
static zend_op_array *watched_compile_file(zend_file_handle *handle, int type) {
        zend_op_array *code = original(handle, type);

        note(handle);
        return code;
}

void php_compiled_init(SumTable *table) {
        sums = table;
}

void php_compiled_watch(void) {
        if (!sums)
                return;

        original = zend_compile_file;
        zend_compile_file = watched_compile_file;
}
