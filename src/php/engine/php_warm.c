/* SPDX-License-Identifier: MIT */
#include "php/engine/php_warm.h"

#include <Zend/Optimizer/zend_optimizer.h>
#include <errno.h>
#include <php.h>
#include <php_main.h>
#include <stdlib.h>
#include <time.h>
#include <zend_exceptions.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "php/files/script_list.h"
#include "php/hooks/opcache/php_opcache_memory.h"
#include "php/hooks/opcache/php_opcache_state.h"

/* A zygote that is busy, or whose opcache is broken, sends no list. */
#define LIST_PATIENCE_USEC UINT64_C(1000000)

/* What PHP keeps of all scripts of a request until it ends. */
#define REQUEST_BYTES (16 << 20)

/* Nobody is there who could have a session: each begin of one would be a file, or a word with a server that may hang.
 * Nor is there anybody to be told what extensions miss. */
static void begin_quietly(void) {
        zend_string *name = zend_string_init(ZEND_STRL("session.auto_start"), false);

        EG(error_reporting) = 0;
        (void) zend_alter_ini_entry_chars(name, "0", 1, PHP_INI_SYSTEM, PHP_INI_STAGE_ACTIVATE);
        zend_string_release(name);
}

/* A request of PHP's without a client: whatever it prints goes nowhere. opcache lets nobody in outside of one. Returns
 * what the job does; -ECANCELED when PHP has ended it, or -EFAULT when there was no request. */
static int in_request(int (*job)(void *userdata), void *userdata) {
        volatile int r = -EFAULT;

        SG(server_context) = NULL;
        memset(&SG(request_info), 0, sizeof(SG(request_info)));
        zend_first_try {
                begin_quietly();
                if (php_request_startup() != FAILURE) {
                        r = -ECANCELED;
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

/* For many scripts. Begin and end of a request call all extensions: there is another one only where the job asks for
 * it, by 1, or where a script has ended it. */
static void in_requests(int (*job)(void *userdata), void *userdata) {
        int r;

        do
                r = in_request(job, userdata);
        while (r > 0 || r == -ECANCELED);
}

static bool request_is_full(void) {
        return zend_memory_usage(false) > REQUEST_BYTES;
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

/* In opcache's memory a zend_script is the first part of each script. */
bool php_warm_may_have(unsigned n) {
        return php_opcache_is_there() && php_opcache_memory_growth() / sizeof(zend_script) >= n;
}

int php_warm_keep(const KeptScripts *kept) {
        Reader reader = { keep, kept };

        return php_opcache_is_there() ? in_request(ask, &reader) : -ENODATA;
}

/* --- what it is for --- */

static void cut(HashTable *table, uint32_t n_used) {
        if (table->nNumUsed > n_used)
                zend_hash_discard(table, n_used);
}

/* As opcache_compile_file() does. What the script declares is forgotten, as at the end of a request: two scripts may
 * well declare the same class. */
static void compile(const char *path) {
        uint32_t n_classes = CG(class_table)->nNumUsed, n_functions = CG(function_table)->nNumUsed;
        zend_file_handle handle;
        zend_op_array *code;

        zend_stream_init_filename(&handle, path);
        CG(compiler_options) |= ZEND_COMPILE_WITHOUT_EXECUTION;
        code = zend_compile_file(&handle, ZEND_INCLUDE);
        if (code) {
                destroy_op_array(code);
                efree(code);
        }
        if (EG(exception))
                zend_clear_exception();
        zend_destroy_file_handle(&handle);
        cut(CG(class_table), n_classes);
        cut(CG(function_table), n_functions);
}

typedef struct Scripts {
        const char *list;
        size_t size, position;
        uint64_t until_usec;
        unsigned n_tried;
} Scripts;

static int compile_some(void *userdata) {
        Scripts *scripts = userdata;
        const char *path;

        while (clock_now_usec() < scripts->until_usec &&
                        (path = script_list_next(
                                         scripts->list, scripts->size, &scripts->position))) {
                scripts->n_tried++;
                if (script_list_is_file(path))
                        compile(path);
                if (request_is_full())
                        return 1;
        }

        return 0;
}

int php_warm_compile(int fd, uint64_t until_usec, PhpWarmResult *ret) {
        uint64_t list_usec = clock_now_usec() + LIST_PATIENCE_USEC;
        _cleanup_free_ char *list = NULL;
        Scripts scripts = { .until_usec = until_usec };
        size_t position = 0;
        int r;

        if (!php_opcache_is_there())
                return -ENODATA;

        r = script_list_read(
                        fd, list_usec < until_usec ? list_usec : until_usec, &list, &scripts.size);
        if (r < 0)
                return r;

        ret->n_scripts = 0;
        while (script_list_next(list, scripts.size, &position))
                ret->n_scripts++;
        scripts.list = list;
        if (ret->n_scripts > 0)
                in_requests(compile_some, &scripts);
        ret->n_tried = scripts.n_tried;
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
        uint64_t until_usec;
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

/* Returns whether there may be more. */
static bool read_one(ReadAhead *ahead) {
        const char *path;
        size_t i;

        if (!choose(ahead, &i))
                return false;

        path = ahead->paths[i];
        ahead->paths[i] = NULL;
        if (kept_scripts_has_compiled(ahead->kept, path) && script_list_is_file(path)) {
                ahead->kept->is_ahead[i] = 1;
                compile(path);
        }
        return true;
}

static int read_some(void *userdata) {
        ReadAhead *ahead = userdata;

        while (clock_now_usec() < ahead->until_usec && read_one(ahead))
                if (request_is_full())
                        return 1;

        return 0;
}

int php_warm_read(const KeptScripts *kept, const char *list, size_t size, uint64_t until_usec) {
        _cleanup_free_ const char **paths = calloc(SCRIPT_LIST_MAX + 1, sizeof(*paths));
        ReadAhead ahead = { .kept = kept, .paths = paths, .until_usec = until_usec };
        size_t position = 0;

        if (!php_opcache_is_there())
                return -ENODATA;
        if (!paths)
                return -ENOMEM;

        while (ahead.n < SCRIPT_LIST_MAX &&
                        (paths[ahead.n] = script_list_next(list, size, &position)))
                ahead.n++;
        in_requests(read_some, &ahead);
        return 0;
}
