/* SPDX-License-Identifier: MIT */
#include "php/engine/php_warm.h"

#include <errno.h>
#include <php.h>
#include <php_main.h>
#include <stdlib.h>
#include <time.h>
#include <zend_exceptions.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "php/files/script_list.h"
#include "php/hooks/opcache/php_opcache_state.h"

/* A zygote that is busy, or whose opcache is broken, sends no list. */
#define LIST_PATIENCE_USEC UINT64_C(1000000)

/* A request of PHP's without a client: whatever it prints goes nowhere. opcache lets nobody in outside of one. */
static int in_request(int (*job)(void *userdata), void *userdata) {
        volatile int r = -EFAULT;

        SG(server_context) = NULL;
        memset(&SG(request_info), 0, sizeof(SG(request_info)));
        zend_first_try {
                if (php_request_startup() != FAILURE) {
                        EG(error_reporting) = 0;
                        r = job(userdata);
                }
        }
        zend_end_try();
        zend_try {
                php_request_shutdown(NULL);
        }
        zend_end_try();
        SG(request_info).path_translated = NULL;
        return r;
}

/* --- the list --- */

static zend_long number(zval *script, const char *name) {
        const zval *value = zend_hash_str_find(Z_ARRVAL_P(script), name, strlen(name));

        return value && Z_TYPE_P(value) == IS_LONG ? Z_LVAL_P(value) : 0;
}

static size_t read_uses(HashTable *scripts, ScriptUse *uses) {
        zend_string *path;
        zval *script;
        size_t n = 0;

        ZEND_HASH_FOREACH_STR_KEY_VAL(scripts, path, script) {
                if (path && Z_TYPE_P(script) == IS_ARRAY)
                        uses[n++] = (ScriptUse){
                                .path = ZSTR_VAL(path),
                                .n_uses = number(script, "hits"),
                                .last_sec = number(script, "last_used_timestamp"),
                        };
        }
        ZEND_HASH_FOREACH_END();
        return n;
}

typedef struct Reader {
        int (*read)(ScriptUse *uses, size_t n, const void *userdata);
        const void *userdata;
} Reader;

static int read_scripts(const Reader *reader, HashTable *scripts) {
        _cleanup_free_ ScriptUse *uses = calloc(zend_hash_num_elements(scripts) + 1, sizeof(*uses));

        return uses ? reader->read(uses, read_uses(scripts, uses), reader->userdata) : -ENOMEM;
}

static int ask(void *userdata) {
        zval status, *scripts;

        php_opcache_ask(&status, true);
        scripts = Z_TYPE(status) == IS_ARRAY
                                  ? zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("scripts"))
                                  : NULL;
        return scripts && Z_TYPE_P(scripts) == IS_ARRAY
                               ? read_scripts(userdata, Z_ARRVAL_P(scripts))
                               : -ENODATA;
}

static int list(ScriptUse *uses, size_t n, const void *userdata) {
        const int *fd = userdata;

        return script_list_write(*fd, uses, n, (int64_t) time(NULL));
}

static int keep(ScriptUse *uses, size_t n, const void *userdata) {
        return kept_scripts_write(userdata, uses, n);
}

int php_warm_list(int fd) {
        Reader reader = { list, &fd };

        return php_opcache_is_there() ? in_request(ask, &reader) : -ENODATA;
}

int php_warm_keep(const KeptScripts *kept) {
        Reader reader = { keep, kept };

        return php_opcache_is_there() ? in_request(ask, &reader) : -ENODATA;
}

/* --- what it is for --- */

static int compile(void *userdata) {
        zend_file_handle handle;
        zend_op_array *code;

        /* As opcache_compile_file() does. */
        zend_stream_init_filename(&handle, userdata);
        CG(compiler_options) |= ZEND_COMPILE_WITHOUT_EXECUTION;
        code = zend_compile_file(&handle, ZEND_INCLUDE);
        if (code) {
                destroy_op_array(code);
                efree(code);
        }
        if (EG(exception))
                zend_clear_exception();
        zend_destroy_file_handle(&handle);
        return 0;
}

/* Each in a request of its own: two scripts may well declare the same class. That costs some microseconds. */
static unsigned compile_until(const char *scripts, size_t size, uint64_t until_usec) {
        size_t position = 0;
        const char *path;
        unsigned n = 0;

        while (clock_now_usec() < until_usec &&
                        (path = script_list_next(scripts, size, &position))) {
                n++;
                if (script_list_is_file(path))
                        (void) in_request(compile, (void *) path);
        }

        return n;
}

int php_warm_compile(int fd, uint64_t until_usec, PhpWarmResult *ret) {
        uint64_t list_usec = clock_now_usec() + LIST_PATIENCE_USEC;
        _cleanup_free_ char *scripts = NULL;
        size_t size, position = 0;
        int r;

        if (!php_opcache_is_there())
                return -ENODATA;

        r = script_list_read(fd, list_usec < until_usec ? list_usec : until_usec, &scripts, &size);
        if (r < 0)
                return r;

        ret->n_scripts = ret->n_tried = 0;
        while (script_list_next(scripts, size, &position))
                ret->n_scripts++;
        if (ret->n_scripts > 0)
                ret->n_tried = compile_until(scripts, size, until_usec);
        return 0;
}

/* --- what a pool had in use when it left --- */

/* The first worker asks for the same scripts, in about this order, and takes as long to read one. Two processes that
 * read the same script wait for each other, so the reader stays this far ahead of what is in opcache's memory, and
 * leaves what lies between to the worker. */
enum {
        LEAD = 3,
};

typedef struct ReadAhead {
        const KeptScripts *kept;
        const char **paths; /* NULL: done with */
        size_t n, front, next;
} ReadAhead;

/* Returns false behind the last one. */
static bool choose(ReadAhead *ahead, size_t *ret) {
        while (ahead->front < ahead->n &&
                        (!ahead->paths[ahead->front] ||
                                        php_opcache_has(ahead->paths[ahead->front])))
                ahead->front++;
        if (ahead->next < ahead->front + LEAD)
                ahead->next = ahead->front + LEAD;
        while (ahead->next < ahead->n && php_opcache_has(ahead->paths[ahead->next]))
                ahead->next++;

        *ret = ahead->next < ahead->n ? ahead->next++ : ahead->front++;
        return *ret < ahead->n;
}

/* Returns 1 when there may be more. */
static int read_one(void *userdata) {
        ReadAhead *ahead = userdata;
        const char *path;
        size_t i;

        if (!choose(ahead, &i))
                return 0;

        path = ahead->paths[i];
        ahead->paths[i] = NULL;
        if (kept_scripts_has_compiled(ahead->kept, path) && script_list_is_file(path)) {
                ahead->kept->is_ahead[i] = 1;
                (void) compile((void *) path);
        }
        return 1;
}

int php_warm_read(const KeptScripts *kept, const char *list, size_t size, uint64_t until_usec) {
        _cleanup_free_ const char **paths = calloc(SCRIPT_LIST_MAX + 1, sizeof(*paths));
        ReadAhead ahead = { .kept = kept, .paths = paths };
        size_t position = 0;

        if (!php_opcache_is_there())
                return -ENODATA;
        if (!paths)
                return -ENOMEM;

        while (ahead.n < SCRIPT_LIST_MAX &&
                        (paths[ahead.n] = script_list_next(list, size, &position)))
                ahead.n++;
        while (clock_now_usec() < until_usec && in_request(read_one, &ahead) > 0)
                ;

        return 0;
}
