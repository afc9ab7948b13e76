/* SPDX-License-Identifier: MIT */
#pragma once
/* What the files of PoolConfig share with each other and with nobody else.
 *
 * Runs in: any process. */

#include <stdarg.h>

#include "config/pool_config.h"
#include "ini/ini_value.h"

typedef struct ConfigPlace {
        const char *file; /* borrowed from config->files */
        unsigned line;    /* 0: not given */
        bool is_default;  /* fpmd.conf says it */
        bool is_wrong;    /* was reported: rules that it takes part in are not checked */
} ConfigPlace;

/* Where reports go, and whether the file is refused. */
typedef struct ConfigReporter {
        ConfigReport report;
        void *userdata;
        unsigned n_refused;      /* how many were LOG_ERR */
        unsigned n_wrong_values; /* of these: the line is understood but for its value */
        bool quotes_nothing;     /* config/file_trust.h */
} ConfigReporter;

/* Report "file:line: directive: text", without the parts that are 0 or NULL; control bytes become '?'. Where nothing
 * may be quoted they report only that there is a mistake, and in which directive. */
_printf_(6, 7) void config_report(ConfigReporter *reporter, int priority, const char *file,
                unsigned line, const char *directive, const char *format, ...);
_printf_(6, 0) void config_vreport(ConfigReporter *reporter, int priority, const char *file,
                unsigned line, const char *directive, const char *format, va_list arguments);

/* Makes a config that has the defaults alone, and copies both texts. Returns 0 or -ENOMEM. */
int pool_config_new(PoolConfig **ret, const char *name, const char *file);

/* Adds a copy of path to the files that were read; *ret lives as long as config. Returns 0 or -ENOMEM. */
int pool_config_add_file(PoolConfig *config, const char *path, const char **ret);

/* Gives those settings of the pool that name E_ALL the number that it has in the pool's PHP, which may be named behind
 * them. Returns 0 or -ENOMEM. */
int pool_config_take_levels(PoolConfig *config, IniLookup lookup);

/* Marks the value of a directive as wrong, and returns whether it is marked. */
void pool_config_mark_wrong(PoolConfig *config, const char *directive);
bool pool_config_is_wrong(const PoolConfig *config, const char *directive);

/* Checks the rules between directives and fills in the values that follow from others. Returns 0, -ENOMEM, or -EINVAL
 * when there was a LOG_ERR report, now or before. */
int pool_config_validate(PoolConfig *config, ConfigReporter *reporter);

/* Checks the part of it that units_only asks for, and takes out wrong addresses. Returns as above. */
int pool_config_validate_listen(PoolConfig *config, ConfigReporter *reporter);

/* Returns the entry of a key[sub] list that comes first in the file, so that a further one with the same sub has no
 * effect, or NULL. */
struct Directive;
const Setting *pool_config_earlier_entry(
                const PoolConfig *config, const struct Directive *directive, const char *sub);

/* Makes *path absolute with prefix, which stands for $prefix at its start or goes before it, and replaces *path.
 * Returns 0, -ENOENT when the path is relative and prefix is NULL, or -ENOMEM. */
int pool_config_resolve_path(const char *prefix, char **path);
