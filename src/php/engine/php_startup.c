/* SPDX-License-Identifier: MIT */
#include "php/engine/php_startup.h"

#include <php.h>
#include <php_ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

typedef struct StartSetting {
        const char *name, *value;
        const char *otherwise; /* PHP's own value, where nothing is set; NULL: none */
} StartSetting;

static const StartSetting settings[] = {
        { "html_errors", "0", "1" },
        { "display_errors", "0", "1" },
        { "log_errors", "1", "0" },
        { "error_log", "", NULL },
};

void php_startup_defaults(HashTable *configuration) {
        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                zval value;

                if (!settings[i].otherwise)
                        continue;

                ZVAL_NEW_STR(&value, zend_string_init(settings[i].otherwise,
                                                     strlen(settings[i].otherwise), true));
                zend_hash_str_update(
                                configuration, settings[i].name, strlen(settings[i].name), &value);
        }
}

/* ${name} is what the lines before, of php.ini and the pool file, have set: it is kept under a name of ours. */
char *php_startup_ini_text(char *text, const char *last) {
        _cleanup_free_ char *mine = text;
        char *longer = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&longer, &size);

        if (!f)
                return NULL;

        if (mine)
                fputs(mine, f);
        fputs(last, f);
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                fprintf(f, "fpmd.%s=\"${%s}\"\n%s=%s\n", settings[i].name, settings[i].name,
                                settings[i].name, settings[i].value);
        if (fclose(f) != 0 || !mine) {
                free(longer);
                return NULL;
        }

        return longer;
}

static void restore(const StartSetting *setting) {
        zend_ini_entry *entry = zend_hash_str_find_ptr(
                        EG(ini_directives), setting->name, strlen(setting->name));
        char key[64];
        zval *given;
        zend_string *value = NULL;

        snprintf(key, sizeof(key), "fpmd.%s", setting->name);
        given = cfg_get_entry(key, strlen(key));
        if (!entry)
                return;

        /* An empty one is "off", or no file. */
        if (given && Z_TYPE_P(given) == IS_STRING && (setting->otherwise || Z_STRLEN_P(given) > 0))
                value = zend_string_init(Z_STRVAL_P(given), Z_STRLEN_P(given), true);
        if (value)
                GC_MAKE_PERSISTENT_LOCAL(value);

        entry->value = value;
        if (entry->on_modify)
                (void) entry->on_modify(entry, value, entry->mh_arg1, entry->mh_arg2,
                                entry->mh_arg3, ZEND_INI_STAGE_STARTUP);
}

void php_startup_restore(void) {
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                restore(&settings[i]);
}
