/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>

#include "base/fd.h"
#include "config/directive.h"
#include "config/file_trust.h"
#include "config/ini.h"
#include "contract/php_side.h"
#include "config/pool_config_internal.h"
#include "config/pool_name.h"

enum {
        FILE_BYTES_MAX = 1024 * 1024,
        INCLUDE_DEPTH_MAX = 5, /* php-fpm's */
        INCLUDE_FILES_MAX = 256,
        REFUSALS_MAX = 20, /* more are not worth reading */
};

typedef enum Section {
        SECTION_NONE, /* before the first one: what stands there is global */
        SECTION_GLOBAL,
        SECTION_POOL,
        SECTION_OTHER, /* of another pool, only passed over for the socket unit */
} Section;

typedef struct Reader {
        PoolConfig *config;
        ConfigReporter reporter;
        bool listen_only;
        bool pool_seen;
        bool has_others; /* a file that may not be quoted was read */
        Section section;
        const char *file; /* being read, borrowed from config */
        unsigned depth;
} Reader;

static int read_file(Reader *reader, const char *path);

/* Says what is wrong, which refuses the file, but for the socket unit. Returns 0: what follows is read all the same,
 * to tell of all mistakes at once; or -EINVAL, when there are too many to read. */
_printf_(4, 5) static int refuse(
                Reader *reader, unsigned line, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        config_vsay(&reader->reporter, reader->listen_only ? LOG_WARNING : LOG_ERR, reader->file,
                        line, directive, format, arguments);
        va_end(arguments);
        return reader->reporter.n_refused < REFUSALS_MAX ? 0 : -EINVAL;
}

static int pool_config_load_on_section(Reader *reader, const IniEvent *event) {
        const char *name = reader->config->name;

        if (strcasecmp(event->key, "global") == 0) {
                reader->section = SECTION_GLOBAL;
                return 0;
        }

        if (strcasecmp(event->key, name) == 0) {
                reader->section = SECTION_POOL;
                reader->pool_seen = true;
                return 0;
        }

        reader->section = SECTION_OTHER;
        return refuse(reader, event->line, NULL,
                        "[%.64s]: this file is for the pool [%s] alone, put [%.64s] in a file of "
                        "its "
                        "own, %.64s.conf",
                        event->key, name, event->key, event->key);
}

static DirectiveSection section_of(const Reader *reader) {
        return reader->section == SECTION_POOL ? DIRECTIVE_POOL : DIRECTIVE_GLOBAL;
}

/* Where the pool's section was forgotten, or is misspelled, that is one mistake. */
static int belongs_to_pool(Reader *reader, const IniEvent *event) {
        if (reader->section == SECTION_NONE) {
                reader->section = SECTION_POOL;
                reader->pool_seen = true;
        }

        return refuse(reader, event->line, event->key, "belongs to the pool, put it below [%s]",
                        reader->config->name);
}

/* Says what a directive that is in no row of its section may have meant. */
static int unknown_directive(Reader *reader, const IniEvent *event) {
        DirectiveSection section = section_of(reader);
        DirectiveSection other = section == DIRECTIVE_GLOBAL ? DIRECTIVE_POOL : DIRECTIVE_GLOBAL;
        bool is_array = event->type == INI_ARRAY;
        const char *brackets = is_array ? "[]" : "";
        const Directive *d;

        if (directive_find(section, event->key, !is_array))
                return refuse(reader, event->line, event->key, "%s",
                                is_array ? "takes no name in brackets"
                                         : "needs brackets, write key[NAME] = value");

        if (directive_find(other, event->key, is_array) && other == DIRECTIVE_POOL)
                return belongs_to_pool(reader, event);
        if (directive_find(other, event->key, is_array))
                return refuse(reader, event->line, event->key, "belongs into [global]");

        d = directive_nearest(section, event->key);
        if (!d)
                return refuse(reader, event->line, event->key, "there is no such directive%s",
                                brackets[0] ? " with brackets" : "");

        return refuse(reader, event->line, event->key, "there is no such directive, is it %s%s?",
                        d->key, directive_is_array(d) ? "[]" : "");
}

/* php-fpm goes on in silence with what it ignores; we name what does the same here. */
static void say_without_effect(Reader *reader, const Directive *d, const IniEvent *event) {
        bool never = d->status == DIRECTIVE_NEVER;

        config_say(&reader->reporter, d->priority, reader->file, event->line, d->key,
                        "has no effect %s%s", never ? "here: " : "yet", never ? d->help : "");
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

/* The entry of a key[sub] list that another one with the same name came too late for, NULL if none.
 * php-fpm applies its lists from their end (seen on 8.2.36), so the first one of the file counts.
 * What it adds up instead of replacing may come often. */
static const Setting *earlier_entry(const PoolConfig *config, const Directive *d, const char *sub) {
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

static int set_directive(Reader *reader, const Directive *d, const IniEvent *event) {
        _cleanup_free_ char *expanded = NULL;
        _cleanup_free_ char *name = NULL;
        char why[DIRECTIVE_WHY_MAX];
        DirectiveValue value = {
                .sub = event->sub,
                .text = event->value,
                .raw = event->raw,
                .word = event->word,
                .file = reader->file,
                .line = event->line,
        };
        int r;

        if (directive_is_text(d) && d->section == DIRECTIVE_POOL) {
                r = pool_name_expand(event->value, reader->config->name, &expanded);
                if (r < 0)
                        return r;

                value.text = expanded;
        }

        /* Before the value is looked at: a listen.allowed_clients that is wrong was still given,
         * and the socket unit then admits nobody instead of everybody. */
        reader->config->places[directive_index(d)] = (ConfigPlace){
                .file = reader->file,
                .line = event->line,
        };

        r = directive_set(d, reader->config, &value, why);
        if (r == -EINVAL) {
                reader->config->places[directive_index(d)].is_wrong = true;
                reader->reporter.n_wrong_values++;
                if (event->sub && asprintf(&name, "%s[%s]", d->key, event->sub) < 0)
                        return -ENOMEM;
                return refuse(reader, event->line, name ? name : d->key, "%s", why);
        }
        if (r < 0)
                return r;

        if (d->status != DIRECTIVE_WORKS)
                say_without_effect(reader, d, event);

        return 0;
}

static int pool_config_load_on_entry(Reader *reader, const IniEvent *event) {
        const Directive *d =
                        directive_find(section_of(reader), event->key, event->type == INI_ARRAY);
        const Setting *earlier;

        if (reader->section == SECTION_OTHER)
                return 0;

        if (reader->listen_only && (!d || !directive_is_for_units(d)))
                return 0;

        if (!d)
                return unknown_directive(reader, event);

        earlier = earlier_entry(reader->config, d, event->sub);
        if (earlier) {
                config_say(&reader->reporter, LOG_WARNING, reader->file, event->line, d->key,
                                "%s was set in %s:%u, which counts as in php-fpm", event->sub,
                                earlier->file, earlier->line);
                return 0;
        }

        return set_directive(reader, d, event);
}

static bool is_directory(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int read_included(Reader *reader, const glob_t *found) {
        const char *file = reader->file;
        Section section = reader->section;
        int r = 0;

        /* php-fpm lets the section of the last included file go on behind the include line, so that
         * a [global] line there is an error; we return to where the line stands. */
        reader->depth++;
        for (size_t i = 0; r == 0 && i < found->gl_pathc; i++)
                if (!is_directory(found->gl_pathv[i])) {
                        r = read_file(reader, found->gl_pathv[i]);
                        reader->file = file;
                        reader->section = section;
                }
        reader->depth--;

        return r;
}

/* A pattern as glob() wants it: relative to the folder of the file that it stands in. */
static int include_pattern(const Reader *reader, const char *value, char **ret) {
        const char *slash = strrchr(reader->file, '/');

        if (*value == '/' || !slash)
                *ret = strdup(value);
        else if (asprintf(ret, "%.*s/%s", (int) (slash - reader->file), reader->file, value) < 0)
                *ret = NULL;

        return *ret ? 0 : -ENOMEM;
}

static int pool_config_load_on_include(Reader *reader, const IniEvent *event) {
        _cleanup_free_ char *pattern = NULL;
        glob_t found = {};
        int r;

        if (*event->value == '\0')
                return refuse(reader, event->line, "include", "names no file");
        if (reader->depth >= INCLUDE_DEPTH_MAX)
                return refuse(reader, event->line, "include", "is nested deeper than %d files",
                                INCLUDE_DEPTH_MAX);

        r = include_pattern(reader, event->value, &pattern);
        if (r < 0)
                return r;

        r = glob(pattern, GLOB_ERR | GLOB_BRACE, NULL, &found);
        if (r == GLOB_NOMATCH) {
                config_say(&reader->reporter, LOG_WARNING, reader->file, event->line, "include",
                                "there is no file %s", pattern);
                r = 0;
        } else if (r == GLOB_NOSPACE)
                r = -ENOMEM;
        else if (r != 0)
                r = refuse(reader, event->line, "include", "cannot look for %s: %s", pattern,
                                strerror(errno));
        else
                r = read_included(reader, &found);

        globfree(&found);
        return r;
}

static int pool_config_load_on_event(void *userdata, const IniEvent *event) {
        Reader *reader = userdata;

        switch (event->type) {
        case INI_SECTION:
                return pool_config_load_on_section(reader, event);
        case INI_KEY:
        case INI_ARRAY:
                return pool_config_load_on_entry(reader, event);
        case INI_INCLUDE:
                return pool_config_load_on_include(reader, event);
        case INI_ERROR:
        default:
                return refuse(reader, event->line, NULL, "%s", event->value);
        }
}

static const char *environment_lookup(const char *name) {
        return getenv(name);
}

static int read_text(Reader *reader, const char *file, const char *text, size_t size) {
        int r;

        r = pool_config_add_file(reader->config, file, &reader->file);
        if (r < 0)
                return r;

        return ini_parse(text, size, environment_lookup, pool_config_load_on_event, reader);
}

/* Reports why path cannot be read. What includes it is read all the same; for the socket unit it can be done
 * without. */
static int unreadable(Reader *reader, const char *path, int error) {
        bool is_included = reader->depth > 0;
        int priority = reader->listen_only && is_included ? LOG_WARNING : LOG_ERR;

        if (error == -EFBIG)
                config_say(&reader->reporter, priority, path, 0, NULL,
                                "is larger than %d bytes, is this a pool file?", FILE_BYTES_MAX);
        else if (error == -EINVAL)
                config_say(&reader->reporter, priority, path, 0, NULL, "is not a regular file");
        else if (error == -ENOENT && !is_included)
                config_say(&reader->reporter, priority, path, 0, NULL,
                                "there is no such file; if the pool was removed: systemctl disable --now "
                                "fpmd@%s.socket fpmd@%s.service",
                                reader->config->name, reader->config->name);
        else
                config_say(&reader->reporter, priority, path, 0, NULL, "cannot read it: %s",
                                strerror(-error));

        return is_included && reader->reporter.n_refused < REFUSALS_MAX ? 0 : error;
}

static int read_file(Reader *reader, const char *path) {
        bool quotes_nothing = reader->reporter.quotes_nothing;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (reader->config->n_files >= INCLUDE_FILES_MAX)
                return refuse(reader, 0, "include", "leads to more than %d files",
                                INCLUDE_FILES_MAX);

        r = fd_read_file(path, FILE_BYTES_MAX, &text, &size);
        if (r < 0)
                return unreadable(reader, path, r);

        /* What a file includes that may not be quoted was chosen by whoever wrote it. */
        if (!file_trust_may_quote(path))
                reader->reporter.quotes_nothing = reader->has_others = true;
        r = read_text(reader, path, text, size);
        reader->reporter.quotes_nothing = quotes_nothing;
        return r;
}

/* What is done when the file was read to its end. */
static int finish(Reader *reader) {
        /* What goes together may stand in any of the files. */
        reader->reporter.quotes_nothing = reader->has_others;
        if (reader->listen_only)
                return pool_config_validate_listen(reader->config, &reader->reporter);

        /* What is missing may stand in a line that is wrong. */
        if (!reader->pool_seen && reader->reporter.n_refused == 0)
                config_say(&reader->reporter, LOG_ERR, reader->config->file, 0, NULL,
                                "there is no section [%s], which is this pool's",
                                reader->config->name);
        if (!reader->pool_seen)
                return -EINVAL;

        return pool_config_validate(reader->config, &reader->reporter);
}

/* text is NULL: read the file. */
static int load(PoolConfig **ret, const char *name, const char *file, const char *text, size_t size,
                Reader *reader) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        if (!pool_name_is_valid(name) || strcasecmp(name, "global") == 0) {
                config_say(&reader->reporter, LOG_ERR, file, 0, NULL,
                                "'%.64s' cannot be the name of a pool: write letters, digits and "
                                "_ - : . and neither a dot first nor the word global",
                                name);
                return -EINVAL;
        }

        r = pool_config_new(&config, name, file);
        if (r == 0) {
                reader->config = config;
                r = text ? read_text(reader, file, text, size) : read_file(reader, file);
        }
        if (r == 0)
                r = finish(reader);
        if (r < 0 && reader->reporter.n_refused == 0)
                config_say(&reader->reporter, LOG_ERR, file, 0, NULL, "cannot load it: %s",
                                strerror(-r));
        if (r < 0)
                return r;

        *ret = TAKE_PTR(config);
        return 0;
}

/* From here on the version is said, for whoever gets this configuration. */
static int take_default_php(PoolConfig *config) {
        char version[PHP_SIDE_VERSION_MAX];

        if (config->php || php_side_default(version) < 0)
                return 0;

        config->php = strdup(version);
        return config->php ? 0 : -ENOMEM;
}

int pool_config_load(PoolConfig **ret, const char *name, const char *path, ConfigReport report,
                void *userdata) {
        Reader reader = { .reporter = { .report = report, .userdata = userdata } };
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        r = load(&config, name, path, NULL, 0, &reader);
        if (r < 0)
                return r;

        r = take_default_php(config);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(config);
        return 0;
}

int pool_config_parse(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata) {
        Reader reader = { .reporter = { .report = report, .userdata = userdata } };

        return load(ret, name, file, text, size, &reader);
}

int pool_config_load_listen(PoolConfig **ret, const char *name, const char *path,
                ConfigReport report, void *userdata) {
        Reader reader = {
                .reporter = { .report = report, .userdata = userdata },
                .listen_only = true,
        };

        return load(ret, name, path, NULL, 0, &reader);
}

int pool_config_parse_listen(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata) {
        Reader reader = {
                .reporter = { .report = report, .userdata = userdata },
                .listen_only = true,
        };

        return load(ret, name, file, text, size, &reader);
}
