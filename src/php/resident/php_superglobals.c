/* SPDX-License-Identifier: MIT */
#include "php/resident/php_superglobals.h"

#include <php.h>
#include <php_variables.h>
#include <string.h>

#include "php/resident/php_baseline.h"

static struct {
        zend_auto_global_callback make_server; /* PHP's own */
        const char *script;                    /* while it boots */
        bool is_server_named; /* by code that has been compiled since the script began */
} superglobals;

/* --- $_SERVER --- */

/* Runtimes look for themselves there. */
static void name_script(void) {
        const char *path = superglobals.script, *slash = strrchr(path, '/');
        zval *server = zend_hash_str_find(&EG(symbol_table), ZEND_STRL("_SERVER"));

        if (server && Z_TYPE_P(server) == IS_INDIRECT)
                server = Z_INDIRECT_P(server);
        if (!server || Z_TYPE_P(server) != IS_ARRAY)
                return;

        SEPARATE_ARRAY(server);
        add_assoc_string(server, "SCRIPT_FILENAME", (char *) (uintptr_t) path);
        add_assoc_string(server, "SCRIPT_NAME", (char *) (uintptr_t) (slash ? slash : path));
        add_assoc_string(server, "PHP_SELF", (char *) (uintptr_t) (slash ? slash : path));
}

static bool make_server(zend_string *name) {
        bool is_to_be_asked_again = superglobals.make_server(name);

        superglobals.is_server_named = true;
        if (superglobals.script)
                name_script();
        return is_to_be_asked_again;
}

void php_superglobals_init(void) {
        zend_auto_global *server = zend_hash_str_find_ptr(CG(auto_globals), ZEND_STRL("_SERVER"));

        if (!server || !server->auto_global_callback)
                return;

        superglobals.make_server = server->auto_global_callback;
        server->auto_global_callback = make_server;
}

void php_superglobals_set_script(const char *path) {
        superglobals.script = path;
        superglobals.is_server_named = !superglobals.make_server;
}

/* --- of a request --- */

/* $_SESSION is a global variable that the session extension adds. */
static void forget_session_variable(void) {
        zend_string *name = ZSTR_INIT_LITERAL("_SESSION", 0);

        (void) zend_delete_global_variable(name);
        zend_string_release(name);
}

void php_superglobals_make(void) {
        bool has_request = zend_hash_str_exists(&EG(symbol_table), ZEND_STRL("_REQUEST"));

        superglobals.script = NULL;
        for (int i = 0; i < NUM_TRACK_VARS; i++) {
                zval_ptr_dtor(&PG(http_globals)[i]);
                ZVAL_UNDEF(&PG(http_globals)[i]);
        }
        forget_session_variable();
        (void) php_hash_environment();
        if (superglobals.is_server_named)
                (void) zend_is_auto_global_str((char *) ZEND_STRL("_SERVER"));
        if (has_request)
                (void) zend_is_auto_global_str((char *) ZEND_STRL("_REQUEST"));
        php_baseline_restore_env();
}
