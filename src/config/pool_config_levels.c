/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/pool_config_internal.h"
#include "config/value/pool_name.h"
#include "ini/ini_value.h"

/* 804 for 8.4; 0: unknown. */
static unsigned version_number(const char *php) {
        char *end;
        unsigned long major, minor;

        if (!php)
                return 0;

        major = strtoul(php, &end, 10);
        minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
        return (unsigned) (major * 100 + minor);
}

static int evaluate_again(Setting *setting, const char *name, IniLookup lookup, unsigned php) {
        _cleanup_free_ char *text = NULL;
        char *expanded;
        int r;

        r = ini_value_of_php(setting->raw, lookup, php, &text);
        if (r == 0)
                r = pool_name_expand(text, name, &expanded);
        if (r < 0)
                return r;

        free(setting->value);
        setting->value = expanded;
        return 0;
}

int pool_config_take_levels(PoolConfig *config, IniLookup lookup) {
        SettingList *lists[] = { &config->env, &config->php_values };
        unsigned php = version_number(config->php);

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                for (size_t k = 0; k < lists[i]->n_items; k++) {
                        Setting *setting = &lists[i]->items[k];
                        int r;

                        r = setting->raw ? evaluate_again(setting, config->name, lookup, php) : 0;
                        if (r < 0)
                                return r;
                }

        return 0;
}
