/* SPDX-License-Identifier: MIT */
#include "php/resident/php_opcache.h"

#include <php.h>
#include <zend_exceptions.h>

static bool is_true(zval *status, const char *name) {
        const zval *value = zend_hash_str_find(Z_ARRVAL_P(status), name, strlen(name));

        return value && Z_TYPE_P(value) == IS_TRUE;
}

#if PHP_VERSION_ID >= 80400
static struct {
        void (*in_need)(void);
        void (*others)(int reason);
} watching;

static void on_restart(int reason) {
        if (watching.others)
                watching.others(reason);
        watching.in_need();
}

void php_opcache_watch(void (*in_need)(void)) {
        watching.in_need = in_need;
        watching.others = zend_accel_schedule_restart_hook;
        zend_accel_schedule_restart_hook = on_restart;
}

bool php_opcache_tells(void) {
        return true;
}
#else
void php_opcache_watch(void (*in_need)(void)) {
        (void) in_need;
}

bool php_opcache_tells(void) {
        return false;
}
#endif

bool php_opcache_waits(void) {
        int error_reporting = EG(error_reporting);
        zval function, scripts, status;
        bool waits;

        if (!zend_hash_str_exists(CG(function_table), ZEND_STRL("opcache_get_status")))
                return false;

        ZVAL_STRING(&function, "opcache_get_status");
        ZVAL_FALSE(&scripts);
        ZVAL_UNDEF(&status);
        EG(error_reporting) = 0; /* opcache.restrict_api */
        (void) call_user_function(NULL, NULL, &function, &status, 1, &scripts);
        EG(error_reporting) = error_reporting;
        waits = Z_TYPE(status) == IS_ARRAY &&
                (is_true(&status, "restart_pending") || is_true(&status, "restart_in_progress"));
        zval_ptr_dtor(&status);
        zval_ptr_dtor(&function);
        if (EG(exception))
                zend_clear_exception();

        return waits;
}
