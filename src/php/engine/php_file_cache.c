/* SPDX-License-Identifier: MIT */
#include "php/engine/php_file_cache.h"

#include <errno.h>
#include <php.h>
#include <php_ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zend_system_id.h>

#include "base/fd.h"
#include "base/journal_socket.h"
#include "base/parse.h"
#include "contract/file_cache.h"
#include "php/hooks/php_hooks.h"

static const PoolConfig *config;
static char *folder;    /* NULL: there is none */
static bool is_suspect; /* what lies there may be why workers crashed */

void php_file_cache_init(const PoolConfig *pool_config) {
        const char *path = getenv("FPMD_CACHE");

        config = pool_config;
        folder = path ? strdup(path) : NULL;
        is_suspect = getenv("FPMD_CACHE_SUSPECT");
        (void) unsetenv("FPMD_CACHE");
        (void) unsetenv("FPMD_CACHE_SUSPECT");
}

/* --- whether the pool has one --- */

/* "": not set, or empty. */
static const char *ini_text(const char *key) {
        const zval *value = cfg_get_entry(key, (uint32_t) strlen(key));

        return value && Z_TYPE_P(value) == IS_STRING ? Z_STRVAL_P(value) : "";
}

/* php.ini's parser has made "1" and "" of on and off. */
static bool ini_is_off(const char *key) {
        const zval *value = cfg_get_entry(key, (uint32_t) strlen(key));
        bool on;

        return value && Z_TYPE_P(value) == IS_STRING && parse_bool(Z_STRVAL_P(value), &on) >= 0 &&
               !on;
}

static bool jit_may_run(void) {
        const char *mode = ini_text("opcache.jit"), *size = ini_text("opcache.jit_buffer_size");

#if PHP_VERSION_ID >= 80400
        if (!*mode)
                return false;
        if (!*size)
                size = "64M";
#endif
        if (ini_is_off("opcache.jit") || strcasecmp(mode, "disable") == 0)
                return false;

        return ZEND_STRTOL(size, NULL, 10) > 0;
}

static bool disables_functions(void) {
        if (*ini_text("disable_functions") || *ini_text("disable_classes"))
                return true;

        for (size_t i = 0; i < config->php_values.n_items; i++) {
                const Setting *setting = &config->php_values.items[i];

                if (strncmp(setting->key, "disable_", 8) == 0 && *setting->value)
                        return true;
        }

        return false;
}

/* It knows a script by its time alone, and a deployment may keep that. */
static bool watches_scripts(void) {
        return config->worker_script && config->worker_watch;
}

static bool is_wanted(void) {
        return folder && !watches_scripts() && config->idle_warm_bytes > 0 && !config->chroot &&
               !cfg_get_entry(ZEND_STRL("opcache.file_cache")) && !ini_is_off("opcache.enable") &&
               !*ini_text("opcache.preload") && !jit_may_run() && !disables_functions();
}

/* --- the folder --- */

static int tidy(void) {
        const FileCacheRules rules = {
                .bytes_max = config->idle_warm_bytes,
                .files_max = FILE_CACHE_FILES_MAX,
                .is_all_stale = is_suspect,
                .never_validated = ini_is_off("opcache.validate_timestamps"),
        };
        _cleanup_close_ int fd = file_cache_open(folder, geteuid());

        return fd < 0 ? fd : file_cache_tidy(fd, &rules);
}

static const char *explain(int error) {
        switch (error) {
        case EACCES:
        case EXDEV:
                return "it is somebody else's, or open to others";
        case ENOSPC:
                return "its file system is full";
        case E2BIG:
                return "it has too many files";
        case ELOOP:
        case ENOTDIR:
                return "it is no folder";
        default:
                return strerror(error);
        }
}

static void use(void) {
        zval value;

        ZVAL_NEW_STR(&value, zend_string_init(folder, strlen(folder), true));
        zend_hash_str_update(
                        php_ini_get_configuration_hash(), ZEND_STRL("opcache.file_cache"), &value);
}

void php_file_cache_choose(void) {
        int r = is_wanted() ? tidy() : -ECANCELED;

        if (r >= 0) {
                use();
                return;
        }

        if (r != -ECANCELED)
                stderr_line("<5>The folder for compiled scripts cannot be used, going on without: %s: %s\n",
                                folder, explain(-r));
        free(folder);
        folder = NULL;
}

/* --- the mark --- */

static zend_ulong add_text(zend_ulong sum, const char *text, size_t size) {
        return sum * 31 + zend_hash_func(text, size);
}

static zend_ulong sum_modules(void) {
        zend_module_entry *module;
        zend_ulong sum = 0;

        ZEND_HASH_FOREACH_PTR(&module_registry, module) {
                sum = add_text(sum, module->name, strlen(module->name));
                if (module->version)
                        sum = add_text(sum, module->version, strlen(module->version));
        }
        ZEND_HASH_FOREACH_END();
        return sum;
}

/* Compiled code knows functions by their place in the table. */
static zend_ulong sum_functions(void) {
        zend_string *name;
        zend_ulong sum = 0;

        ZEND_HASH_FOREACH_STR_KEY(CG(function_table), name) {
                if (name)
                        sum = sum * 31 + ZSTR_HASH(name);
        }
        ZEND_HASH_FOREACH_END();
        return sum;
}

/* opcache writes values of settings that only php.ini can change into code. */
static zend_ulong sum_settings(void) {
        zend_string *name;
        zend_ulong sum = 0;
        zval *value;

        ZEND_HASH_FOREACH_STR_KEY_VAL(php_ini_get_configuration_hash(), name, value) {
                if (!name || Z_TYPE_P(value) != IS_STRING)
                        continue;

                sum = sum * 31 + ZSTR_HASH(name);
                sum = add_text(sum, Z_STRVAL_P(value), Z_STRLEN_P(value));
        }
        ZEND_HASH_FOREACH_END();
        return sum;
}

void php_file_cache_mark(void) {
        const zend_ulong sums[] = { sum_modules(), sum_functions(), sum_settings() };

        (void) zend_add_system_entropy("fpmd", "start", sums, sizeof(sums));
}

KeptScripts php_file_cache_kept(void) {
        return (KeptScripts){ .folder = folder, .id = zend_system_id };
}

/* --- opcache_reset() --- */

static zif_handler original_reset;

static ZEND_NAMED_FUNCTION(emptying_reset) {
        const FileCacheRules rules = { .files_max = FILE_CACHE_FILES_MAX, .is_all_stale = true };
        _cleanup_close_ int fd = -EBADF;

        original_reset(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        if (Z_TYPE_P(return_value) != IS_TRUE)
                return;

        fd = file_cache_open(folder, geteuid());
        if (fd >= 0)
                (void) file_cache_tidy(fd, &rules);
}

void php_file_cache_watch_reset(void) {
        if (folder)
                (void) php_hooks_replace("opcache_reset", emptying_reset, &original_reset);
}
