/* SPDX-License-Identifier: MIT */
#include "config/file_sections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int file_sections_add(FileSections *file, const char *name, size_t offset, unsigned line) {
        FileSection *grown = reallocarray(file->items, file->n_items + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;

        file->items = grown;
        grown[file->n_items] = (FileSection){
                .name = strdup(name),
                .offset = offset,
                .line = line,
        };
        return grown[file->n_items].name ? (file->n_items++, 0) : -ENOMEM;
}

size_t file_sections_size_of(const FileSections *file, size_t i) {
        size_t end = i + 1 < file->n_items ? file->items[i + 1].offset : file->size;

        return end - file->items[i].offset;
}

void file_sections_done(FileSections *file) {
        for (size_t i = 0; i < file->n_items; i++)
                free(file->items[i].name);

        free(file->items);
        free(file->path);
        free(file->text);
        *file = (FileSections){};
}

int file_sections_list_add(FileSectionsList *list, FileSections *file) {
        FileSections *grown = reallocarray(list->items, list->n_items + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;

        list->items = grown;
        grown[list->n_items++] = *file;
        *file = (FileSections){};
        return 0;
}

const FileSections *file_sections_list_find(const FileSectionsList *list, const char *path) {
        for (size_t i = 0; i < list->n_items; i++)
                if (strcmp(list->items[i].path, path) == 0)
                        return &list->items[i];

        return NULL;
}

void file_sections_list_done(FileSectionsList *list) {
        for (size_t i = 0; i < list->n_items; i++)
                file_sections_done(&list->items[i]);

        free(list->items);
        *list = (FileSectionsList){};
}
