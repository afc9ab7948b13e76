/* SPDX-License-Identifier: MIT */
#include "php/zygote/watched_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sum.h"

enum {
        FILES_MAX = 20000,
};

void watched_files_done(WatchedFiles *files) {
        for (size_t i = 0; i < files->n; i++)
                free(files->items[i].path);
        free(files->items);
        free(files->by_path);
        free(files->by_wd);
        *files = (WatchedFiles){};
}

/* A link is watched as such, and as the file that it leads to. */
static uint64_t path_sum_of(const char *path, size_t size, WatchedKind kind) {
        uint64_t sum = sum_of(path, size);

        return kind == WATCHED_FILE ? sum : ~sum;
}

static bool is_at(const WatchedFile *file, const char *path, size_t size, uint64_t path_sum) {
        return file->path_sum == path_sum && strncmp(file->path, path, size) == 0 &&
               file->path[size] == '\0';
}

/* Returns the place of the path, or the empty one that it would have. There is always one. */
static uint32_t *place_of(
                const WatchedFiles *files, const char *path, size_t size, uint64_t path_sum) {
        for (size_t i = path_sum;; i++) {
                uint32_t *place = &files->by_path[i % (2 * files->n_allocated)];

                if (*place == 0 || is_at(&files->items[*place - 1], path, size, path_sum))
                        return place;
        }
}

/* Returns a number, or 0. */
static uint32_t find(const WatchedFiles *files, const char *path, size_t size, WatchedKind kind) {
        return files->n > 0 ? *place_of(files, path, size, path_sum_of(path, size, kind)) : 0;
}

bool watched_files_has(const WatchedFiles *files, const char *path, WatchedKind kind) {
        return find(files, path, strlen(path), kind) > 0;
}

static uint32_t parent_of(const WatchedFiles *files, const char *path, WatchedKind kind) {
        const char *name = strrchr(path, '/');
        uint32_t link = kind == WATCHED_FILE ? find(files, path, strlen(path), WATCHED_LINK) : 0;

        return link > 0 || !name ? link : find(files, path, (size_t) (name - path), WATCHED_FOLDER);
}

/* inotify counts up: files that follow each other are at places that do. */
static uint32_t *place_of_wd(const WatchedFiles *files, int wd) {
        return &files->by_wd[(size_t) wd % files->n_allocated];
}

static void link_wd(WatchedFiles *files, WatchedFile *file) {
        uint32_t *place = place_of_wd(files, file->wd);

        file->next_of_wd = *place;
        *place = (uint32_t) (file - files->items) + 1;
}

static void unlink_wd(WatchedFiles *files, const WatchedFile *file) {
        uint32_t *place = place_of_wd(files, file->wd);

        while (&files->items[*place - 1] != file)
                place = &files->items[*place - 1].next_of_wd;
        *place = file->next_of_wd;
}

static void index_all(WatchedFiles *files) {
        for (size_t i = 0; i < files->n; i++) {
                WatchedFile *file = &files->items[i];

                *place_of(files, file->path, strlen(file->path), file->path_sum) = (uint32_t) i + 1;
                if (file->wd >= 0)
                        link_wd(files, file);
        }
}

static int make_room(WatchedFiles *files) {
        size_t n = files->n_allocated == 0 ? 64 : 2 * files->n_allocated;
        _cleanup_free_ uint32_t *by_path = NULL, *by_wd = NULL;
        WatchedFile *items;

        if (files->n < files->n_allocated)
                return 0;

        items = reallocarray(files->items, n, sizeof(*items));
        if (!items)
                return -ENOMEM;

        files->items = items;
        by_path = calloc(2 * n, sizeof(*by_path));
        by_wd = calloc(n, sizeof(*by_wd));
        if (!by_path || !by_wd)
                return -ENOMEM;

        free(files->by_path);
        free(files->by_wd);
        files->by_path = TAKE_PTR(by_path);
        files->by_wd = TAKE_PTR(by_wd);
        files->n_allocated = n;
        index_all(files);
        return 0;
}

int watched_files_add(WatchedFiles *files, const char *path, WatchedKind kind, WatchedFile **ret) {
        size_t size = strlen(path);
        WatchedFile file = { .path_sum = path_sum_of(path, size, kind), .kind = kind, .wd = -1 };
        int r;

        if (files->n >= FILES_MAX)
                return -ENOSPC;

        r = make_room(files);
        if (r < 0)
                return r;

        file.path = strdup(path);
        if (!file.path)
                return -ENOMEM;

        file.parent = parent_of(files, path, kind);
        files->items[files->n] = file;
        *ret = &files->items[files->n++];
        *place_of(files, path, size, file.path_sum) = (uint32_t) files->n;
        return 0;
}

void watched_files_set_wd(WatchedFiles *files, WatchedFile *file, int wd) {
        if (wd == file->wd)
                return;

        if (file->wd >= 0)
                unlink_wd(files, file);
        file->wd = wd;
        if (wd >= 0)
                link_wd(files, file);
}

WatchedFile *watched_files_of_wd(const WatchedFiles *files, int wd, const WatchedFile *former) {
        uint32_t number = 0;

        if (former)
                number = former->next_of_wd;
        else if (wd >= 0 && files->n > 0)
                number = *place_of_wd(files, wd);
        while (number > 0 && files->items[number - 1].wd != wd)
                number = files->items[number - 1].next_of_wd;
        return number > 0 ? &files->items[number - 1] : NULL;
}

/* A parent stands before what is in it. */
void watched_files_pass_events_down(WatchedFiles *files) {
        for (size_t i = 0; i < files->n; i++) {
                WatchedFile *file = &files->items[i];

                if (file->parent > 0 && files->items[file->parent - 1].has_event)
                        file->has_event = true;
        }
}
