/* SPDX-License-Identifier: MIT */
#include "php/zygote/watched_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sum.h"

enum {
        FILES_MAX = 20000,
};

void watched_files_done(WatchedFiles *files) {
        for (size_t i = 0; i < files->n; i++)
                free(files->items[i].path);
        free(files->items);
        free(files->places);
        *files = (WatchedFiles){};
}

/* Returns the place of the path, or the empty one that it would have. There is always one. */
static uint32_t *place_of(const WatchedFiles *files, const char *path, uint64_t path_sum) {
        for (size_t i = path_sum;; i++) {
                uint32_t *place = &files->places[i % (2 * files->n_allocated)];
                const WatchedFile *file;

                if (*place == 0)
                        return place;

                file = &files->items[*place - 1];
                if (file->path_sum == path_sum && strcmp(file->path, path) == 0)
                        return place;
        }
}

/* A link is watched as such, and as the file that it leads to. */
static uint64_t path_sum_of(const char *path, WatchedKind kind) {
        uint64_t sum = sum_of(path, strlen(path));

        return kind == WATCHED_FILE ? sum : ~sum;
}

bool watched_files_has(const WatchedFiles *files, const char *path, WatchedKind kind) {
        return files->n > 0 && *place_of(files, path, path_sum_of(path, kind)) > 0;
}

static int make_room(WatchedFiles *files) {
        size_t n = files->n_allocated == 0 ? 64 : 2 * files->n_allocated;
        WatchedFile *grown;
        uint32_t *places;

        if (files->n < files->n_allocated)
                return 0;

        grown = reallocarray(files->items, n, sizeof(*grown));
        if (!grown)
                return -ENOMEM;

        files->items = grown;
        places = calloc(2 * n, sizeof(*places));
        if (!places)
                return -ENOMEM;

        free(files->places);
        files->places = places;
        files->n_allocated = n;
        for (size_t i = 0; i < files->n; i++)
                *place_of(files, grown[i].path, grown[i].path_sum) = (uint32_t) i + 1;
        return 0;
}

int watched_files_add(WatchedFiles *files, const char *path, WatchedKind kind, WatchedFile **ret) {
        WatchedFile file = { .path_sum = path_sum_of(path, kind), .kind = kind, .wd = -1 };
        int r;

        if (files->n >= FILES_MAX)
                return -ENOSPC;

        r = make_room(files);
        if (r < 0)
                return r;

        file.path = strdup(path);
        if (!file.path)
                return -ENOMEM;

        files->items[files->n] = file;
        *ret = &files->items[files->n++];
        *place_of(files, path, file.path_sum) = (uint32_t) files->n;
        return 0;
}
