/* SPDX-License-Identifier: MIT */
#include "php/resident/php_idle.h"

#include <php_ini.h>
#include <php_output.h>

#include "php/engine/php_stray.h"
#include "php/hooks/php_timeout.h"
#include "php/resident/php_cycle.h"

static zval idle_callback;

void php_idle_set(const zval *callback) {
        zval former = idle_callback;

        if (callback)
                ZVAL_COPY(&idle_callback, callback);
        else
                ZVAL_UNDEF(&idle_callback);
        zval_ptr_dtor(&former);
}

bool php_idle_is_set(void) {
        return !Z_ISUNDEF(idle_callback);
}

bool php_idle_call(void) {
        zval callback, result;
        bool exited;

        /* It may set another. */
        ZVAL_COPY(&callback, &idle_callback);
        ZVAL_UNDEF(&result);
        php_timeout_before_startup();
        zend_set_timeout(INI_INT("max_execution_time"), 1);
        php_timeout_after_startup();
        (void) call_user_function(NULL, NULL, &callback, &result, 0, NULL);
        zend_unset_timeout();
        exited = php_cycle_report_exception();
        zval_ptr_dtor(&result);
        zval_ptr_dtor(&callback);
        php_output_end_all();
        exited = php_cycle_report_exception() || exited;
        php_stray_end();
        return exited;
}
