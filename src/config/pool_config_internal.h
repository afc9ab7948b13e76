/* SPDX-License-Identifier: MIT */
#pragma once
/* What the files of PoolConfig share with each other and with nobody else.
 *
 * Runs in: any process. */

#include <stdarg.h>

#include "config/pool_config.h"

typedef struct ConfigPlace {
        const char *file; /* borrowed from config->files */
        unsigned line;    /* 0: not given */
        bool is_wrong;    /* was said: what goes together with it is not looked at */
} ConfigPlace;

/* Where reports go, and whether the file is refused. */
typedef struct ConfigReporter {
        ConfigReport report;
        void *userdata;
        unsigned n_refused;      /* how many were LOG_ERR */
        unsigned n_wrong_values; /* of these: the line is understood but for its value */
        bool quotes_nothing;     /* config/file_trust.h */
} ConfigReporter;

/* Says "file:line: directive: text", without what is 0 or NULL; control bytes become '?'. Where nothing may be quoted,
 * says only that something is wrong, and with a directive if it is one. */
_printf_(6, 7) void config_say(ConfigReporter *reporter, int priority, const char *file,
                unsigned line, const char *directive, const char *format, ...);
_printf_(6, 0) void config_vsay(ConfigReporter *reporter, int priority, const char *file,
                unsigned line, const char *directive, const char *format, va_list arguments);

/* Defaults only. dups both. */
int pool_config_new(PoolConfig **ret, const char *name, const char *file);

/* dups path; ret lives as long as config. */
int pool_config_add_file(PoolConfig *config, const char *path, const char **ret);

/* Marks what the file says of a directive as wrong, and whether that was done. */
void pool_config_mark_wrong(PoolConfig *config, const char *directive);
bool pool_config_is_wrong(const PoolConfig *config, const char *directive);

/* What depends on more than one directive; fills in what follows from others. 0, -ENOMEM, or
 * -EINVAL after a LOG_ERR report, also of what was wrong before. */
int pool_config_validate(PoolConfig *config, ConfigReporter *reporter);

/* The part of it that pool_config_load_listen() needs: wrong addresses are taken out. */
int pool_config_validate_listen(PoolConfig *config, ConfigReporter *reporter);
