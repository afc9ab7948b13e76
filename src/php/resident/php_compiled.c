/* SPDX-License-Identifier: MIT */
#include "php/resident/php_compiled.h"

#include <php.h>
#include <php_streams.h>
#include <string.h>

#include "base/sum.h"

static SumTable *sums;
static typeof(zend_compile_file) original;
static typeof(zend_stream_open_function) original_open;

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

/* What is read by another wrapper than PHP's, which a script may put in the place of that of file://, need not be what
 * is in the file. The script that PHP begins with is no stream; nor is phar's, see above. */
static bool is_of_wrapper(const zend_file_handle *handle) {
        const php_stream *stream = handle->handle.stream.handle;

        return handle->type == ZEND_HANDLE_STREAM &&
               handle->handle.stream.reader == (zend_stream_reader_t) _php_stream_read &&
               (!stream || stream->wrapper != &php_plain_files_wrapper);
}

static void note(const zend_file_handle *handle) {
        const zend_string *path = handle->opened_path ? handle->opened_path : handle->filename;

        if (!handle->buf || !path || *ZSTR_VAL(path) != '/' || may_be_phar(ZSTR_VAL(path)) ||
                        is_of_wrapper(handle))
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

static bool is_file_wrapper_replaced(void) {
        const HashTable *wrappers = php_stream_get_url_stream_wrappers_hash();

        return zend_hash_str_find_ptr(wrappers, ZEND_STRL("file")) != &php_plain_files_wrapper;
}

/* PHP looks for it in the same way, and knows it by this path. */
static void note_file(const zend_string *name) {
        zend_string *path = php_resolve_path(ZSTR_VAL(name), ZSTR_LEN(name), PG(include_path));
        uint64_t sum = path ? sum_of_file(ZSTR_VAL(path)) : 0;

        if (sum > 0)
                sum_table_put(sums, sum_of(ZSTR_VAL(path), ZSTR_LEN(path)), sum);
        if (path)
                zend_string_release(path);
}

/* Before the wrapper reads it: what is written meanwhile is a change then, whichever of the two was compiled. */
static zend_result watched_stream_open(zend_file_handle *handle) {
        if (is_file_wrapper_replaced())
                note_file(handle->filename);
        return original_open(handle);
}

void php_compiled_init(SumTable *table) {
        sums = table;
}

void php_compiled_watch(void) {
        if (!sums)
                return;

        original = zend_compile_file;
        zend_compile_file = watched_compile_file;
        original_open = zend_stream_open_function;
        zend_stream_open_function = watched_stream_open;
}
