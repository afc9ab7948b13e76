/* SPDX-License-Identifier: MIT */
/* Which addresses a pool may listen on, for the service and for the socket unit. */

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "config/validation.h"
#include "config/value/address.h"
#include "contract/listen_fds.h"

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
                                validation_report(v, priority, directive,
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
                validation_report(v, priority, directive, "%s", why);

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
                        return validation_refuse(v, "pm.status_listen",
                                        "is an address of listen too, write one of its own");
        if (!config->status_path && !config->ping_path)
                validation_report(v, LOG_WARNING, "pm.status_listen",
                                "serves nothing without pm.status_path or ping.path");

        return 0;
}

int validation_check_listen(const Validation *v) {
        SettingList *list = &v->config->listen;
        int result = 0;

        if (list->n_items + !!v->config->status_listen > LISTENERS_MAX)
                return validation_refuse(
                                v, "listen", "a pool has at most %d addresses", LISTENERS_MAX);

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

void validation_warn_listen(const Validation *v) {
        const PoolConfig *config = v->config;
        bool acl = config->listen_acl_users || config->listen_acl_groups;

        if (config->listen_allowed_clients && !any_tcp(config))
                validation_report(v, LOG_NOTICE, "listen.allowed_clients",
                                "has no effect on a unix socket; listen.mode and listen.group say "
                                "who may connect");

        if (acl && pool_config_listens_on_path(config) &&
                        (config->listen_owner || config->listen_group))
                validation_report(v, LOG_WARNING,
                                config->listen_owner ? "listen.owner" : "listen.group",
                                "has no effect beside listen.acl_users and listen.acl_groups");
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
