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

static int write_list(int fd, HashTable *scripts) {
        _cleanup_free_ ScriptUse *uses = calloc(zend_hash_num_elements(scripts) + 1, sizeof(*uses));
        zend_string *path;
        zval *script;
        size_t n = 0;

        if (!uses)
                return -ENOMEM;

        ZEND_HASH_FOREACH_STR_KEY_VAL(scripts, path, script) {
                if (path && Z_TYPE_P(script) == IS_ARRAY)
                        uses[n++] = (ScriptUse){
                                .path = ZSTR_VAL(path),
                                .n_uses = number(script, "hits"),
                                .last_sec = number(script, "last_used_timestamp"),
                        };
        }
        ZEND_HASH_FOREACH_END();
        return script_list_write(fd, uses, n, (int64_t) time(NULL));
}

static int list(void *userdata) {
        const int *fd = userdata;
        zval status, *scripts;

        php_opcache_ask(&status, true);
        scripts = Z_TYPE(status) == IS_ARRAY
                                  ? zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("scripts"))
                                  : NULL;
        return scripts && Z_TYPE_P(scripts) == IS_ARRAY ? write_list(*fd, Z_ARRVAL_P(scripts))
                                                        : -ENODATA;
}

int php_warm_list(int fd) {
        if (!php_opcache_is_there())
                return -ENODATA;

        return in_request(list, &fd);
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
