/* SPDX-License-Identifier: MIT */
#include "manager/spawn/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const manager_only[] = {
        "NOTIFY_SOCKET",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
        "LISTEN_PID",
        "LISTEN_FDS",
        "LISTEN_FDNAMES",
        "FDSTORE",
        "MAINPID",
        "JOURNAL_STREAM",
};

static bool is_manager_only(const char *variable) {
        for (size_t i = 0; i < ELEMENTSOF(manager_only); i++) {
                size_t n = strlen(manager_only[i]);

                if (strncmp(variable, manager_only[i], n) == 0 && variable[n] == '=')
                        return true;
        }

        return false;
}

static size_t environment_length(char **environment) {
        size_t n = 0;

        while (environment && environment[n])
                n++;

        return n;
}

static int environment_append(char ***environment, char *variable) {
        size_t n = environment_length(*environment);
        char **grown = reallocarray(*environment, n + 2, sizeof(char *));

        if (!grown)
                return -ENOMEM;

        grown[n] = variable;
        grown[n + 1] = NULL;
        *environment = grown;
        return 0;
}

const char *environment_get(char **environment, const char *name) {
        size_t n = strlen(name);

        for (char **p = environment; p && *p; p++)
                if (strncmp(*p, name, n) == 0 && (*p)[n] == '=')
                        return *p + n + 1;

        return NULL;
}

int environment_set(char ***environment, const char *name, const char *value) {
        _cleanup_free_ char *variable = NULL;
        size_t n = strlen(name);
        int r;

        if (asprintf(&variable, "%s=%s", name, value) < 0)
                return -ENOMEM;

        for (char **p = *environment; p && *p; p++)
                if (strncmp(*p, variable, n + 1) == 0) {
                        free(*p);
                        *p = TAKE_PTR(variable);
                        return 0;
                }

        r = environment_append(environment, variable);
        if (r < 0)
                return r;

        variable = NULL;
        return 0;
}

static int environment_inherit(char ***environment) {
        int r;

        for (char **p = environ; p && *p; p++) {
                char *copy;

                if (is_manager_only(*p))
                        continue;

                copy = strdup(*p);
                if (!copy)
                        return -ENOMEM;

                r = environment_append(environment, copy);
                if (r < 0) {
                        free(copy);
                        return r;
                }
        }

        return 0;
}

static const char *resolve_value(const char *value) {
        const char *inherited;

        if (value[0] != '$')
                return value;

        inherited = getenv(value + 1);
        return inherited ? inherited : "";
}

static int set_unless_configured(char ***environment, const PoolConfig *config, const char *name,
                const char *value) {
        for (size_t i = 0; i < config->env.n_items; i++)
                if (strcmp(config->env.items[i].key, name) == 0)
                        return 0;

        return environment_set(environment, name, value);
}

int environment_new(char ***ret, const PoolConfig *config, const Account *account) {
        _cleanup_(environment_freep) char **environment = NULL;
        int r;

        if (!config->clear_env) {
                r = environment_inherit(&environment);
                if (r < 0)
                        return r;
        }

        /* The order is reversed as in php-fpm, since applications print $_SERVER, and the first of two with one name
         * wins. */
        for (size_t i = config->env.n_items; i > 0; i--) {
                const Setting *setting = &config->env.items[i - 1];

                r = environment_set(&environment, setting->key, resolve_value(setting->value));
                if (r < 0)
                        return r;
        }

        r = set_unless_configured(&environment, config, "USER", account->user);
        if (r < 0)
                return r;

        r = set_unless_configured(&environment, config, "HOME", account->home);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(environment);
        return 0;
}

char **environment_free(char **environment) {
        for (char **p = environment; p && *p; p++)
                free(*p);
        free(environment);
        return NULL;
}
