/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolScan: which pools the sections of files name, of one file after the other with what it includes.
 *
 * Runs in: any process. Reads section lines and include lines only.
 * Trusts:  nobody. */

#include <stdbool.h>
#include <stddef.h>

#include "config/file_sections.h"
#include "config/include_lists.h"
#include "config/pool_config.h"

#define POOL_FILE_SUFFIX ".conf"

typedef struct PoolSection {
        char *name;
        char *file;  /* of conf.d or pool_dirs */
        char *place; /* "FILE:LINE" of the section, which may stand in a file that file includes */
        bool is_namesake; /* the file is called after the pool */
        size_t order;     /* in which it was found */
} PoolSection;

/* Begins with report and userdata set and the rest zero. */
typedef struct PoolScan {
        ConfigReport report; /* may be NULL */
        void *userdata;
        PoolSection *sections;
        size_t n_sections;

        /* of the file that is being read: */
        const char *root; /* of conf.d or pool_dirs */
        const char *stem; /* its name without ".conf", which is no text of its own: */
        size_t stem_size;
        bool has_section; /* one was seen in root or below it */
        const char *file; /* root or one that it includes */
        unsigned depth, n_files;
        bool is_sole;    /* so far it consists of not more than one section, of a pool, */
        char *sole_pool; /* which is this one */

        bool is_plain; /* root has neither an include line nor a mistake in what was read of it */
        FileSections of_root;

        IncludeLists includes;
        FileSectionsList files; /* those of many sections */
} PoolScan;

/* Adds the pools of one file. A file without any section, or that cannot be read, stands for the pool that it is called
 * after. Reports sections that cannot be the name of a pool with LOG_ERR. Returns 0 or -ENOMEM. */
int pool_scan_read(PoolScan *scan, const char *file);

/* Reports a message, with '?' in the place of control bytes. */
_printf_(3, 4) void pool_scan_report(const PoolScan *scan, int priority, const char *format, ...);

/* Frees the sections, and the lists of includes and files. */
void pool_scan_done(PoolScan *scan);
