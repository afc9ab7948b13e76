/* SPDX-License-Identifier: MIT */
#include "config/directive/directive.h"

#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "contract/scoreboard.h"

/* The C type that the field of each DirectiveType must have, so that a row which names a field of
 * another one does not compile. */
#define FIELD_BOOL bool
#define FIELD_INT int64_t
#define FIELD_UINT uint64_t
#define FIELD_COUNT uint64_t
#define FIELD_USEC uint64_t
#define FIELD_BYTES uint64_t
#define FIELD_MODE uint64_t
#define FIELD_LIMIT uint64_t
#define FIELD_PM uint64_t
#define FIELD_LEVEL uint64_t
#define FIELD_STRING char *
#define FIELD_TEXT char *
#define FIELD_NAME char *
#define FIELD_RELEASE char *
#define FIELD_NAMES char *
#define FIELD_CLIENTS char *
#define FIELD_PATH char *
#define FIELD_LOG char *
#define FIELD_URI char *
#define FIELD_FORMAT char *
#define FIELD_ADDRESS char *
#define FIELD_ADDRESSES SettingList
#define FIELD_URIS SettingList
#define FIELD_VALUES SettingList
#define FIELD_FLAGS SettingList
#define FIELD_UNIT SettingList

#define OFFSET(type_, field_)                                                                      \
        (offsetof(PoolConfig, field_) +                                                            \
                        0 * sizeof(char[__builtin_types_compatible_p(FIELD_##type_,                \
                                                        typeof(((PoolConfig *) 0)->field_))        \
                                                            ? 1                                    \
                                                            : -1]))

#define ROW(section_, key_, type_, offset_, default_, min_, max_, help_, ...)                      \
        {                                                                                          \
                .key = key_, .section = section_, .type = DIRECTIVE_##type_, .offset = offset_,    \
                .value_default = default_, .min = min_, .max = max_, .help = help_, __VA_ARGS__    \
        }

/* A directive of the pool, one with a list, one of [global], one that never has an effect. */
#define D(key_, type_, field_, ...)                                                                \
        ROW(DIRECTIVE_POOL, key_, type_, OFFSET(type_, field_), __VA_ARGS__)
#define L(key_, type_, field_, kind_, ...)                                                         \
        ROW(DIRECTIVE_POOL, key_, type_, OFFSET(type_, field_), NULL, 0, 0, __VA_ARGS__,           \
                        .kind = kind_)
#define G(key_, type_, field_, ...)                                                                \
        ROW(DIRECTIVE_GLOBAL, key_, type_, OFFSET(type_, field_), __VA_ARGS__)
#define N(section_, key_, type_, default_, min_, max_, priority_, help_)                           \
        ROW(DIRECTIVE_##section_, key_, type_, DIRECTIVE_NO_FIELD, default_, min_, max_, help_,    \
                        .status = DIRECTIVE_NEVER, .priority = priority_)

#define DAY ((int64_t) (24 * 3600 * USEC_PER_SEC))
#define SEC ((int64_t) USEC_PER_SEC)

/* clang-format off */
static const Directive directives[] = {
        /* key                      type       field                      default     min   max */

        /* [global] */
        G("log_level",              LEVEL,     log_level,                 "notice",   0,    0,
          "messages of this level and more important ones are logged"),
        G("log_limit",              UINT,      log_limit,                 "1024",     512,  INT32_MAX,
          "how many bytes of a message of PHP are sent to the web server; the journal has the whole"),
        G("emergency_restart_threshold", UINT, emergency_restart_threshold, "0",      0,    INT32_MAX,
          "start a new generation when this many workers crashed within the interval, 0: never"),
        G("emergency_restart_interval",  USEC, emergency_restart_interval_usec, "0",  0,    365 * DAY,
          "the interval of emergency_restart_threshold"),
        G("process_control_timeout", USEC,     process_control_timeout_usec, "0",     0,    365 * DAY,
          "how long the old workers may take to finish after a reload or stop; 0: as long as they need, "
          "but 80 s at a stop"),

        G("process.max",            UINT,      process_max,               "0",        0,    INT32_MAX,
          "how many workers each pool may have, whatever its pm.max_children says; 0: any number"),
        G("process.priority",       INT,       global_priority,           NULL,       -20,  20,
          "the nice value of the workers of each pool that has no process.priority"),
        G("rlimit_files",           LIMIT,     global_rlimit_files,       "0",        0,    INT32_MAX,
          "how many files a worker may have open, in each pool that has no rlimit_files; 0: as the service"),
        G("rlimit_core",            LIMIT,     global_rlimit_core,        "0",        0,    INT64_MAX,
          "how large core files may be, in each pool that has no rlimit_core; 0: as the service's"),
        G("pool_dirs",              STRING,    pool_dirs,                 NULL,       0,    0,
          "in fpmd.conf: further folders of pool files, as absolute paths separated by blanks"),

        N(GLOBAL, "pid",              STRING,  NULL,       0, 0,            LOG_NOTICE,
          "systemd knows the main process: systemctl show -P MainPID fpmd@POOL"),
        N(GLOBAL, "error_log",        STRING,  NULL,       0, 0,            LOG_NOTICE,
          "messages go to the journal: journalctl -u fpmd@POOL"),
        N(GLOBAL, "syslog.ident",     STRING,  "php-fpm",  0, 0,            LOG_NOTICE,
          "messages go to the journal; set SyslogIdentifier= in the unit"),
        N(GLOBAL, "syslog.facility",  STRING,  "daemon",   0, 0,            LOG_NOTICE,
          "messages go to the journal; set SyslogFacility= in the unit"),
        N(GLOBAL, "log_buffering",    BOOL,    "yes",      0, 0,            LOG_NOTICE,
          "the journal always stores whole lines of the workers"),
        N(GLOBAL, "daemonize",        BOOL,    "yes",      0, 0,            LOG_NOTICE,
          "systemd starts the manager, which always stays in the foreground"),
        N(GLOBAL, "events.mechanism", STRING,  NULL,       0, 0,            LOG_NOTICE,
          "the manager uses epoll, and only when something happens"),
        N(GLOBAL, "systemd_interval", USEC,    "10s",      0, 365 * DAY,    LOG_NOTICE,
          "systemctl status is kept up to date without a timer"),

        /* identity */
        D("prefix",                 STRING,    prefix,                    NULL,       0,    0,
          "an absolute directory that relative paths of this file start from"),
        D("user",                   NAME,      user,                      NULL,       0,    0,
          "the user that PHP runs as, by name or number; never root"),
        D("group",                  NAME,      group,                     NULL,       0,    0,
          "the group that PHP runs as; without it the group of the user"),

        /* listen, for the socket unit */
        L("listen",                 ADDRESSES, listen,                    SETTING_PLAIN,
          "where the web server connects: a unix path, PORT, IPV4:PORT or [IPV6]:PORT; may be given "
          "several times; without it /run/fpmd/POOL.sock"),
        D("listen.backlog",         INT,       listen_backlog,            "-1",       -1,   INT32_MAX,
          "how many connections may wait, -1: as many as net.core.somaxconn allows"),
        D("listen.owner",           NAME,      listen_owner,              NULL,       0,    0,
          "the owner of a unix socket; without it www-data, or root where the group is enough"),
        D("listen.group",           NAME,      listen_group,              NULL,       0,    0,
          "the group of a unix socket; without it www-data"),
        D("listen.mode",            MODE,      listen_mode,               "0660",     0,    0777,
          "the permissions of a unix socket"),
        D("listen.acl_users",       NAMES,     listen_acl_users,          NULL,       0,    0,
          "users that may connect to a unix socket, instead of listen.owner and listen.group"),
        D("listen.acl_groups",      NAMES,     listen_acl_groups,         NULL,       0,    0,
          "groups that may connect to a unix socket, instead of listen.owner and listen.group"),
        D("listen.allowed_clients", CLIENTS,   listen_allowed_clients,    NULL,       0,    0,
          "IP addresses that may connect to a TCP socket, comma-separated; without it all may; the pool is "
          "refused if an entry is not an address"),
        N(POOL, "listen.setfib",    INT,       "-1",       -1, INT32_MAX,   LOG_WARNING,
          "routing tables of sockets exist on BSD systems only; BindToDevice= in the socket unit may be of use"),

        /* workers */
        D("pm",                     PM,        pm,                        NULL,       0,    0,
          "auto: as many as load and memory ask for; static: always pm.max_children; dynamic: some idle ones; "
          "ondemand: none while idle"),
        D("pm.max_children",        UINT,      max_children,              NULL,       1,
                                                                          SCOREBOARD_SLOTS_MAX,
          "how many workers there are at most, and so requests at the same time; for auto 512 unless given"),
        D("pm.start_servers",       COUNT,     start_servers,             NULL,       0,    INT32_MAX,
          "dynamic: how many workers are started first; without it half-way between the spare numbers"),
        D("pm.min_spare_servers",   COUNT,     min_spare_servers,         NULL,       0,    INT32_MAX,
          "dynamic: how many workers are idle at least"),
        D("pm.max_spare_servers",   COUNT,     max_spare_servers,         NULL,       0,    INT32_MAX,
          "dynamic: how many workers are idle at most"),
        D("pm.max_spawn_rate",      COUNT,     max_spawn_rate,            "32",       0,    INT32_MAX,
          "dynamic: how many workers are started at once at most"),
        D("pm.process_idle_timeout", USEC,     process_idle_timeout_usec, "10s",      0,    365 * DAY,
          "ondemand: how long an idle worker stays"),
        D("pm.max_requests",        COUNT,     max_requests,              "0",        0,    INT32_MAX,
          "replace a worker after this many requests, 0: never"),
        D("pm.max_worker_memory",   BYTES,     max_worker_memory_bytes,   "0",        0,    INT64_MAX,
          "replace a worker whose own memory has grown beyond this, after its request; 0: never"),
        D("pm.idle_exit_timeout",   USEC,      idle_exit_timeout_usec,    NULL,       0,    365 * DAY,
          "the whole pool leaves after this time without a request, the next one starts it; 0: never; "
          "without it 10m for auto and ondemand, else never"),
        D("idle_warm",              BYTES,     idle_warm_bytes,           NULL,       0,    INT64_MAX,
          "how much of what PHP has compiled is kept on disk for the next start; 0: nothing; "
          "without it 64M where the pool leaves when it is idle"),
        D("reload_warm",            USEC,      reload_warm_usec,          "5s",       0,    3600 * SEC,
          "how long a new generation may compile what the one before it had in use, before it takes over; "
          "0: not at all"),
        D("preload",                TEXT,      preload,                   "no",       0,    0,
          "auto: the classes that requests autoload stay linked in each worker for its next ones"),
        D("pm.queue_timeout",       USEC,      queue_timeout_usec,        "0",        0,    DAY,
          "answer 503 to requests that waited longer than this for a worker, 0: never"),

        /* limits of a worker */
        D("process.priority",       INT,       process_priority,          NULL,       -20,  20,
          "the nice value of the workers"),
        D("process.dumpable",       BOOL,      process_dumpable,          "no",       0,    0,
          "let the kernel write a core file of a worker, and its own user trace it"),
        D("process.show_request",   BOOL,      process_show_request,      "no",       0,    0,
          "ps shows the request of each worker, without its query, to every user of the machine"),
        D("rlimit_files",           LIMIT,     rlimit_files,              "0",        0,    INT32_MAX,
          "how many files a worker may have open, 0: as many as the service"),
        D("rlimit_core",            LIMIT,     rlimit_core,               "0",        0,    INT64_MAX,
          "how large a worker's core file may be in bytes, or unlimited; 0: as the service's"),
        D("chroot",                 PATH,      chroot,                    NULL,       0,    0,
          "the root directory of the workers"),
        D("chdir",                  STRING,    chdir,                     NULL,       0,    0,
          "the working directory of the workers, inside chroot; without it / if there is a chroot"),
        D("no_new_privileges",      BOOL,      no_new_privileges,         "no",       0,    0,
          "no program that a script starts can gain privileges; breaks mail() if sendmail is set-id"),
        D("apparmor_hat",           STRING,    apparmor_hat,              NULL,       0,    0,
          "the AppArmor hat that PHP takes on: a child of the profile that AppArmorProfile= of the unit names"),

        /* PHP */
        D("php",                    RELEASE,   php,                       NULL,       0,    0,
          "the version of PHP, such as 8.4; without it the newest that is installed"),
        D("php_ini",                PATH,      php_ini,                   NULL,       0,    0,
          "the php.ini of the pool; without it that of php-fpm of the same PHP"),
        D("php_ini_scan_dir",       TEXT,      php_ini_scan_dir,          NULL,       0,    0,
          "the directories of further .ini files, colon-separated; without it php-fpm's conf.d"),
        D("clear_env",              BOOL,      clear_env,                 "yes",      0,    0,
          "scripts see only the environment variables that env[] names"),
        L("env",                    VALUES,    env,                       SETTING_ENV,
          "an environment variable of the scripts; the value $NAME takes it from the manager's environment"),
        L("php_value",              VALUES,    php_values,                SETTING_PHP_VALUE,
          "a php.ini setting of the pool, which a script may change"),
        L("php_flag",               FLAGS,     php_values,                SETTING_PHP_FLAG,
          "a php.ini setting that is on or off, which a script may change"),
        L("php_admin_value",        VALUES,    php_values,                SETTING_PHP_ADMIN_VALUE,
          "a php.ini setting of the pool, which nothing may change"),
        L("php_admin_flag",         FLAGS,     php_values,                SETTING_PHP_ADMIN_FLAG,
          "a php.ini setting that is on or off, which nothing may change"),
        D("php_value_from_request", BOOL,      php_value_from_request,    "yes",      0,    0,
          "the web server may send settings for a request, as PHP_VALUE and PHP_ADMIN_VALUE"),
        D("security.limit_extensions", TEXT,   limit_extensions,          ".php .phar", 0,  0,
          "the ends that the path of a script may have, blank-separated; empty: any"),

        /* worker mode */
        D("worker_script",          PATH,      worker_script,             NULL,       0,    0,
          "a script that boots the application once and is then called for each request; "
          "without it each request runs its own script"),
        D("worker_paths",           TEXT,      worker_paths,              NULL,       0,    0,
          "which requests worker_script answers, as patterns of SCRIPT_NAME, blank-separated; "
          "without it all but those of other scripts that exist"),
        D("worker_warmup",          URI,       worker_warmup,             NULL,       0,    0,
          "the path of a request that the application answers before the first client's"),
        D("worker_boot",            TEXT,      worker_boot,               "worker",   0,    0,
          "where worker_script boots: in each worker; in the zygote, once for all; or auto"),
        D("worker_boot_timeout",    USEC,      worker_boot_timeout_usec,  "30s",      0,    DAY,
          "end a worker whose worker_script does not come to its first client within this time, 0: never"),
        D("worker_exit_continue",   TEXT,      worker_exit_continue,      "auto",     0,    0,
          "whether worker_script goes on behind a request that exits: yes, no, "
          "or auto, where that has passed over no finally and no catch block"),
        D("worker_idle_tick",       USEC,      worker_idle_tick_usec,     "0",        0,    DAY,
          "call what worker_script has given to fpmd_on_idle() each time no request has come for so long, 0: never"),
        D("worker_watch",           BOOL,      worker_watch,              "no",       0,    0,
          "reload when a file has changed that worker_script has compiled"),
        D("worker_restore",         BOOL,      worker_restore,            "yes",      0,    0,
          "give back to each request of worker_script what the one before has changed of PHP and its process"),
        D("worker_keep_ini",        TEXT,      worker_keep_ini,           NULL,       0,    0,
          "further php.ini settings that worker_script may make for good, blank-separated, as session.*"),

        /* time */
        D("request_terminate_timeout", USEC,   request_terminate_timeout_usec, "0",   0,    365 * DAY,
          "end a worker whose request takes longer, 0: never"),
        D("request_terminate_timeout_track_finished", BOOL,
                                               request_terminate_timeout_track_finished, "no", 0, 0,
          "count the time after fastcgi_finish_request() too"),
        D("request_body_timeout",   USEC,      request_body_timeout_usec, "5m",       0,    DAY,
          "answer 408 to a request of whose body nothing comes for longer, 0: never"),
        D("request_slowlog_timeout", USEC,     request_slowlog_timeout_usec, "0",     0,    365 * DAY,
          "log the PHP stack of a request that takes longer, 0: never"),
        D("request_slowlog_trace_depth", UINT, request_slowlog_trace_depth, "20",     1,    INT32_MAX,
          "how many functions of the stack are logged"),
        D("slowlog",                PATH,      slowlog,                   NULL,       0,    0,
          "a file to which slow requests are written, in addition to the journal"),

        /* pages and logs */
        D("pm.status_path",         URI,       status_path,               NULL,       0,    0,
          "the path of the status page"),
        D("pm.status_listen",       ADDRESS,   status_listen,             NULL,       0,    0,
          "an address of its own for the status page, which answers while all workers are busy"),
        D("ping.path",              URI,       ping_path,                 NULL,       0,    0,
          "the path that answers with ping.response"),
        D("ping.response",          TEXT,      ping_response,             "pong",     0,    0,
          "the text that ping.path answers with"),
        D("access.log",             LOG,       access_log,                NULL,       0,    0,
          "the file of the access log, or journal"),
        D("access.format",          FORMAT,    access_format,  "%R - %u %t \"%m %r\" %s", 0, 0,
          "what a line of the access log looks like"),
        L("access.suppress_path",   URIS,      access_suppress_path,      SETTING_PLAIN,
          "a path whose successful requests are not logged"),
        L("systemd",                UNIT,      unit_settings,             SETTING_UNIT,
          "systemd.KEY: a setting of [Service] or [Unit] of the pool's service"),
        N(POOL, "catch_workers_output", BOOL, "yes",       0, 0,            LOG_NOTICE,
          "standard output and error of the workers always go to the journal"),
        N(POOL, "decorate_workers_output", BOOL, "yes",    0, 0,            LOG_NOTICE,
          "lines are not changed; the journal knows the pool and process of each"),
};
/* clang-format on */

size_t directive_count(void) {
        return ELEMENTSOF(directives);
}

const Directive *directive_at(size_t i) {
        return i < ELEMENTSOF(directives) ? &directives[i] : NULL;
}

size_t directive_index(const Directive *directive) {
        return (size_t) (directive - directives);
}

bool directive_is_array(const Directive *directive) {
        return directive->type == DIRECTIVE_URIS || directive->type == DIRECTIVE_VALUES ||
               directive->type == DIRECTIVE_FLAGS;
}

bool directive_is_unit(const Directive *directive) {
        return directive->type == DIRECTIVE_UNIT;
}

bool directive_has_field(const Directive *directive) {
        return directive->offset != DIRECTIVE_NO_FIELD;
}

static bool is_listen(const Directive *directive) {
        return directive->section == DIRECTIVE_POOL &&
               (strcmp(directive->key, "listen") == 0 ||
                               strcmp(directive->key, "pm.status_listen") == 0 ||
                               strncmp(directive->key, "listen.", 7) == 0);
}

bool directive_is_for_units(const Directive *directive) {
        static const char *const places[] = { "prefix", "chroot", "chdir", "access.log", "slowlog",
                "pm.max_children", "apparmor_hat" };
        static const char *const of_both[] = { "process.priority", "rlimit_files", "rlimit_core" };

        if (is_listen(directive) || directive_is_unit(directive))
                return true;

        for (size_t i = 0; i < ELEMENTSOF(of_both); i++)
                if (strcmp(directive->key, of_both[i]) == 0)
                        return true;

        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (directive->section == DIRECTIVE_POOL && strcmp(directive->key, places[i]) == 0)
                        return true;

        return false;
}

bool directive_is_text(const Directive *directive) {
        return directive->type != DIRECTIVE_FLAGS &&
               (directive_storage(directive) == STORAGE_STRING ||
                               directive_storage(directive) == STORAGE_LIST);
}

void *directive_field(const Directive *directive, PoolConfig *config) {
        return directive_has_field(directive) ? (char *) config + directive->offset : NULL;
}

const void *directive_field_const(const Directive *directive, const PoolConfig *config) {
        return directive_has_field(directive) ? (const char *) config + directive->offset : NULL;
}

/* What a row without a default leaves in its field, where that is not all zeroes. */
static void set_unset(const Directive *directive, void *field) {
        if (directive->type == DIRECTIVE_INT)
                *(int64_t *) field = INT_UNSET;
        else if (directive->type == DIRECTIVE_LIMIT)
                *(uint64_t *) field = LIMIT_UNSET;
}

int directive_set_defaults(PoolConfig *config) {
        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);
                DirectiveValue value = { .text = d->value_default, .raw = d->value_default };
                char why[DIRECTIVE_WHY_MAX];
                int r;

                if (!directive_has_field(d))
                        continue;

                if (!d->value_default) {
                        set_unset(d, directive_field(d, config));
                        continue;
                }

                r = directive_set(d, config, &value, why);
                if (r < 0)
                        return r;
        }

        return 0;
}
