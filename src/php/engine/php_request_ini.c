/* SPDX-License-Identifier: MIT */
#include "php/engine/php_request_ini.h"

#include <SAPI.h>
#include <php.h>
#include <php_ini.h>
#include <stdio.h>
#include <syslog.h>
#include <zend_ini_scanner.h>

#include "base/escape.h"
#include "base/journal_socket.h"
#include "php/engine/php_message.h"
#include "php/engine/php_settings.h"
#include "php/hooks/php_disabled.h"

enum {
        /* A directory takes some hundred bytes, also one that a client made up and that has no script. */
        USER_INI_DIRECTORIES_MAX = 1024,
};

/* --- PHP_VALUE and PHP_ADMIN_VALUE --- */

typedef struct Source {
        const PhpRequest *request;
        bool admin;
} Source;

_printf_(1, 2) static void log_mistake(const char *format, ...) {
        char *text, line[1024], escaped[1024];
        va_list arguments;

        va_start(arguments, format);
        vspprintf(&text, 0, format, arguments);
        va_end(arguments);
        snprintf(line, sizeof(line), "Passing INI directive through FastCGI: %s", text);
        efree(text);
        escape_string(escaped, sizeof(escaped), line);
        php_message_send(LOG_ERR, escaped, line);
}

static void report_admin(const char *key) {
        static bool was_reported;
        char escaped[256];

        if (was_reported)
                return;

        was_reported = true;
        escape_string(escaped, sizeof(escaped), key);
        stderr_line("<4>The web server sends '%s' as PHP_VALUE or PHP_ADMIN_VALUE, which the pool "
                    "file has set as admin: ignored, also from now on\n",
                        escaped);
}

/* PHP itself logs why it does not take a value. */
static void change(zend_ini_entry *entry, const char *value, bool admin) {
        int type = admin ? ZEND_INI_SYSTEM : ZEND_INI_USER;

        /* Whether the entry may be changed there is not checked: as under php-fpm, all may. */
        if (zend_alter_ini_entry_chars_ex(entry->name, value, strlen(value), type,
                            ZEND_INI_STAGE_ACTIVATE, 1) == SUCCESS &&
                        admin)
                entry->modifiable = PHP_SETTINGS_CLOSED;
}

static void set_entry(const Source *source, const char *key, const char *value) {
        zend_ini_entry *entry = zend_hash_str_find_ptr(EG(ini_directives), key, strlen(key));
        bool disables = strcmp(key, "disable_functions") == 0;

        /* More may always be disabled. */
        if (disables)
                php_disabled_add(value);

        if (php_settings_is_admin(&source->request->config->php_values, key)) {
                if (!disables)
                        report_admin(key);
                return;
        }

        /* A class cannot be disabled for a while. */
        if (!entry || (*value && strcmp(key, "disable_classes") == 0))
                log_mistake("unable to set '%s'", key);
        else
                change(entry, value, source->admin);
}

static void php_request_ini_on_entry(
                zval *key, zval *value, zval *index, int type, void *userdata) {
        (void) index;
        if (!key)
                return;

        if (type != ZEND_INI_PARSER_ENTRY)
                log_mistake("only classic entries are allowed");
        else if (Z_STRLEN_P(key) == 0)
                log_mistake("empty key");
        else if (!value)
                log_mistake("empty value for key '%s'", Z_STRVAL_P(key));
        else
                set_entry(userdata, Z_STRVAL_P(key), Z_STRVAL_P(value));
}

static void apply_text(const PhpRequest *request, const char *text, bool admin) {
        Source source = { .request = request, .admin = admin };
        char *copy;

        spprintf(&copy, 0, "%s\n", text);
        (void) zend_parse_ini_string(
                        copy, true, ZEND_INI_SCANNER_NORMAL, php_request_ini_on_entry, &source);
        efree(copy);
}

static void refuse_values(void) {
        static bool was_reported;

        if (!was_reported)
                stderr_line("<4>The web server sends PHP_VALUE or PHP_ADMIN_VALUE: ignored, also from now on, "
                            "because of php_value_from_request = no\n");
        was_reported = true;
}

static void apply_values(const PhpRequest *request) {
        const char *user = fcgi_request_param(request->fcgi, ZEND_STRL("PHP_VALUE"));
        const char *admin = fcgi_request_param(request->fcgi, ZEND_STRL("PHP_ADMIN_VALUE"));

        if (!user && !admin)
                return;

        if (!request->config->php_value_from_request) {
                refuse_values();
                return;
        }

        if (user)
                apply_text(request, user, false);
        if (admin)
                apply_text(request, admin, true);
}

/* --- php.ini's sections, and .user.ini --- */

typedef struct UserIni {
        time_t expires;
        HashTable settings;
} UserIni;

/* The settings of a directory are those of its own file and of the files above it, so they are read once. */
static HashTable user_inis;
static bool has_user_inis;

static void free_user_ini(zval *element) {
        UserIni *ini = Z_PTR_P(element);

        zend_hash_destroy(&ini->settings);
        free(ini);
}

/* malloc()ed: outlives the request. */
static UserIni *user_ini_of(const char *directory, size_t n) {
        UserIni *ini;

        if (!has_user_inis)
                zend_hash_init(&user_inis, 0, NULL, free_user_ini, 1);
        has_user_inis = true;

        ini = zend_hash_str_find_ptr(&user_inis, directory, n);
        if (ini)
                return ini;

        if (zend_hash_num_elements(&user_inis) >= USER_INI_DIRECTORIES_MAX)
                zend_hash_clean(&user_inis);
        ini = pecalloc(1, sizeof(*ini), 1);
        zend_hash_init(&ini->settings, 0, NULL, config_zval_dtor, 1);
        zend_hash_str_update_ptr(&user_inis, directory, n, ini);
        return ini;
}

/* From the document root down to the directory, which ends in a slash; outside of it the directory alone. */
static void read_user_inis(UserIni *ini, char *directory, const char *root) {
        size_t n = strlen(root), m = strlen(directory);

        zend_hash_clean(&ini->settings);
        if (n > 0 && root[n - 1] == '/')
                n--;
        if (n >= m || memcmp(directory, root, n) != 0)
                n = m - 1;

        for (char *slash = directory + n; (slash = strchr(slash, '/')); slash++) {
                *slash = '\0';
                (void) php_parse_user_ini_file(directory, PG(user_ini_filename), &ini->settings);
                *slash = '/';
        }
}

static void apply_user_inis(const PhpRequest *request, char *directory, size_t n) {
        const char *root = fcgi_request_param(request->fcgi, ZEND_STRL("DOCUMENT_ROOT"));
        time_t now = time(NULL);
        UserIni *ini;

        if (!root || !PG(user_ini_filename) || !*PG(user_ini_filename))
                return;

        ini = user_ini_of(directory, n);
        if (now > ini->expires) {
                read_user_inis(ini, directory, root);
                ini->expires = now + PG(user_ini_cache_ttl);
        }
        if (zend_hash_num_elements(&ini->settings) > 0)
                php_ini_activate_config(&ini->settings, PHP_INI_PERDIR, PHP_INI_STAGE_HTACCESS);
}

static void apply_host(const PhpRequest *request) {
        const char *host = fcgi_request_param(request->fcgi, ZEND_STRL("SERVER_NAME"));
        char *name;

        if (!host || !php_ini_has_per_host_config())
                return;

        name = zend_str_tolower_dup(host, strlen(host));
        php_ini_activate_per_host_config(name, strlen(name));
        efree(name);
}

static void apply_directory(const PhpRequest *request) {
        const char *script = request->path.script, *slash = strrchr(script, '/');
        size_t n = slash ? (size_t) (slash - script) + 1 : 0;
        char directory[MAXPATHLEN];

        if (n == 0 || n >= sizeof(directory))
                return;

        memcpy(directory, script, n);
        directory[n] = '\0';
        if (php_ini_has_per_dir_config())
                php_ini_activate_per_dir_config(directory, n);
        apply_user_inis(request, directory, n);
}

/* --- all together --- */

static void apply_all(const PhpRequest *request) {
        apply_values(request);
        if (!request->path.script)
                return;

        apply_host(request);
        apply_directory(request);
}

/* What is fatal to PHP, e.g. no memory for a value, is not to the request. */
void php_request_ini_apply(const PhpRequest *request) {
        zend_try {
                apply_all(request);
        }
        zend_end_try();
}

bool php_request_ini_refuse(void) {
        static const char line[] =
                        "disable_functions of a request does not reach the code that opcache.preload "
                        "has compiled: refused, use php_admin_value[disable_functions]";

        if (!php_disabled_failed())
                return false;

        php_message_send(LOG_ERR, line, line);
        php_message_answer(500, "The settings of this request cannot be met.\n");
        return true;
}

void php_request_ini_end(void) {
        php_disabled_end();
}
