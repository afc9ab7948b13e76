/* SPDX-License-Identifier: MIT */
#include "php/engine/php_settings.h"

#include <php.h>
#include <php_ini.h>
#include <stdio.h>
#include <zend_system_id.h>

#include "base/cleanup.h"
#include "base/journal_socket.h"
#include "base/parse.h"
#include "php/hooks/php_hooks.h"

static bool is_flag(const Setting *setting) {
        return setting->kind == SETTING_PHP_FLAG || setting->kind == SETTING_PHP_ADMIN_FLAG;
}

static bool is_admin(const Setting *setting) {
        return setting->kind == SETTING_PHP_ADMIN_VALUE || setting->kind == SETTING_PHP_ADMIN_FLAG;
}

/* php.ini knows no escape for a single quote inside single quotes; strings side by side are one. */
static void write_quoted(FILE *f, const char *value) {
        if (*value == '\0')
                fputs("\"\"", f);

        while (*value) {
                size_t n = strcspn(value, "'");

                if (n > 0)
                        fprintf(f, "'%.*s'", (int) n, value);
                value += n;
                if (*value == '\'') {
                        fputs("\"'\"", f);
                        value++;
                }
        }
}

/* These are added to what php.ini disables, not put in its place. */
static bool is_additive(const char *key) {
#if PHP_VERSION_ID < 80500
        if (strcmp(key, "disable_classes") == 0)
                return true;
#endif
        return strcmp(key, "disable_functions") == 0;
}

static void write_setting(FILE *f, const Setting *setting) {
        bool on;

        fprintf(f, "%s=", setting->key);
        if (is_flag(setting) && parse_bool(setting->value, &on) >= 0)
                fputs(on ? "1" : "0", f);
        else
                write_quoted(f, setting->value);
        fputc('\n', f);
}

/* The last line of the same name counts, and what is admin counts most (as under php-fpm). */
static void write_settings(FILE *f, const SettingList *settings, bool admin) {
        for (size_t i = 0; i < settings->n_items; i++)
                if (is_admin(&settings->items[i]) == admin && !is_additive(settings->items[i].key))
                        write_setting(f, &settings->items[i]);
}

char *php_settings_ini_text(const SettingList *settings) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;

        write_settings(f, settings, false);
        write_settings(f, settings, true);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }

        return text;
}

#if PHP_VERSION_ID < 80500
static void disable_classes(const char *list) {
        const char *p = list;

        while (*(p += strspn(p, ", "))) {
                size_t n = strcspn(p, ", ");

                zend_disable_class(p, n);
                p += n;
        }
}
#else
static void disable_classes(const char *list) {
        (void) list;
}
#endif

/* They add to php.ini's; what ini_get() says is the pool file's, as in php-fpm. */
static void apply_additive(const Setting *setting) {
        zend_ini_entry *entry = zend_hash_str_find_ptr(
                        EG(ini_directives), setting->key, strlen(setting->key));

        if (entry)
                entry->value = zend_new_interned_string(
                                zend_string_init(setting->value, strlen(setting->value), 1));

        if (strcmp(setting->key, "disable_functions") == 0)
                zend_disable_functions(setting->value);
        else
                disable_classes(setting->value);
}

/* php.ini takes these and has no entry for them. */
static bool is_loader(const char *key) {
        return strcmp(key, "extension") == 0 || strcmp(key, "zend_extension") == 0;
}

static void warn_unknown(const Setting *setting) {
        static const char *const directives[] = {
                [SETTING_PHP_VALUE] = "php_value",
                [SETTING_PHP_FLAG] = "php_flag",
                [SETTING_PHP_ADMIN_VALUE] = "php_admin_value",
                [SETTING_PHP_ADMIN_FLAG] = "php_admin_flag",
        };

        stderr_line("<4>%s:%u: %s[%s]: PHP knows no such setting, ignored\n", setting->file,
                        setting->line, directives[setting->kind], setting->key);
}

void php_settings_mark_file_cache(const SettingList *settings) {
        const zval *of_php_ini = cfg_get_entry(ZEND_STRL("disable_functions"));

        if (of_php_ini && Z_TYPE_P(of_php_ini) == IS_STRING)
                (void) zend_add_system_entropy("fpmd", "disable_functions", Z_STRVAL_P(of_php_ini),
                                Z_STRLEN_P(of_php_ini));
        for (size_t i = 0; i < settings->n_items; i++)
                if (is_additive(settings->items[i].key))
                        (void) zend_add_system_entropy("fpmd", settings->items[i].key,
                                        settings->items[i].value, strlen(settings->items[i].value));
}

void php_settings_disable(const SettingList *settings) {
        for (size_t i = 0; i < settings->n_items; i++)
                if (is_additive(settings->items[i].key))
                        apply_additive(&settings->items[i]);
}

void php_settings_apply(const SettingList *settings) {
        for (size_t i = 0; i < settings->n_items; i++) {
                const Setting *setting = &settings->items[i];
                zend_ini_entry *entry;

                if (is_additive(setting->key))
                        continue;

                entry = zend_hash_str_find_ptr(
                                EG(ini_directives), setting->key, strlen(setting->key));
                if (entry && is_admin(setting))
                        entry->modifiable = ZEND_INI_SYSTEM;
                if (!entry && !is_loader(setting->key))
                        warn_unknown(setting);
        }
}

bool php_settings_is_admin(const SettingList *settings, const char *key) {
        for (size_t i = 0; i < settings->n_items; i++)
                if (is_admin(&settings->items[i]) && strcmp(settings->items[i].key, key) == 0)
                        return true;

        return false;
}

/* ini_get_all() shows where an entry may be changed, and must not show fpmd's mark. */
static zif_handler original_ini_get_all;

static ZEND_NAMED_FUNCTION(unmarked_ini_get_all) {
        zval *entry, *access;

        original_ini_get_all(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        if (Z_TYPE_P(return_value) != IS_ARRAY)
                return;

        ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(return_value), entry) {
                if (Z_TYPE_P(entry) != IS_ARRAY)
                        continue;

                access = zend_hash_str_find(Z_ARRVAL_P(entry), ZEND_STRL("access"));
                if (access && Z_TYPE_P(access) == IS_LONG)
                        Z_LVAL_P(access) &= ZEND_INI_ALL;
        }
        ZEND_HASH_FOREACH_END();
}

void php_settings_keep_out_of_code(const SettingList *settings) {
        zend_ini_entry *entry;

        (void) php_hooks_replace("ini_get_all", unmarked_ini_get_all, &original_ini_get_all);

        ZEND_HASH_FOREACH_PTR(EG(ini_directives), entry) {
                if (entry->modifiable == ZEND_INI_SYSTEM &&
                                !php_settings_is_admin(settings, ZSTR_VAL(entry->name)))
                        entry->modifiable = PHP_SETTINGS_CLOSED;
        }
        ZEND_HASH_FOREACH_END();
}
