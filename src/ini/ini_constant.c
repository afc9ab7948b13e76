/* SPDX-License-Identifier: MIT */
#include "ini/ini_constant.h"

#include <string.h>

#include "base/cleanup.h"

const char *ini_constant(const char *name, size_t length, unsigned php) {
        static const struct {
                const char *name, *value;
        } levels[] = {
                { "E_ALL", "30719" }, /* since PHP 8.4, where E_STRICT is only a number */
                { "E_ERROR", "1" },
                { "E_WARNING", "2" },
                { "E_PARSE", "4" },
                { "E_NOTICE", "8" },
                { "E_CORE_ERROR", "16" },
                { "E_CORE_WARNING", "32" },
                { "E_COMPILE_ERROR", "64" },
                { "E_COMPILE_WARNING", "128" },
                { "E_USER_ERROR", "256" },
                { "E_USER_WARNING", "512" },
                { "E_USER_NOTICE", "1024" },
                { "E_STRICT", "2048" },
                { "E_RECOVERABLE_ERROR", "4096" },
                { "E_DEPRECATED", "8192" },
                { "E_USER_DEPRECATED", "16384" },
                { "E_ALL", "32767" },
        };

        for (size_t i = php >= 804 ? 0 : 1; i < ELEMENTSOF(levels); i++)
                if (strlen(levels[i].name) == length && memcmp(levels[i].name, name, length) == 0)
                        return levels[i].value;

        return NULL;
}
