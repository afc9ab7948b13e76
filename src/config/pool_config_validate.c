/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "config/value/address.h"
#include "config/directive/directive.h"
#include "config/value/log_target.h"
#include "config/pool_config_internal.h"
#include "contract/listen_fds.h"

typedef struct Validation {
        PoolConfig *config;
        ConfigReporter *reporter;
        bool all_understood; /* for each line it is known which directive it sets */
} Validation;

_printf_(4, 0) static void vreport(const Validation *v, int priority, const char *directive,
                const char *format, va_list arguments) {
        config_vreport(v->reporter, priority, pool_config_file_of(v->config, directive),
                        pool_config_line_of(v->config, directive), directive, format, arguments);
        if (priority <= LOG_ERR)
                pool_config_mark_wrong(v->config, directive);
}

_printf_(4, 5) static void report(
                const Validation *v, int priority, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vreport(v, priority, directive, format, arguments);
        va_end(arguments);
}

/* Both return -EINVAL. */
_printf_(3, 4) static int refuse(
                const Validation *v, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vreport(v, LOG_ERR, directive, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

/* Reports that a directive is missing, unless it may stand in a line that was not understood. */
_printf_(3, 4) static int refuse_without(
                const Validation *v, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        if (v->all_understood)
                vreport(v, LOG_ERR, directive, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

static bool is_given(const Validation *v, const char *directive) {
        return pool_config_line_of(v->config, directive) > 0;
}

static int check_paths(const Validation *v) {
        PoolConfig *config = v->config;
        int result = 0;

        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);
                char **path = directive_field(d, config);
                int r;

                if ((d->type != DIRECTIVE_PATH && d->type != DIRECTIVE_LOG) || !path || !*path)
                        continue;
                if (d->type == DIRECTIVE_LOG && log_target_is_journal(*path))
                        continue;

                r = pool_config_resolve_path(config->prefix, path);
                if (r == -ENOENT)
                        result = refuse_without(v, d->key,
                                        "'%.60s' is not an absolute path, and there is no prefix",
                                        *path);
                else if (r < 0)
                        return r;
        }

        if (config->chdir && *config->chdir != '/')
                result = refuse(v, "chdir", "'%.60s' does not start with /", config->chdir);

        if (config->chroot && !config->chdir) {
                config->chdir = strdup("/");
                if (!config->chdir)
                        return -ENOMEM;
        }

        return result;
}

static int check_worker_mode(const Validation *v) {
        const char *where = v->config->worker_boot;

        if (strcmp(where, "auto") == 0 || strcmp(where, "zygote") == 0 ||
                        strcmp(where, "worker") == 0)
                return 0;

        return refuse(v, "worker_boot", "'%.60s' is not auto, zygote or worker", where);
}

static int check_prefix(const Validation *v) {
        if (v->config->prefix && *v->config->prefix != '/')
                return refuse(v, "prefix", "'%.60s' does not start with /", v->config->prefix);

        return 0;
}

/* The php.ini settings that php-fpm too takes as relative to prefix. */
static bool is_php_path(const Setting *setting) {
        static const char *const keys[] = {
                "error_log",
                "extension_dir",
                "mime_magic.magicfile",
                "sendmail_path",
                "session.cookie_path",
                "session_pgsql.sem_file_name",
                "soap.wsdl_cache_dir",
                "uploadprogress.file.filename_template",
                "xdebug.output_dir",
                "xdebug.profiler_output_dir",
                "xdebug.trace_output_dir",
                "xmms.path",
                "axis2.client_home",
                "blenc.key_file",
                "coin_acceptor.device",
        };

        if (strcasecmp(setting->value, "syslog") == 0 && strcasecmp(setting->key, "error_log") == 0)
                return false;

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (strcasecmp(setting->key, keys[i]) == 0)
                        return *setting->value != '\0';

        return false;
}

static int resolve_php_values(const Validation *v) {
        SettingList *list = &v->config->php_values;

        /* Inside a chroot they mean something else. Without prefix php-fpm would put its own
         * compiled-in /usr before them, which no file can have meant. */
        if (v->config->chroot || !v->config->prefix)
                return 0;

        for (size_t i = 0; i < list->n_items; i++) {
                int r;

                if (!is_php_path(&list->items[i]))
                        continue;

                r = pool_config_resolve_path(v->config->prefix, &list->items[i].value);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int refuse_zero(const Validation *v, const char *directive) {
        if (!is_given(v, directive))
                return refuse_without(v, "pm", "dynamic needs %s", directive);

        return refuse(v, directive, "is below 1, which pm = dynamic needs");
}

static int check_dynamic(const Validation *v) {
        PoolConfig *config = v->config;
        uint64_t least = config->min_spare_servers, most = config->max_spare_servers;

        if (least == 0)
                return refuse_zero(v, "pm.min_spare_servers");
        if (most == 0)
                return refuse_zero(v, "pm.max_spare_servers");
        if (least > config->max_children)
                return refuse(v, "pm.min_spare_servers", "%llu is above pm.max_children, %llu",
                                (unsigned long long) least,
                                (unsigned long long) config->max_children);
        if (most > config->max_children)
                return refuse(v, "pm.max_spare_servers", "%llu is above pm.max_children, %llu",
                                (unsigned long long) most,
                                (unsigned long long) config->max_children);
        if (most < least)
                return refuse(v, "pm.max_spare_servers", "%llu is below pm.min_spare_servers, %llu",
                                (unsigned long long) most, (unsigned long long) least);

        if (config->start_servers == 0) {
                config->start_servers = least + (most - least) / 2;
                report(v, LOG_NOTICE, "pm.start_servers", "is %s, it is %llu now",
                                is_given(v, "pm.start_servers") ? "below 1" : "not set",
                                (unsigned long long) config->start_servers);
                return 0;
        }

        if (config->start_servers < least || config->start_servers > most)
                return refuse(v, "pm.start_servers",
                                "%llu is not between pm.min_spare_servers, %llu, and "
                                "pm.max_spare_servers, %llu",
                                (unsigned long long) config->start_servers,
                                (unsigned long long) least, (unsigned long long) most);

        return 0;
}

static int check_pm(const Validation *v) {
        if (v->config->pm == PM_UNSET)
                return refuse_without(v, "pm",
                                "is missing, write pm = auto, static, dynamic or ondemand");
        if (v->config->pm == PM_AUTO && v->config->max_children == 0)
                v->config->max_children = POOL_AUTO_CHILDREN_MAX;
        if (v->config->max_children == 0)
                return refuse_without(v, "pm.max_children",
                                "is missing, write how many requests the pool "
                                "may serve at the same time");
        if (v->config->pm == PM_DYNAMIC)
                return check_dynamic(v);

        return 0;
}

static int check_spawn_rate(const Validation *v) {
        if (v->config->pm == PM_DYNAMIC && v->config->max_spawn_rate == 0)
                return refuse_zero(v, "pm.max_spawn_rate");

        return 0;
}

static int check_idle_timeout(const Validation *v) {
        if (v->config->pm == PM_ONDEMAND && v->config->process_idle_timeout_usec == 0)
                return refuse(v, "pm.process_idle_timeout",
                                "is below 1s, which pm = ondemand needs");

        return 0;
}

static int check_pages(const Validation *v) {
        const PoolConfig *config = v->config;

        /* Only a listener of its own makes "/" a page and not every index of the site. */
        if (config->status_path && !config->status_path[1] && !config->status_listen)
                return refuse(v, "pm.status_path",
                                "'/' is too short, write a path such as /status");
        if (config->ping_path && !config->ping_path[1])
                return refuse(v, "ping.path", "'/' is too short, write a path such as /ping");
        if (config->status_path && config->ping_path &&
                        strcmp(config->status_path, config->ping_path) == 0)
                return refuse(v, "ping.path", "is pm.status_path too, write a path of its own");
        if (*config->ping_response == '\0')
                return refuse(v, "ping.response", "is empty, write a text such as pong");

        return 0;
}

static int check_times(const Validation *v) {
        const PoolConfig *config = v->config;
        uint64_t slow = config->request_slowlog_timeout_usec;
        uint64_t end = config->request_terminate_timeout_usec;

        if (slow > 0 && end > 0 && slow > end)
                return refuse(v, "request_slowlog_timeout",
                                "is above request_terminate_timeout, the request would be gone");

        return 0;
}

/* One address as systemd can bind it. -EINVAL after a report. */
static int check_address(const Validation *v, int priority, const char *directive, char **text) {
        char why[ADDRESS_WHY_MAX];
        Address address;
        int r;

        r = address_parse(&address, *text, why);
        if (r == 0 && address.kind == ADDRESS_UNIX) {
                r = pool_config_resolve_path(v->config->prefix, text);
                if (r == -ENOENT) {
                        if (v->all_understood)
                                report(v, priority, directive,
                                                "'%.60s' is not an absolute path, and there is no "
                                                "prefix",
                                                *text);
                        return -EINVAL;
                }
                address_simplify(*text);
                if (r == 0)
                        r = address_parse(&address, *text, why);
        }
        if (r == -EINVAL)
                report(v, priority, directive, "%s", why);

        return r;
}

static int check_status_listen(const Validation *v) {
        PoolConfig *config = v->config;
        int r;

        r = check_address(v, LOG_ERR, "pm.status_listen", &config->status_listen);
        if (r < 0)
                return r;

        for (size_t i = 0; i < config->listen.n_items; i++)
                if (strcmp(config->listen.items[i].value, config->status_listen) == 0)
                        return refuse(v, "pm.status_listen",
                                        "is an address of listen too, write one of its own");
        if (!config->status_path && !config->ping_path)
                report(v, LOG_WARNING, "pm.status_listen",
                                "serves nothing without pm.status_path or ping.path");

        return 0;
}

static int check_listen(const Validation *v) {
        SettingList *list = &v->config->listen;
        int result = 0;

        if (list->n_items + !!v->config->status_listen > LISTENERS_MAX)
                return refuse(v, "listen", "a pool has at most %d addresses", LISTENERS_MAX);

        for (size_t i = 0; i < list->n_items; i++) {
                int r;

                r = check_address(v, LOG_ERR, "listen", &list->items[i].value);
                if (r < 0 && r != -EINVAL)
                        return r;
                if (r < 0)
                        result = r;
        }

        if (result < 0 || !v->config->status_listen)
                return result;

        return check_status_listen(v);
}

static bool any_tcp(const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++)
                if (*config->listen.items[i].value != '/')
                        return true;

        return false;
}

/* What php-fpm passes over in silence. */
static void warn_listen(const Validation *v) {
        const PoolConfig *config = v->config;
        bool acl = config->listen_acl_users || config->listen_acl_groups;

        if (config->listen_allowed_clients && !any_tcp(config))
                report(v, LOG_NOTICE, "listen.allowed_clients",
                                "has no effect on a unix socket; listen.mode and listen.group say "
                                "who may connect");

        if (acl && pool_config_listens_on_path(config) &&
                        (config->listen_owner || config->listen_group))
                report(v, LOG_WARNING, config->listen_owner ? "listen.owner" : "listen.group",
                                "has no effect beside listen.acl_users and listen.acl_groups");
}

/* A check, and the directives that it reads: it is skipped where one of them is wrong by itself. */
typedef struct ConfigCheck {
        int (*check)(const Validation *v);
        const char *reads[6];
} ConfigCheck;

static const ConfigCheck checks[] = {
        { check_prefix, { "prefix" } },
        { check_worker_mode, { "worker_boot" } },
        { check_paths, { "prefix" } },
        { check_pm, { "pm", "pm.max_children", "pm.start_servers", "pm.min_spare_servers",
                                    "pm.max_spare_servers" } },
        { check_spawn_rate, { "pm", "pm.max_spawn_rate" } },
        { check_idle_timeout, { "pm", "pm.process_idle_timeout" } },
        { check_pages, { "pm.status_path", "pm.status_listen", "ping.path", "ping.response" } },
        { check_times, { "request_slowlog_timeout", "request_terminate_timeout" } },
        { check_listen, { "prefix", "listen", "pm.status_listen" } },
        { resolve_php_values, { "prefix" } },
};

static bool reads_wrong(const ConfigCheck *check, const PoolConfig *config) {
        for (size_t i = 0; i < ELEMENTSOF(check->reads) && check->reads[i]; i++)
                if (pool_config_is_wrong(config, check->reads[i]))
                        return true;

        return false;
}

/* One after the other, for no number may be above the one before it. */
static void cap(uint64_t *number, uint64_t most) {
        if (*number > most)
                *number = most;
}

/* php-fpm's process.max counts the workers of all pools together. Here a pool knows of itself alone. */
static void cap_workers(const Validation *v) {
        PoolConfig *config = v->config;

        if (config->process_max == 0 || config->max_children <= config->process_max)
                return;

        report(v, LOG_NOTICE, "pm.max_children", "becomes %llu, which is process.max of [global]",
                        (unsigned long long) config->process_max);
        cap(&config->max_children, config->process_max);
        cap(&config->max_spare_servers, config->max_children);
        cap(&config->min_spare_servers, config->max_spare_servers);
        cap(&config->start_servers, config->max_spare_servers);
}

/* What php-fpm sets for its master, and each worker has from there. */
static void take_globals(const Validation *v) {
        PoolConfig *config = v->config;

        if (config->process_priority == INT_UNSET)
                config->process_priority = config->global_priority;
        if (config->rlimit_files == LIMIT_UNSET)
                config->rlimit_files = config->global_rlimit_files;
        if (config->rlimit_core == LIMIT_UNSET)
                config->rlimit_core = config->global_rlimit_core;

        cap_workers(v);
}

int pool_config_validate(PoolConfig *config, ConfigReporter *reporter) {
        Validation v = {
                .config = config,
                .reporter = reporter,
                .all_understood = reporter->n_refused == reporter->n_wrong_values,
        };

        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                int r;

                r = reads_wrong(&checks[i], config) ? 0 : checks[i].check(&v);
                if (r < 0 && r != -EINVAL)
                        return r;
        }

        if (reporter->n_refused > 0)
                return -EINVAL;

        take_globals(&v);
        if (config->pm != PM_DYNAMIC && is_given(&v, "pm.max_spawn_rate"))
                report(&v, LOG_NOTICE, "pm.max_spawn_rate", "has no effect without pm = dynamic");

        warn_listen(&v);
        return 0;
}

int pool_config_validate_listen(PoolConfig *config, ConfigReporter *reporter) {
        Validation v = { .config = config, .reporter = reporter, .all_understood = true };
        SettingList kept = {};
        int r = 0;

        if (config->prefix && *config->prefix != '/') {
                free(config->prefix);
                config->prefix = NULL;
        }

        for (size_t i = 0; r == 0 && i < config->listen.n_items; i++) {
                Setting *setting = &config->listen.items[i];

                r = check_address(&v, LOG_WARNING, "listen", &setting->value);
                if (r == -EINVAL)
                        r = 0;
                else if (r == 0)
                        r = setting_list_add(&kept, setting);
        }

        if (r == 0 && config->status_listen) {
                r = check_address(&v, LOG_WARNING, "pm.status_listen", &config->status_listen);
                if (r == -EINVAL) {
                        free(config->status_listen);
                        config->status_listen = NULL;
                        r = 0;
                }
        }

        setting_list_done(&config->listen);
        config->listen = kept;
        return r;
}
