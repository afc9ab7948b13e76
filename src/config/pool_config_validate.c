/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "config/directive/directive.h"
#include "config/validation.h"
#include "config/value/log_target.h"

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
                        result = validation_refuse_without(v, d->key,
                                        "'%.60s' is not an absolute path, and there is no prefix",
                                        *path);
                else if (r < 0)
                        return r;
        }

        if (config->chdir && *config->chdir != '/')
                result = validation_refuse(
                                v, "chdir", "'%.60s' does not start with /", config->chdir);

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

        return validation_refuse(v, "worker_boot", "'%.60s' is not auto, zygote or worker", where);
}

/* As an ini file has them: yes is 1, and no is nothing. */
static int check_worker_exit(const Validation *v) {
        const char *value = v->config->worker_exit_continue;

        if (strcmp(value, "auto") == 0 || strcmp(value, "1") == 0 || !*value)
                return 0;

        return validation_refuse(v, "worker_exit_continue", "'%.60s' is not auto, yes or no", value);
}

static int check_preload(const Validation *v) {
        const char *value = v->config->preload;

        if (strcmp(value, "auto") != 0 && strcmp(value, "no") != 0 && *value)
                return validation_refuse(v, "preload", "'%.60s' is not auto or no", value);

        if (*value == 'a' && v->config->worker_script)
                validation_report(v, LOG_NOTICE, "preload",
                                "has no effect with worker_script, whose classes stay anyway");
        return 0;
}

static int check_prefix(const Validation *v) {
        if (v->config->prefix && *v->config->prefix != '/')
                return validation_refuse(
                                v, "prefix", "'%.60s' does not start with /", v->config->prefix);

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

static int check_pages(const Validation *v) {
        const PoolConfig *config = v->config;

        /* Only a listener of its own makes "/" a page and not every index of the site. */
        if (config->status_path && !config->status_path[1] && !config->status_listen)
                return validation_refuse(v, "pm.status_path",
                                "'/' is too short, write a path such as /status");
        if (config->ping_path && !config->ping_path[1])
                return validation_refuse(
                                v, "ping.path", "'/' is too short, write a path such as /ping");
        if (config->status_path && config->ping_path &&
                        strcmp(config->status_path, config->ping_path) == 0)
                return validation_refuse(
                                v, "ping.path", "is pm.status_path too, write a path of its own");
        if (*config->ping_response == '\0')
                return validation_refuse(v, "ping.response", "is empty, write a text such as pong");

        return 0;
}

static int check_times(const Validation *v) {
        const PoolConfig *config = v->config;
        uint64_t slow = config->request_slowlog_timeout_usec;
        uint64_t end = config->request_terminate_timeout_usec;

        if (slow > 0 && end > 0 && slow > end)
                return validation_refuse(v, "request_slowlog_timeout",
                                "is above request_terminate_timeout, which ends the request first");

        return 0;
}

/* A check, and the directives that it reads: it is skipped where one of them is wrong by itself. */
typedef struct ConfigCheck {
        int (*check)(const Validation *v);
        const char *reads[6];
} ConfigCheck;

static const ConfigCheck checks[] = {
        { check_prefix, { "prefix" } },
        { check_worker_mode, { "worker_boot" } },
        { check_worker_exit, { "worker_exit_continue" } },
        { check_preload, { "preload", "worker_script" } },
        { check_paths, { "prefix" } },
        { validation_check_pm, { "pm", "pm.max_children", "pm.start_servers",
                                               "pm.min_spare_servers", "pm.max_spare_servers" } },
        { validation_check_spawn_rate, { "pm", "pm.max_spawn_rate" } },
        { validation_check_idle_timeout, { "pm", "pm.process_idle_timeout" } },
        { check_pages, { "pm.status_path", "pm.status_listen", "ping.path", "ping.response" } },
        { check_times, { "request_slowlog_timeout", "request_terminate_timeout" } },
        { validation_check_listen, { "prefix", "listen", "pm.status_listen" } },
        { resolve_php_values, { "prefix" } },
};

static bool reads_wrong(const ConfigCheck *check, const PoolConfig *config) {
        for (size_t i = 0; i < ELEMENTSOF(check->reads) && check->reads[i]; i++)
                if (pool_config_is_wrong(config, check->reads[i]))
                        return true;

        return false;
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

        validation_cap_workers(v);
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
        validation_settle_idle(&v);
        if (config->pm != PM_DYNAMIC && validation_is_given(&v, "pm.max_spawn_rate"))
                validation_report(&v, LOG_NOTICE, "pm.max_spawn_rate",
                                "has no effect without pm = dynamic");

        validation_warn_listen(&v);
        return 0;
}
