/* SPDX-License-Identifier: MIT */
#include "php/resident/resident_paths.h"

#include <fnmatch.h>
#include <string.h>

enum {
        PATTERN_MAX = 256,
};

static bool matches(const char *patterns, const char *text) {
        char pattern[PATTERN_MAX];

        while (text && *(patterns += strspn(patterns, " \t"))) {
                size_t n = strcspn(patterns, " \t");

                if (n < sizeof(pattern)) {
                        memcpy(pattern, patterns, n);
                        pattern[n] = '\0';
                        if (fnmatch(pattern, text, 0) == 0)
                                return true;
                }
                patterns += n;
        }

        return false;
}

ResidentOwner resident_paths_owner(const ScriptPath *path, const PoolConfig *config,
                bool (*exists)(const char *path)) {
        const char *script = path->script;

        if (!path->named)
                return RESIDENT_OWNER_NOBODY;
        if (script && strcmp(script, config->worker_script) == 0)
                return RESIDENT_OWNER_APPLICATION;
        if (config->worker_paths && matches(config->worker_paths, path->request_uri))
                return RESIDENT_OWNER_APPLICATION;
        if (!script || !exists(script))
                return config->worker_paths ? RESIDENT_OWNER_NOBODY : RESIDENT_OWNER_APPLICATION;

        return pool_config_extension_allowed(config, script) ? RESIDENT_OWNER_SCRIPT
                                                             : RESIDENT_OWNER_NOBODY;
}

void resident_paths_name_script(ScriptPath *path, FcgiParams *params, const PoolConfig *config,
                bool (*exists)(const char *path)) {
        const char *script = config->worker_script, *slash = strrchr(script, '/');
        const FcgiParam *param;

        if (!slash || (path->script && (strcmp(path->script, script) == 0 || exists(path->script))))
                return;
        if (fcgi_params_set(params, "SCRIPT_FILENAME", script, strlen(script)) < 0 ||
                        fcgi_params_set(params, "SCRIPT_NAME", slash, strlen(slash)) < 0)
                return;

        path->script = script;
        param = fcgi_params_find(params, "SCRIPT_NAME", strlen("SCRIPT_NAME"));
        if (param)
                path->request_uri = param->value;
}
