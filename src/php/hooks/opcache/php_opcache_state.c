/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_opcache_state.h"

#include <SAPI.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "php/hooks/php_hooks.h"

static zend_internal_function get_status; /* without a handler: there is no opcache */
static zend_internal_function is_script_cached;
static zif_handler original_invalidate;

/* Shared by all workers of the generation: how often a script has invalidated another one. */
static atomic_uint_least64_t *n_invalidated;

static bool was_asked;
static uint64_t state;

static void find_function(zend_internal_function *ret, const char *name) {
        const zend_internal_function *function =
                        zend_hash_str_find_ptr(CG(function_table), name, strlen(name));

        if (function && function->type == ZEND_INTERNAL_FUNCTION)
                *ret = *function;
}

void php_opcache_state_init(void) {
        find_function(&get_status, "opcache_get_status");
        find_function(&is_script_cached, "opcache_is_script_cached");
}

bool php_opcache_is_there(void) {
        return get_status.handler;
}

/* opcache.restrict_api asks who calls by the path of the script that runs. */
static void call(zend_internal_function *function, zval *argument, zval *ret) {
        char *allowed = INI_STR("opcache.restrict_api"), *path = SG(request_info).path_translated;

        ZVAL_UNDEF(ret);
        if (!function->handler)
                return;

        if (allowed && *allowed)
                SG(request_info).path_translated = allowed;
        zend_call_known_function((zend_function *) function, NULL, NULL, ret, 1, argument, NULL);
        SG(request_info).path_translated = path;
}

void php_opcache_ask(zval *ret, bool with_scripts) {
        zval scripts;

        ZVAL_BOOL(&scripts, with_scripts);
        call(&get_status, &scripts, ret);
}

bool php_opcache_has(const char *script) {
        zval path, result;

        ZVAL_STRING(&path, script);
        call(&is_script_cached, &path, &result);
        zval_ptr_dtor_str(&path);
        return Z_TYPE(result) == IS_TRUE;
}

/* --- what is still there --- */

static ZEND_NAMED_FUNCTION(watched_invalidate) {
        original_invalidate(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        atomic_fetch_add(n_invalidated, 1);
        was_asked = false;
}

int php_opcache_state_watch(void) {
        void *page = mmap(NULL, sizeof(*n_invalidated), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED)
                return -errno;

        n_invalidated = page;
        (void) php_hooks_replace("opcache_invalidate", watched_invalidate, &original_invalidate);
        return 0;
}

void php_opcache_state_begin_request(void) {
        was_asked = false;
}

static uint64_t sum_of_starts(zval *statistics) {
        static const char *const names[] = { "start_time", "last_restart_time", "oom_restarts",
                "hash_restarts", "manual_restarts" };
        uint64_t sum = 1;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const zval *value = zend_hash_str_find(
                                Z_ARRVAL_P(statistics), names[i], strlen(names[i]));

                if (!value || Z_TYPE_P(value) != IS_LONG)
                        return 0;
                sum = (sum ^ (uint64_t) Z_LVAL_P(value)) * UINT64_C(0x9e3779b97f4a7c15);
        }

        return sum;
}

static uint64_t find_state(void) {
        zval status, *enabled, *statistics;
        uint64_t sum = 0;

        php_opcache_ask(&status, false);
        if (Z_TYPE(status) == IS_ARRAY) {
                enabled = zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("opcache_enabled"));
                statistics = zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("opcache_statistics"));
                if (enabled && Z_TYPE_P(enabled) == IS_TRUE && statistics &&
                                Z_TYPE_P(statistics) == IS_ARRAY)
                        sum = sum_of_starts(statistics);
        }
        zval_ptr_dtor(&status);
        return sum == 0 ? 0 : sum + atomic_load(n_invalidated);
}

uint64_t php_opcache_state(void) {
        if (!was_asked) {
                state = find_state();
                was_asked = true;
        }

        return state;
}
