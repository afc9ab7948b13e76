/* SPDX-License-Identifier: MIT */
#include "pool/php_variables.h"

#include <SAPI.h>
#include <php.h>
#include <php_variables.h>

#include "pool/php_functions.h"
#include "pool/php_request.h"

static void register_one(const char *name, const char *value, size_t length, zval *array) {
        char *copy = estrndup(value, length);
        size_t filtered = length;

        if (sapi_module.input_filter(PARSE_SERVER, name, &copy, length, &filtered))
                php_register_variable_safe(name, copy, filtered, array);
        efree(copy);
}

static void register_params(const FcgiRequest *fcgi, zval *array) {
        size_t n;
        const FcgiParam *params = fcgi_request_params(fcgi, &n);
        char name[256];

        /* php-fpm's table gives them back in the reverse order of the wire, and applications print
         * $_SERVER. */
        for (size_t i = n; i > 0; i--) {
                const FcgiParam *param = &params[i - 1];

                if (param->name_len >= sizeof(name))
                        continue;

                memcpy(name, param->name, param->name_len);
                name[param->name_len] = '\0';
                register_one(name, param->value, param->value_len, array);
        }
}

static void register_php_self(const FcgiRequest *fcgi, zval *array) {
        const char *script_name = fcgi_request_param(fcgi, ZEND_STRL("SCRIPT_NAME"));
        const char *path_info = fcgi_request_param(fcgi, ZEND_STRL("PATH_INFO"));
        char *self;
        size_t n;

        if (!php_cgi_settings()->fix_pathinfo) {
                n = spprintf(&self, 0, "%s",
                                SG(request_info).request_uri ? SG(request_info).request_uri : "");
        } else
                n = spprintf(&self, 0, "%s%s", script_name ? script_name : "",
                                path_info ? path_info : "");
        register_one("PHP_SELF", self, n, array);
        efree(self);
}

void php_variables_register(zval *array) {
        PhpRequest *request = php_request_current();

        php_import_environment_variables(array);
        if (!request)
                return;

        register_params(request->fcgi, array);
        register_php_self(request->fcgi, array);
}
