/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolConfig: what one pool file says, parsed, validated and with defaults.
 *
 * Runs in: any process. The manager reads the file; the pool program gets the same values in a
 * sealed memfd, because the file may be readable to root only and may have changed since. Trusts:
 * the file's author about wishes, not about syntax.
 *
 * Every directive is a row of the table in config/directive.c, which names its field in
 * config/pool_config_fields.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "config/pool_config_fields.h"

/* Called once for each thing to tell: "www.conf:12: pm.max_children: 0 is below 1". priority is a
 * syslog one: with LOG_ERR the file is refused, after the rest of it was looked at. */
typedef void (*ConfigReport)(void *userdata, int priority, const char *line);

/* Reads and validates a pool file. name is the pool's ("www"), see pool_name_is_valid().
 * 0, or after LOG_ERR reports: -EINVAL for what the file says, -errno where it cannot be read. */
int pool_config_load(PoolConfig **ret, const char *name, const char *path, ConfigReport report,
                void *userdata);

/* The same from memory; file is only for messages, include= is relative to its folder. */
int pool_config_parse(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata);

/* Only listen and listen.*, for the socket unit, and the folders that the service needs: whatever else is wrong in the file is skipped,
 * because a typo in pm.max_children must not take the pool's address away at the next
 * daemon-reload. What is wrong with these directives is skipped too, after a LOG_WARNING report. */
int pool_config_load_listen(PoolConfig **ret, const char *name, const char *path,
                ConfigReport report, void *userdata);
int pool_config_parse_listen(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata);

/* Whether the socket unit has a unix socket: one of listen, or the default path where the file says none. */
bool pool_config_listens_on_path(const PoolConfig *config);

/* Where the file says it, for messages: 0 and config->file if it does not, or after deserialize().
 * directive is a key of the table ("pm.max_children") or one entry ("env[PATH]"). */
unsigned pool_config_line_of(const PoolConfig *config, const char *directive);
const char *pool_config_file_of(const PoolConfig *config, const char *directive);

/* The same for one row of the table. false: the file does not say it. ret_file is borrowed. */
struct Directive;
bool pool_config_place_of(const PoolConfig *config, const struct Directive *directive,
                const char **ret_file, unsigned *ret_line);

/* Everything as one buffer for a sealed memfd, and back: parse(serialize(c)) equals c. The caller
 * frees. deserialize() refuses what serialize() cannot have written with -EBADMSG. */
int pool_config_serialize(const PoolConfig *config, char **ret, size_t *ret_size);
int pool_config_deserialize(PoolConfig **ret, const char *data, size_t size);

/* A deep copy. 0 or negative errno. */
int pool_config_copy(PoolConfig **ret, const PoolConfig *config);

PoolConfig *pool_config_free(PoolConfig *config);
DEFINE_CLEANUP(PoolConfig, pool_config_free);

/* A pool's name is the instance of a unit and a file name: letters, digits and "_-:." with no dot
 * first, at most 64 bytes. */
bool pool_name_is_valid(const char *name);

/* Where the pool listens when its file does not say it; units/fpmd@.socket has the same. The caller frees. 0 or
 * -ENOMEM. */
int pool_config_default_listen(const PoolConfig *config, char **ret);

/* Whether the script's path ends in an extension that limit_extensions allows: case-sensitive,
 * bytewise, the path longer than the extension (php-fpm's rule). */
bool pool_config_extension_allowed(const PoolConfig *config, const char *path);
