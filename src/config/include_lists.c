/* SPDX-License-Identifier: MIT */
#include "config/include_lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

static void list_done(IncludeList *list) {
        for (size_t i = 0; i < list->n_files; i++) {
                free(list->files[i].path);
                free(list->files[i].sole_pool);
        }

        free(list->files);
        free(list->pattern);
        *list = (IncludeList){};
}

void include_lists_done(IncludeLists *lists) {
        for (size_t i = 0; i < lists->n_items; i++)
                list_done(&lists->items[i]);

        free(lists->items);
        *lists = (IncludeLists){};
}

static int list_fill(IncludeList *list, const char *pattern, char **paths, size_t n_paths) {
        list->pattern = strdup(pattern);
        list->files = calloc(n_paths + 1, sizeof(*list->files));
        if (!list->pattern || !list->files)
                return -ENOMEM;

        for (; list->n_files < n_paths; list->n_files++) {
                list->files[list->n_files].path = strdup(paths[list->n_files]);
                if (!list->files[list->n_files].path)
                        return -ENOMEM;
        }

        return 0;
}

int include_lists_add(IncludeLists *lists, const char *pattern, char **paths, size_t n_paths,
                IncludeList **ret) {
        _cleanup_(list_done) IncludeList list = {};
        IncludeList *grown;

        if (list_fill(&list, pattern, paths, n_paths) < 0)
                return -ENOMEM;

        grown = reallocarray(lists->items, lists->n_items + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;

        lists->items = grown;
        grown[lists->n_items] = list;
        *ret = &grown[lists->n_items++];
        list = (IncludeList){};
        return 0;
}

IncludeList *include_lists_find(const IncludeLists *lists, const char *pattern) {
        for (size_t i = 0; lists && i < lists->n_items; i++)
                if (strcmp(lists->items[i].pattern, pattern) == 0)
                        return &lists->items[i];

        return NULL;
}

bool included_file_is_of_others(const IncludedFile *file, const char *pool) {
        return file->sole_pool && strcasecmp(file->sole_pool, pool) != 0;
}
