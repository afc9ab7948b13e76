/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolConfig's fields: what one pool file says, by value. config/pool_config.h makes and frees it, and each row of the
 * table in config/directive/directive.c names its field here.
 *
 * Runs in: any process. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/value/setting.h"

typedef enum ProcessManager {
        PM_UNSET,
        PM_STATIC,
        PM_DYNAMIC,
        PM_ONDEMAND,
        PM_AUTO,
} ProcessManager;

/* Returns the name as a pool file writes it, or "" for a value that is none. */
const char *process_manager_name(uint64_t pm);

/* The worker limit of pm = auto where the file sets none: the rest is a matter of memory. */
#define POOL_AUTO_CHILDREN_MAX 512

/* rlimit_core and the like. */
#define LIMIT_UNSET UINT64_MAX
#define LIMIT_UNLIMITED (UINT64_MAX - 1)

/* process.priority, listen.setfib …: an int that was not given. */
#define INT_UNSET INT64_MIN

typedef struct PoolConfig {
        char *name; /* of the pool: the section, and POOL.conf */
        char *file; /* where it was read from, for messages */
        uint64_t read_usec; /* and when, by CLOCK_REALTIME */

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
        uint64_t idle_warm_bytes;         /* 0: what is compiled is not kept */
        uint64_t reload_warm_usec;        /* 0: nothing is compiled beforehand */
        char *preload;                    /* auto, or no */
        uint64_t queue_timeout_usec;      /* 0: however long */

        /* limits of a worker */
        int64_t process_priority;
        bool process_dumpable;
        bool process_show_request; /* titles of workers name the request */
        uint64_t rlimit_files;
        uint64_t rlimit_core;
        char *chroot;
        char *chdir;
        bool no_new_privileges;
        char *apparmor_hat;

        /* PHP */
        char *php;              /* the version, as 8.4; after pool_config_load() NULL only where none is installed */
        char *php_ini;          /* a file, NULL: that of php-fpm */
        char *php_ini_scan_dir; /* a directory list as in PHP_INI_SCAN_DIR, NULL: beside php_ini */
        bool clear_env;
        SettingList env;
        SettingList php_values; /* php_value, php_flag, php_admin_value, php_admin_flag, in order */
        bool php_value_from_request; /* PHP_VALUE and PHP_ADMIN_VALUE of the web server count */
        char *limit_extensions;      /* security.limit_extensions, blank-separated; "" : no limit */

        /* worker mode: a script that stays */
        char *worker_script; /* NULL: each request runs its own script from the start */
        char *worker_paths;  /* patterns of SCRIPT_NAME, blank-separated; NULL: all but other scripts */
        char *worker_warmup; /* the URI of a request of our own, before the first client's; NULL: none */
        char *worker_boot;   /* where: auto, zygote or worker */
        uint64_t worker_boot_timeout_usec; /* 0: however long */
        char *worker_exit_continue; /* auto, 1 or nothing */
        uint64_t worker_idle_tick_usec; /* 0: never */
        bool worker_watch;
        bool worker_restore;
        char *worker_keep_ini; /* names of settings, blank-separated */

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

        SettingList unit_settings; /* systemd.KEY = value, for fpmd-generator */

        /* [global], as far as it means something to one pool */
        uint64_t process_control_timeout_usec;
        uint64_t emergency_restart_threshold;
        uint64_t emergency_restart_interval_usec;
        uint64_t process_max;         /* 0: no limit */
        int64_t global_priority;      /* process.priority … of [global], for a pool that has none */
        uint64_t global_rlimit_files;
        uint64_t global_rlimit_core;
        char *pool_dirs;
        uint64_t log_level; /* a syslog priority: what is said at all */
        uint64_t log_limit; /* bytes of a line that php-fpm would write: what the web server is told */

        /* for messages: the files that were read, and where each row of the table was given last;
         * NULL after deserialize() */
        char **files;
        size_t n_files;
        struct ConfigPlace *places;
} PoolConfig;
