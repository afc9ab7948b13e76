/* SPDX-License-Identifier: MIT */
#include "php/engine/php_variables.h"

#include <SAPI.h>
#include <php.h>
#include <php_variables.h>

#include "php/engine/php_functions.h"
#include "php/engine/php_request.h"

enum {
        NO_FILTER = -1,
};

/* filter: PARSE_SERVER or PARSE_ENV, which filter_input() keeps its own copy for, or NO_FILTER. */
static void register_one(
                const char *name, const char *value, size_t length, zval *array, int filter) {
        char *copy = estrndup(value, length);
        size_t filtered = length;

        if (filter == NO_FILTER || sapi_module.input_filter(filter, name, &copy, length, &filtered))
                php_register_variable_safe(name, copy, filtered, array);
        efree(copy);
}

static void register_param(const FcgiParam *param, zval *array, int filter) {
        char buffer[256], *name = buffer;

        if (param->name_len >= sizeof(buffer))
                name = emalloc(param->name_len + 1);
        memcpy(name, param->name, param->name_len);
        name[param->name_len] = '\0';

        register_one(name, param->value, param->value_len, array, filter);
        if (name != buffer)
                efree(name);
}

/* php-fpm's table gives them back in the reverse order of the wire, and applications print $_SERVER. */
static void register_params(const FcgiRequest *fcgi, zval *array, int filter) {
        size_t n;
        const FcgiParam *params = fcgi_request_params(fcgi, &n);

        for (size_t i = n; i > 0; i--)
                register_param(&params[i - 1], array, filter);
}

static void register_php_self(zval *array) {
        const char *uri = SG(request_info).request_uri;
        const char *path_info =
                        fcgi_request_param(php_request_current()->fcgi, ZEND_STRL("PATH_INFO"));
        bool with_info = php_cgi_settings()->fix_pathinfo && path_info;
        char *self;
        size_t n;

        n = spprintf(&self, 0, "%s%s", uri ? uri : "", with_info ? path_info : "");
        register_one("PHP_SELF", self, n, array, PARSE_SERVER);
        efree(self);
}

/* --- PHP's environment: that of the process, and the request's --- */

static void (*import_process)(zval *array);

/* Where array is the second of the two to be made, php-fpm copies the first: $_ENV then has what was added to
 * $_SERVER (PHP_SELF, argv), and filter_input() what the first was filtered to. */
static bool import_copy(zval *array, const zval *other) {
        if (Z_TYPE_P(other) != IS_ARRAY || Z_ARR_P(other) == Z_ARR_P(array) ||
                        zend_hash_num_elements(Z_ARRVAL_P(other)) == 0)
                return false;

        zend_array_destroy(Z_ARR_P(array));
        Z_ARR_P(array) = zend_array_dup(Z_ARR_P(other));
        return true;
}

static bool is_resident;

void php_variables_enter_resident(void) {
        is_resident = true;
}

/* $_ENV and $_SERVER. */
static void import_environment(zval *array) {
        PhpRequest *request = php_request_current();
        const zval *env = &PG(http_globals)[TRACK_VARS_ENV];
        bool is_env = Z_TYPE_P(env) == IS_ARRAY && Z_ARR_P(env) == Z_ARR_P(array);

        if (is_resident && is_env)
                request = NULL;
        else if (!is_resident &&
                        (import_copy(array, env) ||
                                        import_copy(array, &PG(http_globals)[TRACK_VARS_SERVER])))
                return;

        import_process(array);
        if (request)
                register_params(request->fcgi, array, is_env ? PARSE_ENV : PARSE_SERVER);
}

/* getenv() without a name. */
static void load_environment(zval *array) {
        PhpRequest *request = php_request_current();

        import_process(array);
        if (request)
                register_params(request->fcgi, array, NO_FILTER);
}

void php_variables_install(void) {
        if (import_process)
                return;

        import_process = php_import_environment_variables;
        php_import_environment_variables = import_environment;
        php_load_environment_variables = load_environment;
}

void php_variables_register(zval *array) {
        php_import_environment_variables(array);
        if (php_request_current())
                register_php_self(array);
}
