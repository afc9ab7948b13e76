/* SPDX-License-Identifier: MIT */
#include "config/pool_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/directive/directive.h"
#include "config/pool_config_internal.h"

enum {
        NAME_MAX_BYTES = 64,
};

int pool_config_new(PoolConfig **ret, const char *name, const char *file) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        config = calloc(1, sizeof(*config));
        if (!config)
                return -ENOMEM;

        config->name = strdup(name);
        config->file = strdup(file);
        config->places = calloc(directive_count(), sizeof(*config->places));
        if (!config->name || !config->file || !config->places)
                return -ENOMEM;

        r = directive_set_defaults(config);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(config);
        return 0;
}

static void field_done(const Directive *directive, PoolConfig *config) {
        if (!directive_has_field(directive))
                return;

        if (directive_storage(directive) == STORAGE_LIST)
                setting_list_done(directive_field(directive, config));

        if (directive_storage(directive) == STORAGE_STRING)
                free(*(char **) directive_field(directive, config));
}

PoolConfig *pool_config_free(PoolConfig *config) {
        if (!config)
                return NULL;

        for (size_t i = 0; i < directive_count(); i++)
                field_done(directive_at(i), config);

        for (size_t i = 0; i < config->n_files; i++)
                free(config->files[i]);

        free(config->files);
        free(config->places);
        free(config->name);
        free(config->file);
        free(config);
        return NULL;
}

int pool_config_add_file(PoolConfig *config, const char *path, const char **ret) {
        char **files, *copy;

        files = reallocarray(config->files, config->n_files + 1, sizeof(*files));
        if (!files)
                return -ENOMEM;

        config->files = files;

        copy = strdup(path);
        if (!copy)
                return -ENOMEM;

        config->files[config->n_files++] = copy;
        *ret = copy;
        return 0;
}

/* The entry "env[PATH]" of its list; the first one counts, see pool_config_earlier_entry(). */
static const Setting *find_entry(const PoolConfig *config, const char *entry) {
        const char *bracket = entry + strcspn(entry, "[");
        _cleanup_free_ char *key = strndup(entry, (size_t) (bracket - entry));
        const Directive *d = key ? directive_find(DIRECTIVE_POOL, key, true) : NULL;
        const SettingList *list = d ? directive_field_const(d, config) : NULL;
        size_t sub_size = *bracket ? strcspn(bracket + 1, "]") : 0;

        for (size_t i = 0; sub_size > 0 && list && i < list->n_items; i++) {
                const Setting *setting = &list->items[i];

                if (setting->kind == d->kind && setting->key && strlen(setting->key) == sub_size &&
                                memcmp(setting->key, bracket + 1, sub_size) == 0)
                        return setting;
        }

        return NULL;
}

/* Where a row was given; the pool's own before the one of [global], NULL if nowhere. What stands in
 * brackets does not matter. */
static const ConfigPlace *place_of(const PoolConfig *config, const char *key) {
        const ConfigPlace *found = NULL;
        size_t size = strcspn(key, "[");

        for (size_t i = 0; config->places && i < directive_count(); i++) {
                const char *known = directive_at(i)->key;

                if (config->places[i].line > 0 && strlen(known) == size &&
                                strncasecmp(known, key, size) == 0)
                        found = &config->places[i];
        }

        return found;
}

bool pool_config_is_wrong(const PoolConfig *config, const char *directive) {
        const ConfigPlace *place = place_of(config, directive);

        return place && place->is_wrong;
}

void pool_config_mark_wrong(PoolConfig *config, const char *directive) {
        const ConfigPlace *place = place_of(config, directive);

        if (place)
                config->places[place - config->places].is_wrong = true;
}

static bool names_entry(const char *directive) {
        const char *bracket = strchr(directive, '[');

        return bracket && bracket[1] != ']';
}

unsigned pool_config_line_of(const PoolConfig *config, const char *directive) {
        const ConfigPlace *place;

        if (names_entry(directive)) {
                const Setting *entry = find_entry(config, directive);

                return entry ? entry->line : 0;
        }

        place = place_of(config, directive);
        return place ? place->line : 0;
}

const char *pool_config_file_of(const PoolConfig *config, const char *directive) {
        const Setting *entry = names_entry(directive) ? find_entry(config, directive) : NULL;
        const ConfigPlace *place = place_of(config, directive);

        if (entry && entry->file)
                return entry->file;

        return place ? place->file : config->file;
}

bool pool_config_place_of(const PoolConfig *config, const Directive *directive,
                const char **ret_file, unsigned *ret_line) {
        const ConfigPlace *place =
                        config->places ? &config->places[directive_index(directive)] : NULL;

        if (!place || place->line == 0)
                return false;

        *ret_file = place->file;
        *ret_line = place->line;
        return true;
}

bool pool_name_is_valid(const char *name) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789_-:.";
        size_t size = strlen(name);

        return size > 0 && size <= NAME_MAX_BYTES && *name != '.' && strspn(name, allowed) == size;
}

bool pool_config_extension_allowed(const PoolConfig *config, const char *path) {
        const char *p = config->limit_extensions;
        size_t path_size = strlen(path);

        if (!p || *p == '\0')
                return true;

        for (p += strspn(p, " \t"); *p; p += strspn(p, " \t")) {
                size_t size = strcspn(p, " \t");

                if (path_size > size && memcmp(path + path_size - size, p, size) == 0)
                        return true;

                p += size;
        }

        return false;
}

int pool_config_default_listen(const PoolConfig *config, char **ret) {
        return asprintf(ret, "/run/fpmd/%s.sock", config->name) < 0 ? -ENOMEM : 0;
}

/* php_value and php_flag set the same things, and so do the two admin ones. */
static unsigned settings_of(SettingKind kind) {
        switch (kind) {
        case SETTING_PHP_FLAG:
                return SETTING_PHP_VALUE;
        case SETTING_PHP_ADMIN_FLAG:
                return SETTING_PHP_ADMIN_VALUE;
        default:
                return kind;
        }
}

/* php-fpm applies its lists from their end (seen on 8.2.36), so the first entry of the file counts. Settings whose
 * values are added up instead of replaced may come more than once. */
const Setting *pool_config_earlier_entry(
                const PoolConfig *config, const Directive *d, const char *sub) {
        static const char *const added_up[] = { "extension", "disable_functions",
                "disable_classes" };
        const SettingList *list = directive_field_const(d, config);

        if (d->type != DIRECTIVE_VALUES && d->type != DIRECTIVE_FLAGS)
                return NULL;

        for (size_t i = 0; i < ELEMENTSOF(added_up); i++)
                if (d->kind != SETTING_ENV && strcmp(sub, added_up[i]) == 0)
                        return NULL;

        for (size_t i = 0; i < list->n_items; i++)
                if (settings_of(list->items[i].kind) == settings_of(d->kind) &&
                                strcmp(list->items[i].key, sub) == 0)
                        return &list->items[i];

        return NULL;
}

int pool_config_resolve_path(const char *prefix, char **path) {
        const char *rest = *path;
        char *joined;

        if (*rest == '/')
                return 0;
        if (!prefix)
                return -ENOENT;

        if (strncmp(rest, "$prefix", strlen("$prefix")) == 0)
                rest += strlen("$prefix");

        if (asprintf(&joined, "%s%s%s", prefix, *rest == '/' || *rest == '\0' ? "" : "/", rest) < 0)
                return -ENOMEM;

        free(*path);
        *path = joined;
        return 0;
}

bool pool_config_listens_on_path(const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++)
                if (*config->listen.items[i].value == '/')
                        return true;

        return config->listen.n_items == 0;
}
