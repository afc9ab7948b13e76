/* SPDX-License-Identifier: MIT */
#include "config/value/pool_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int pool_name_expand(const char *text, const char *name, char **ret) {
        _cleanup_free_ char *expanded = NULL;
        const size_t size = strlen("$pool");
        size_t n = 0;
        char *out;

        for (const char *p = strstr(text, "$pool"); p; p = strstr(p + size, "$pool"))
                n++;

        expanded = malloc(strlen(text) + n * strlen(name) + 1);
        if (!expanded)
                return -ENOMEM;

        out = expanded;
        for (const char *p = text; *p;) {
                if (strncmp(p, "$pool", size) == 0) {
                        out = stpcpy(out, name);
                        p += size;
                } else
                        *out++ = *p++;
        }

        *out = '\0';
        *ret = TAKE_PTR(expanded);
        return 0;
}
