/* SPDX-License-Identifier: MIT */
#pragma once
/* FileSections: where in a file of many pools each section stands, with the text of the file.
 *
 * Whoever loads the pools one after the other would look for the line ends of the whole file for each of them.
 *
 * Runs in: any process. */

#include <stdbool.h>
#include <stddef.h>

typedef struct FileSection {
        char *name; /* as it is written */
        size_t offset;
        unsigned line; /* from 1 */
} FileSection;

typedef struct FileSections {
        char *path;
        char *text; /* without an include line, and each line that begins with [ is a section */
        size_t size;
        bool may_quote; /* file_trust_may_quote() */
        FileSection *items;
        size_t n_items;
} FileSections;

typedef struct FileSectionsList {
        FileSections *items;
        size_t n_items;
} FileSectionsList;

/* Adds a section behind the others. Returns 0 or -ENOMEM. */
int file_sections_add(FileSections *file, const char *name, size_t offset, unsigned line);

/* Returns the size of a section with its [NAME] line. */
size_t file_sections_size_of(const FileSections *file, size_t i);
void file_sections_done(FileSections *file);

/* Moves a file into the list. Returns 0 or -ENOMEM, and then it stays where it was. */
int file_sections_list_add(FileSectionsList *list, FileSections *file);

/* Returns the file of that path, or NULL if it is not there. */
const FileSections *file_sections_list_find(const FileSectionsList *list, const char *path);
void file_sections_list_done(FileSectionsList *list);
