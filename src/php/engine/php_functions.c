/* SPDX-License-Identifier: MIT */
#include "php/engine/php_functions.h"

#include <SAPI.h>
#include <ext/standard/head.h>
#include <ext/standard/info.h>
#include <php.h>
#include <php_main.h>

#include "php/engine/php_file_cache.h"
#include "php/engine/php_request.h"
#include "php/engine/php_status.h"
#include "php/hooks/php_hooks.h"

/* The web server has its whole answer, the script goes on. */
static PHP_FUNCTION(fastcgi_finish_request) {
        PhpRequest *request = php_request_current();

        ZEND_PARSE_PARAMETERS_NONE();

        if (!php_request_is_open(request))
                RETURN_FALSE;

        php_output_end_all();
        php_header();

        (void) php_request_finish(request);
        request->stage(SLOT_FINISHING, request->userdata);
        RETURN_TRUE;
}

/* HTTP_ACCEPT_LANGUAGE → Accept-Language. As in php-fpm, the first byte of a word stays what it is, also
 * when it is one more '_'. */
static void header_name(char *to, const char *name, size_t name_len) {
        bool first = true;

        for (size_t i = 0; i < name_len; i++) {
                char c = name[i];

                if (first)
                        to[i] = c;
                else if (c == '_')
                        to[i] = '-';
                else
                        to[i] = c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
                first = !first && c == '_';
        }
}

static bool is_named(const FcgiParam *param, const char *name, size_t name_len) {
        return param->name_len == name_len && memcmp(param->name, name, name_len) == 0;
}

static void add_header(zval *array, const FcgiParam *param) {
        const char *text = param->name;
        size_t n = param->name_len;
        char *name;

        if (n > 5 && memcmp(text, "HTTP_", 5) == 0) {
                text += 5;
                n -= 5;
        } else if (!is_named(param, ZEND_STRL("CONTENT_TYPE")) &&
                        !is_named(param, ZEND_STRL("CONTENT_LENGTH")))
                return;

        name = emalloc(n);
        header_name(name, text, n);
        add_assoc_stringl_ex(array, name, n, param->value, param->value_len);
        efree(name);
}

static PHP_FUNCTION(apache_request_headers) {
        PhpRequest *request = php_request_current();
        const FcgiParam *params;
        size_t n;

        ZEND_PARSE_PARAMETERS_NONE();

        array_init(return_value);
        if (!request)
                return;

        params = fcgi_request_params(request->fcgi, &n);
        for (size_t i = n; i > 0; i--)
                add_header(return_value, &params[i - 1]);
}

static PHP_FUNCTION(fpm_get_status) {
        ZEND_PARSE_PARAMETERS_NONE();

        php_status_array(php_request_current(), return_value);
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_get_status, 0, 0, MAY_BE_ARRAY | MAY_BE_FALSE)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_finish_request, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_request_headers, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

/* clang-format off */
static const zend_function_entry functions[] = {
        ZEND_FE(fastcgi_finish_request, arginfo_finish_request)
        ZEND_FE(apache_request_headers, arginfo_request_headers)
        ZEND_FALIAS(getallheaders, apache_request_headers, arginfo_request_headers)
        ZEND_FE(fpm_get_status, arginfo_get_status)
        ZEND_FE_END
};
/* clang-format on */

/* PHP keeps these up to date at every change: reading them costs no lookup by name. */
static PhpCgiSettings settings;

PHP_INI_BEGIN()
STD_PHP_INI_BOOLEAN("cgi.nph", "0", PHP_INI_ALL, OnUpdateBool, nph, PhpCgiSettings, settings)
STD_PHP_INI_BOOLEAN("cgi.rfc2616_headers", "0", PHP_INI_ALL, OnUpdateBool, rfc2616_headers,
                PhpCgiSettings, settings)
STD_PHP_INI_BOOLEAN("cgi.fix_pathinfo", "1", PHP_INI_SYSTEM, OnUpdateBool, fix_pathinfo,
                PhpCgiSettings, settings)
STD_PHP_INI_BOOLEAN("cgi.discard_path", "0", PHP_INI_SYSTEM, OnUpdateBool, discard_path,
                PhpCgiSettings, settings)
STD_PHP_INI_BOOLEAN("fastcgi.logging", "1", PHP_INI_SYSTEM, OnUpdateBool, logging, PhpCgiSettings,
                settings)
#if PHP_VERSION_ID < 80500
PHP_INI_ENTRY_EX("cgi.force_redirect", "1", PHP_INI_SYSTEM, NULL, zend_ini_boolean_displayer_cb)
PHP_INI_ENTRY("cgi.redirect_status_env", NULL, PHP_INI_SYSTEM, NULL)
#endif
PHP_INI_ENTRY("fpm.config", NULL, PHP_INI_SYSTEM, NULL)
STD_PHP_INI_ENTRY("fastcgi.error_header", NULL, PHP_INI_SYSTEM, OnUpdateString, error_header,
                PhpCgiSettings, settings)
#if PHP_VERSION_ID >= 80500
STD_PHP_INI_BOOLEAN("fastcgi.script_path_encoded", "1", PHP_INI_SYSTEM, OnUpdateBool,
                script_path_encoded, PhpCgiSettings, settings)
#endif
PHP_INI_END()

const PhpCgiSettings *php_cgi_settings(void) {
        return &settings;
}

/* --- chdir(), watched --- */

static zif_handler original_chdir;
static bool directory_left;

static ZEND_NAMED_FUNCTION(watched_chdir) {
        directory_left = true;
        original_chdir(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

void php_functions_watch_chdir(void) {
        (void) php_hooks_replace("chdir", watched_chdir, &original_chdir);
}

bool php_functions_directory_was_left(void) {
        bool left = directory_left || !original_chdir;

        directory_left = false;
        return left;
}

static PHP_MINIT_FUNCTION(cgi) {
        (void) type;
        REGISTER_INI_ENTRIES();
        php_file_cache_mark();
        return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(cgi) {
        (void) type;
        UNREGISTER_INI_ENTRIES();
        return SUCCESS;
}

static PHP_MINFO_FUNCTION(cgi) {
        php_info_print_table_start();
        php_info_print_table_row(2, "php-fpm", "active");
        php_info_print_table_row(2, "fpmd", PACKAGE_VERSION);
        php_info_print_table_end();
        DISPLAY_INI_ENTRIES();
}

zend_module_entry fpmd_cgi_module = {
        STANDARD_MODULE_HEADER,
        "cgi-fcgi",
        functions,
        PHP_MINIT(cgi),
        PHP_MSHUTDOWN(cgi),
        NULL,
        NULL,
        PHP_MINFO(cgi),
        PHP_VERSION,
        STANDARD_MODULE_PROPERTIES,
};
