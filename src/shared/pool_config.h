/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolConfig: what one pool file says, parsed, validated and with defaults.
 *
 * Runs in: any process. The manager reads the file; the pool program gets the same values in a
 * sealed memfd, because the file may be readable to root only and may have changed since. Trusts:
 * the file's author about wishes, not about syntax.
 *
 * Every directive is a row of the table in shared/directive.c, which names its field here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/cleanup.h"
#include "shared/setting.h"

typedef enum ProcessManager {
        PM_UNSET,
        PM_STATIC,
        PM_DYNAMIC,
        PM_ONDEMAND,
        PM_AUTO,
} ProcessManager;

/* As a pool file writes it; "" of what is none. */
const char *process_manager_name(uint64_t pm);

/* The ceiling of pm = auto where the file sets none: the rest is a matter of memory. */
#define POOL_AUTO_CHILDREN_MAX 512

/* rlimit_core and the like. */
#define LIMIT_UNSET UINT64_MAX
#define LIMIT_UNLIMITED (UINT64_MAX - 1)

/* process.priority, listen.setfib …: an int that was not given. */
#define INT_UNSET INT64_MIN

typedef struct PoolConfig {
        char *name; /* of the pool: the section, and POOL.conf */
        char *file; /* where it was read from, for messages */

        /* identity */
        char *user;
        char *group;
        char *prefix;

        /* listen: read by fpmd-generator, which makes a drop-in of the socket unit out of it */
        SettingList listen; /* one value per address; php-fpm has one, we take several lines */
        int64_t listen_backlog;
        char *listen_owner;
        char *listen_group;
        uint64_t listen_mode;
        char *listen_acl_users;
        char *listen_acl_groups;
        char *listen_allowed_clients;
        int64_t listen_setfib;

        /* workers */
        uint64_t pm; /* a ProcessManager */
        uint64_t max_children;
        uint64_t start_servers;
        uint64_t min_spare_servers;
        uint64_t max_spare_servers;
        uint64_t max_spawn_rate;
        uint64_t process_idle_timeout_usec;
        uint64_t max_requests;
        uint64_t max_worker_memory_bytes; /* 0: no limit */
        uint64_t idle_exit_timeout_usec;  /* 0: never */
        uint64_t queue_timeout_usec;      /* 0: however long */

        /* limits of a worker */
        int64_t process_priority;
        bool process_dumpable;
        uint64_t rlimit_files;
        uint64_t rlimit_core;
        char *chroot;
        char *chdir;
        bool no_new_privileges;
        char *apparmor_hat;

        /* PHP */
        char *php_ini;          /* a file, NULL: php-fpm's of this machine, else libphp's own */
        char *php_ini_scan_dir; /* a directory list as in PHP_INI_SCAN_DIR, NULL: beside php_ini */
        bool clear_env;
        SettingList env;
        SettingList php_values; /* php_value, php_flag, php_admin_value, php_admin_flag, in order */
        bool php_value_from_request; /* PHP_VALUE and PHP_ADMIN_VALUE of the web server count */
        char *limit_extensions;      /* security.limit_extensions, blank-separated; "" : no limit */

        /* time */
        uint64_t request_terminate_timeout_usec;
        bool request_terminate_timeout_track_finished;
        uint64_t request_body_timeout_usec; /* 0: however long */
        uint64_t request_slowlog_timeout_usec;
        uint64_t request_slowlog_trace_depth;
        char *slowlog;

        /* pages and logs */
        char *status_path;
        char *status_listen;
        char *ping_path;
        char *ping_response;
        char *access_log;
        char *access_format;
        SettingList access_suppress_path;

        /* [global], as far as it means something to one pool */
        uint64_t process_control_timeout_usec;
        uint64_t emergency_restart_threshold;
        uint64_t emergency_restart_interval_usec;
        uint64_t log_level; /* a syslog priority: what is said at all */

        /* for messages: the files that were read, and where each row of the table was given last;
         * NULL after deserialize() */
        char **files;
        size_t n_files;
        struct ConfigPlace *places;
} PoolConfig;

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

/* Only listen and listen.*, for the socket unit: whatever else is wrong in the file is skipped,
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
