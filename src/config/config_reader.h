/* SPDX-License-Identifier: MIT */
#pragma once
/* ConfigReader: what is known while the files of one pool are read. What the two files of the reader share.
 *
 * Runs in: any process. */

#include <glob.h>

#include "config/pool_config_internal.h"
#include "ini/ini.h"

enum {
        FILE_BYTES_MAX = 1024 * 1024,
        INCLUDE_FILES_MAX = 1024,
        REFUSALS_MAX = 20,     /* more are not worth reading */
        INCLUDE_DEPTH_MAX = 5, /* php-fpm's */
};

typedef enum ConfigSection {
        SECTION_NONE, /* before the first one: what stands there is global */
        SECTION_GLOBAL,
        SECTION_POOL,  /* of this pool, or [defaults] of fpmd.conf */
        SECTION_OTHER, /* of another pool, which is passed over */
} ConfigSection;

typedef struct ConfigReader {
        PoolConfig *config;
        ConfigReporter reporter;
        bool listen_only;
        bool reads_defaults; /* fpmd.conf, behind the pool's own files: what they say counts */
        bool pool_seen;
        const IncludeLists *includes; /* may be NULL */
        bool has_others;              /* a file that may not be quoted was read */
        ConfigSection section;
        const char *file;                         /* being read, borrowed from config */
        const char *files[INCLUDE_DEPTH_MAX + 1]; /* that file, behind those that include it */
        unsigned depth;
} ConfigReader;

/* Says what is wrong, which refuses the file, but for the units. Returns 0: what follows is read all the same,
 * to tell of all mistakes at once; or -EINVAL, when there are too many to read. */
_printf_(4, 5) int config_refuse(ConfigReader *reader, unsigned line, const char *directive,
                const char *format, ...);

/* Takes a line with a value. Returns 0, -ENOMEM, or what config_refuse() returns. */
int config_read_entry(ConfigReader *reader, const IniEvent *event);

/* Returns the value of ${NAME} in a pool file: the variable of this process, or NULL. For ini_parse(). */
const char *config_environment_lookup(const char *name);

/* Finds the files that an include line of file names, relative to the folder of that file. Returns what glob(3) does.
 * The caller frees the pattern, which is for messages, and calls globfree(). */
int config_include_find(const char *file, const char *value, char **ret_pattern, glob_t *ret);
