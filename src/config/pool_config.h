/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolConfig: what one pool file says, parsed, validated and with defaults.
 *
 * Runs in: any process. The manager reads the file; the pool program gets the same values in a
 * sealed memfd, because the file may be readable to root only and may have changed since. Trusts:
 * the file's author about wishes, not about syntax.
 *
 * Every directive is a row of the table in config/directive/directive.c, which names its field in
 * config/directive/pool_config_fields.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "config/directive/pool_config_fields.h"
#include "config/file_sections.h"
#include "config/include_lists.h"

/* Is called once for each message: "www.conf:12: pm.max_children: 0 is below 1". priority is a syslog priority: LOG_ERR
 * means that the file is refused, after the rest of it was checked. */
typedef void (*ConfigReport)(void *userdata, int priority, const char *line);

/* Where the words of one pool stand. */
typedef struct PoolSource {
        const char *name; /* of its section, too; see pool_name_is_valid() */
        const char *file; /* may have sections of other pools, which are passed over */
        /* fpmd.conf, whose [global] and [defaults] count where the file says nothing; NULL: none */
        const char *defaults;
        /* Reads only listen and listen.*, for the socket unit, systemd.KEY and the folders that the service needs.
         * Mistakes elsewhere in the file are skipped, because a typo in pm.max_children must not take the pool's
         * address away at the next daemon-reload; mistakes in these directives are skipped after a LOG_WARNING
         * report. */
        bool units_only;
        const IncludeLists *
                        includes; /* what is known of files that the file includes; NULL: nothing */
        const FileSections *sections; /* the file, where it was read already; NULL: it is read */
} PoolSource;

/* Reads and validates the files of a pool; config/pool_files.h finds its source. The caller frees *ret. Returns 0, or
 * after LOG_ERR reports -EINVAL for what the files say, or another negative errno where they cannot be read. */
int pool_config_load_source(
                PoolConfig **ret, const PoolSource *source, ConfigReport report, void *userdata);

/* Does the same for one pool file without defaults. name is the pool's ("www"), see pool_name_is_valid(). */
int pool_config_load(PoolConfig **ret, const char *name, const char *path, ConfigReport report,
                void *userdata);

/* Does the same for a text in memory; file is for messages, and include= is relative to its folder. */
int pool_config_parse(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata);

/* Does that as units_only says. */
int pool_config_parse_listen(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata);

/* Returns whether the socket unit has a unix socket: one of listen, or the default path where the file says none. */
bool pool_config_listens_on_path(const PoolConfig *config);

/* Return the line and the file in which a directive is given, for messages: 0 and config->file if it is not given, or
 * after pool_config_deserialize(). directive is a key of the table ("pm.max_children") or one entry ("env[PATH]"). */
unsigned pool_config_line_of(const PoolConfig *config, const char *directive);
const char *pool_config_file_of(const PoolConfig *config, const char *directive);

/* Finds the same for one row of the table. Returns false if it is not given. *ret_file stays config's. */
struct Directive;
bool pool_config_place_of(const PoolConfig *config, const struct Directive *directive,
                const char **ret_file, unsigned *ret_line);

/* Write all fields into one buffer for a sealed memfd, and read them back. The caller frees *ret, by free() and by
 * pool_config_free(). Return 0 or -ENOMEM; the second returns -EPROTO for what another build of fpmd has written,
 * which has other directives or another contract/, and -EBADMSG for what none can have written. */
int pool_config_serialize(const PoolConfig *config, char **ret, size_t *ret_size);
int pool_config_deserialize(PoolConfig **ret, const char *data, size_t size);

/* Makes a deep copy. Returns 0 or a negative errno. */
int pool_config_copy(PoolConfig **ret, const PoolConfig *config);

PoolConfig *pool_config_free(PoolConfig *config);
DEFINE_CLEANUP(PoolConfig, pool_config_free);

/* Returns whether a text can be a pool's name, which is the instance of a unit and a file name: letters, digits and
 * "_-:." with no dot first, at most 64 bytes. */
bool pool_name_is_valid(const char *name);

/* Makes the path where the pool listens when its file has no listen; units/fpmd@.socket has the same. The caller frees
 * *ret. Returns 0 or -ENOMEM. */
int pool_config_default_listen(const PoolConfig *config, char **ret);

/* Returns whether the script's path ends in an extension that limit_extensions allows: case-sensitive, bytewise, the
 * path longer than the extension (php-fpm's rule). */
bool pool_config_extension_allowed(const PoolConfig *config, const char *path);
