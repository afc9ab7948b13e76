/* SPDX-License-Identifier: MIT */
#include "manager/base/unit_folder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* There are colons between the paths, which are absolute, and there may be some in the name of a pool. */
static size_t path_length(const char *list) {
        const char *next = strstr(list, ":/");

        return next ? (size_t) (next - list) : strlen(list);
}

static bool ends_in(const char *path, size_t size, const char *end) {
        size_t n = strlen(end);

        return size >= n && memcmp(path + size - n, end, n) == 0;
}

char *unit_folder(const char *variable, const char *pool) {
        const char *list = getenv(variable), *path = list;
        _cleanup_free_ char *own = NULL;

        if (!list || *list == '\0')
                return NULL;
        if (asprintf(&own, "/fpmd/%s", pool) < 0) {
                own = NULL;
                return NULL;
        }

        while (*path) {
                size_t size = path_length(path);

                if (ends_in(path, size, own))
                        return strndup(path, size);
                path += size + (path[size] == ':');
        }

        return strndup(list, path_length(list));
}
