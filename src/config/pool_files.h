/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolFiles: which pools there are, and in which file each stands. The one way from the name of a pool to its file.
 *
 * A pool is a section [NAME] of a file *.conf in conf.d, or in a folder that pool_dirs of fpmd.conf names, or in what
 * such a file includes. A file without any section stands for the pool that it is called after.
 *
 * Runs in: any process. Reads section lines and include lines, and of fpmd.conf pool_dirs; the rest of a file is read
 *          by pool_config_load_source().
 * Trusts:  nobody. */

#include <stdbool.h>
#include <stddef.h>

#include "config/file_sections.h"
#include "config/include_lists.h"
#include "config/pool_config.h"

typedef struct PoolFile {
        char *name;
        char *file;  /* the one of conf.d or pool_dirs, for PoolSource */
        char *place; /* "FILE:LINE" of the section, which may stand in a file that file includes */
        char *another; /* the same of another file that has this pool, too; NULL: there is none */
} PoolFile;

typedef struct PoolFiles {
        PoolFile *items; /* by name */
        size_t n_items;
        char *defaults;        /* fpmd.conf; NULL: conf_dir is not called conf.d */
        IncludeLists includes; /* what the files include */
        FileSectionsList
                        files; /* those of many sections; for the units their pools are loaded from this text */
} PoolFiles;

/* Looks through conf_dir and what fpmd.conf beside it names. report, which may be NULL, hears with LOG_ERR of sections
 * that cannot be the name of a pool and of pools that two files have, and with LOG_WARNING of folders that cannot be
 * read. Files that cannot be read stand for the pool that they are called after. The caller frees with
 * pool_files_done(). Returns 0 or a negative errno: -ENOENT is not one. */
int pool_files_read(PoolFiles *ret, const char *conf_dir, ConfigReport report, void *userdata);

/* Does the same for one file only, whatever its folder is. */
int pool_files_read_file(PoolFiles *ret, const char *file, ConfigReport report, void *userdata);

void pool_files_done(PoolFiles *files);

/* Returns the pool of that name, or NULL if there is none. It stays the list's. */
const PoolFile *pool_files_find(const PoolFiles *files, const char *name);

/* Loads a pool that was found. A pool that two files have is refused after a report that names both, but for the units:
 * there the first file counts, so that a copied file does not take a pool's address away. Returns as
 * pool_config_load_source() does. */
int pool_files_load(PoolConfig **ret, const PoolFiles *files, const PoolFile *file, bool units_only,
                ConfigReport report, void *userdata);

/* Finds a pool by its name, and loads it. Returns as pool_files_load() does. Where there is no such pool, reports and
 * returns what pool_config_load() does for CONF_DIR/NAME.conf: -ENOENT if there is no such file. */
int pool_files_load_name(PoolConfig **ret, const char *conf_dir, const char *name, bool units_only,
                ConfigReport report, void *userdata);
