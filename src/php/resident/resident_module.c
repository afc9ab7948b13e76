/* SPDX-License-Identifier: MIT */
#include "php/resident/resident_module.h"

#include <SAPI.h>
#include <ext/standard/head.h>
#include <ext/standard/info.h>
#include <php.h>
#include <syslog.h>

#include "base/escape.h"
#include "php/engine/php_message.h"
#include "php/resident/php_compiled.h"
#include "php/resident/php_exit.h"
#include "php/resident/resident_call.h"

enum {
        LOG_LEVEL_DEBUG = -4,
        LOG_LEVEL_INFO = 0,
        LOG_LEVEL_WARN = 4,
        LOG_LEVEL_ERROR = 8,
        LOG_LINE_MAX = 4096,
};

static PHP_FUNCTION(frankenphp_handle_request) {
        zend_fcall_info call;
        zend_fcall_info_cache cache;

        ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_FUNC(call, cache)
        ZEND_PARSE_PARAMETERS_END();

        RETURN_BOOL(resident_call_handle(&call, &cache));
}

/* Each worker_idle_tick in which no request has come. */
static PHP_FUNCTION(fpmd_on_idle) {
        zend_fcall_info call;
        zend_fcall_info_cache cache;

        ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_FUNC_OR_NULL(call, cache)
        ZEND_PARSE_PARAMETERS_END();

        resident_call_set_idle(ZEND_FCI_INITIALIZED(call) ? &call.function_name : NULL);
}

/* Another function of PHP under a further name. */
static void call_function(const char *name, zval *ret) {
        zval function;

        ZVAL_STRING(&function, name);
        (void) call_user_function(NULL, NULL, &function, ret, 0, NULL);
        zval_ptr_dtor(&function);
}

static PHP_FUNCTION(frankenphp_finish_request) {
        ZEND_PARSE_PARAMETERS_NONE();

        call_function("fastcgi_finish_request", return_value);
}

static PHP_FUNCTION(frankenphp_request_headers) {
        ZEND_PARSE_PARAMETERS_NONE();

        call_function("apache_request_headers", return_value);
}

/* Name => value; of a name that comes twice the last. */
static PHP_FUNCTION(frankenphp_response_headers) {
        zend_llist_position position;

        ZEND_PARSE_PARAMETERS_NONE();

        array_init(return_value);
        for (sapi_header_struct *h = zend_llist_get_first_ex(&SG(sapi_headers).headers, &position);
                        h; h = zend_llist_get_next_ex(&SG(sapi_headers).headers, &position)) {
                const char *colon = memchr(h->header, ':', h->header_len);
                size_t n = colon ? (size_t) (colon - h->header) : 0;
                const char *value = colon ? colon + 1 : NULL;

                if (!colon || n == 0)
                        continue;
                while (*value == ' ')
                        value++;
                add_assoc_string_ex(return_value, h->header, n, (char *) (uintptr_t) value);
        }
}

/* Sends the headers that there are, as an informational answer would: this server sends none, so that only the status
 * is taken over. */
static PHP_FUNCTION(headers_send) {
        zend_long status = 200;

        ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(status)
        ZEND_PARSE_PARAMETERS_END();

        if (status >= 100 && status < 200)
                RETURN_LONG(status); /* FastCGI has no informational answers */

        SG(sapi_headers).http_response_code = (int) status;
        RETURN_LONG(sapi_send_headers());
}

static int priority_of(zend_long level) {
        if (level >= LOG_LEVEL_ERROR)
                return LOG_ERR;
        if (level >= LOG_LEVEL_WARN)
                return LOG_WARNING;

        return level >= LOG_LEVEL_INFO ? LOG_INFO : LOG_DEBUG;
}

static PHP_FUNCTION(frankenphp_log) {
        zend_string *text;
        zend_long level = LOG_LEVEL_INFO;
        HashTable *context = NULL;
        char escaped[LOG_LINE_MAX];

        ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_STR(text)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(level)
        Z_PARAM_ARRAY_HT(context)
        ZEND_PARSE_PARAMETERS_END();

        escape_string(escaped, sizeof(escaped), ZSTR_VAL(text));
        php_message_send(priority_of(level), escaped, escaped);
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_handle_request, 0, 1, _IS_BOOL, 0)
ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_on_idle, 0, 1, IS_VOID, 0)
ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 1)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_finish, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_headers, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_headers_send, 0, 0, IS_LONG, 0)
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, status, IS_LONG, 0, "200")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_log, 0, 1, IS_VOID, 0)
ZEND_ARG_TYPE_INFO(0, message, IS_STRING, 0)
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, level, IS_LONG, 0, "0")
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, context, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

/* clang-format off */
static const zend_function_entry functions[] = {
        ZEND_FE(frankenphp_handle_request, arginfo_handle_request)
        ZEND_FALIAS(fpmd_handle_request, frankenphp_handle_request, arginfo_handle_request)
        ZEND_FE(fpmd_on_idle, arginfo_on_idle)
        ZEND_FE(frankenphp_finish_request, arginfo_finish)
        ZEND_FE(frankenphp_request_headers, arginfo_headers)
        ZEND_FE(frankenphp_response_headers, arginfo_headers)
        ZEND_FALIAS(apache_response_headers, frankenphp_response_headers, arginfo_headers)
        ZEND_FE(headers_send, arginfo_headers_send)
        ZEND_FE(frankenphp_log, arginfo_log)
        ZEND_FE_END
};
/* clang-format on */

static PHP_MINIT_FUNCTION(resident) {
        (void) type;
        php_exit_watch();
        php_compiled_watch();
        REGISTER_LONG_CONSTANT("FRANKENPHP_LOG_LEVEL_DEBUG", LOG_LEVEL_DEBUG, CONST_PERSISTENT);
        REGISTER_LONG_CONSTANT("FRANKENPHP_LOG_LEVEL_INFO", LOG_LEVEL_INFO, CONST_PERSISTENT);
        REGISTER_LONG_CONSTANT("FRANKENPHP_LOG_LEVEL_WARN", LOG_LEVEL_WARN, CONST_PERSISTENT);
        REGISTER_LONG_CONSTANT("FRANKENPHP_LOG_LEVEL_ERROR", LOG_LEVEL_ERROR, CONST_PERSISTENT);
        return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(resident) {
        (void) type;
        (void) module_number;
        resident_call_end_script();
        return SUCCESS;
}

static PHP_MINFO_FUNCTION(resident) {
        (void) zend_module;
        php_info_print_table_start();
        php_info_print_table_row(2, "worker mode", "fpmd " PACKAGE_VERSION);
        php_info_print_table_end();
}

zend_module_entry resident_module = {
        STANDARD_MODULE_HEADER,
        "frankenphp",
        functions,
        PHP_MINIT(resident),
        NULL,
        NULL,
        PHP_RSHUTDOWN(resident),
        PHP_MINFO(resident),
        PACKAGE_VERSION,
        STANDARD_MODULE_PROPERTIES,
};
