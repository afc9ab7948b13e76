/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "config/config_reader.h"
#include "config/pool_config.h"
#include "config/value/pool_name.h"
#include "fpmctl/migrate/file.h"

typedef struct Reading {
        MigrateSource *source;
        const char *file;
        mode_t mode; /* that a copy of file may have */
        unsigned depth, n_files;
        ssize_t section; /* of source->pools; -1: [global]. Leaks out of an include, as in php-fpm */
        const char *php;
        bool is_lost; /* below a section whose name cannot be a pool's */
} Reading;

int migrate_source_add_problem(MigrateSource *source, const char *format, ...) {
        char **grown = reallocarray(source->problems, source->n_problems + 1, sizeof(*grown)),
             *line;
        va_list arguments;
        int n;

        if (!grown)
                return -ENOMEM;

        source->problems = grown;
        va_start(arguments, format);
        n = vasprintf(&line, format, arguments);
        va_end(arguments);
        if (n < 0)
                return -ENOMEM;

        source->problems[source->n_problems++] = line;
        return 0;
}

static void line_done(MigrateLine *line) {
        free(line->key);
        free(line->sub);
        free(line->raw);
        free(line->file);
}

static void pool_done(MigratePool *pool) {
        for (size_t i = 0; i < pool->n_lines; i++)
                line_done(&pool->lines[i]);

        free(pool->lines);
        free(pool->name);
        free(pool->php);
}

void migrate_source_done(MigrateSource *source) {
        pool_done(&source->global);
        for (size_t i = 0; i < source->n_pools; i++)
                pool_done(&source->pools[i]);
        for (size_t i = 0; i < source->n_problems; i++)
                free(source->problems[i]);

        free(source->pools);
        free(source->problems);
        *source = (MigrateSource){};
}

const MigrateLine *migrate_pool_find(const MigratePool *pool, const char *key) {
        for (size_t i = pool->n_lines; i > 0; i--)
                if (strcasecmp(pool->lines[i - 1].key, key) == 0)
                        return &pool->lines[i - 1];

        return NULL;
}

/* --- sections --- */

/* Two versions may have a pool of one name, and then are two php-fpm; here they would be one unit. */
static bool is_of(const MigratePool *pool, const char *php) {
        return strcmp(pool->php ? pool->php : "", php ? php : "") == 0;
}

static int add_pool(Reading *reading, const char *name) {
        MigrateSource *source = reading->source;
        MigratePool *grown;

        for (size_t i = 0; i < source->n_pools; i++)
                if (strcasecmp(source->pools[i].name, name) == 0 &&
                                is_of(&source->pools[i], reading->php)) {
                        reading->section = (ssize_t) i;
                        return 0;
                }

        grown = reallocarray(source->pools, source->n_pools + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;

        source->pools = grown;
        grown[source->n_pools] = (MigratePool){ .name = strdup(name),
                .php = reading->php ? strdup(reading->php) : NULL };
        if (!grown[source->n_pools].name || (reading->php && !grown[source->n_pools].php))
                return -ENOMEM;

        reading->section = (ssize_t) source->n_pools++;
        return 0;
}

static int on_section(Reading *reading, const IniEvent *event) {
        reading->is_lost = false;
        if (strcasecmp(event->key, "global") == 0) {
                reading->section = -1;
                return 0;
        }

        if (pool_name_is_valid(event->key))
                return add_pool(reading, event->key);

        reading->is_lost = true;
        return migrate_source_add_problem(reading->source,
                        "%s:%u: [%s]: a unit cannot have this name; rename the pool in php-fpm first: letters, "
                        "digits and _ - : . with no dot first, at most 64",
                        reading->file, event->line, event->key);
}

/* --- lines --- */

static int add_line(Reading *reading, const IniEvent *event, const Directive *directive) {
        MigrateSource *source = reading->source;
        MigratePool *pool =
                        reading->section < 0 ? &source->global : &source->pools[reading->section];
        MigrateLine line = { .directive = directive, .line = event->line, .mode = reading->mode },
                    *grown;

        line.key = strdup(event->key);
        line.raw = strdup(event->raw);
        line.file = strdup(reading->file);
        if (event->type == INI_ARRAY)
                line.sub = strdup(event->sub);

        grown = reallocarray(pool->lines, pool->n_lines + 1, sizeof(*grown));
        if (grown)
                pool->lines = grown;
        if (!grown || !line.key || !line.raw || !line.file ||
                        (event->type == INI_ARRAY && !line.sub)) {
                line_done(&line);
                return -ENOMEM;
        }

        grown[pool->n_lines++] = line;
        return 0;
}

static int on_line(Reading *reading, const IniEvent *event) {
        DirectiveSection section = reading->section < 0 ? DIRECTIVE_GLOBAL : DIRECTIVE_POOL;
        const Directive *directive = directive_find(section, event->key, event->type == INI_ARRAY);

        if (reading->is_lost)
                return 0;
        if (!directive)
                return migrate_source_add_problem(reading->source,
                                "%s:%u: %s: there is no such directive in %s", reading->file,
                                event->line, event->key,
                                section == DIRECTIVE_GLOBAL ? "[global]" : "a pool");
        if (event->sub && strpbrk(event->sub, "[]\"'=\n"))
                return migrate_source_add_problem(reading->source,
                                "%s:%u: %s[…]: the name in the brackets is not understood",
                                reading->file, event->line, event->key);

        return add_line(reading, event, directive);
}

/* --- files --- */

static int read_file(Reading *reading, const char *file, unsigned from_line);

static int on_include(Reading *reading, const IniEvent *event) {
        _cleanup_free_ char *pattern = NULL;
        const char *file = reading->file;
        mode_t mode = reading->mode;
        glob_t found = {};
        int r = 0, status;

        if (*event->value != '/')
                return migrate_source_add_problem(reading->source,
                                "%s:%u: include: '%s' is relative to a folder that php-fpm was built with; "
                                "write the whole path",
                                file, event->line, event->value);
        if (reading->depth >= INCLUDE_DEPTH_MAX)
                return migrate_source_add_problem(reading->source,
                                "%s:%u: include: is nested deeper than %d files", file, event->line,
                                INCLUDE_DEPTH_MAX);

        status = config_include_find(file, event->value, &pattern, &found);
        if (status != 0 && status != GLOB_NOMATCH)
                r = migrate_source_add_problem(reading->source,
                                "%s:%u: include: cannot look for %s", file, event->line,
                                event->value);

        reading->depth++;
        for (size_t i = 0; r == 0 && status == 0 && i < found.gl_pathc; i++) {
                struct stat st;

                if (stat(found.gl_pathv[i], &st) < 0 || !S_ISDIR(st.st_mode))
                        r = read_file(reading, found.gl_pathv[i], event->line);
                reading->file = file;
                reading->mode = mode;
        }
        reading->depth--;

        globfree(&found);
        return r;
}

static int migrate_source_on_event(void *userdata, const IniEvent *event) {
        Reading *reading = userdata;

        switch (event->type) {
        case INI_SECTION:
                return on_section(reading, event);
        case INI_KEY:
        case INI_ARRAY:
                return on_line(reading, event);
        case INI_INCLUDE:
                return on_include(reading, event);
        case INI_ERROR:
        default:
                return migrate_source_add_problem(reading->source, "%s:%u: %s", reading->file,
                                event->line, event->value);
        }
}

/* What stands for nothing stays in the text: the manager's environment is not this one. */
static const char *no_variable(const char *name) {
        (void) name;
        return NULL;
}

static int read_file(Reading *reading, const char *file, unsigned from_line) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (reading->n_files++ >= INCLUDE_FILES_MAX)
                return migrate_source_add_problem(reading->source,
                                "%s:%u: include: leads to more than %d files", reading->file,
                                from_line, INCLUDE_FILES_MAX);

        r = fd_read_file(file, FILE_BYTES_MAX, &text, &size);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return migrate_source_add_problem(reading->source, "%s: cannot read it: %s", file,
                                r == -EINVAL ? "it is not a regular file" : strerror(-r));

        reading->file = file;
        reading->mode = migrate_file_mode(file);
        return ini_parse(text, size, no_variable, migrate_source_on_event, reading);
}

/* What php-fpm itself would refuse, or what would have another default here. */
static int check_pool(MigrateSource *source, const MigratePool *pool) {
        static const char *const needed[] = { "user", "listen", "pm" };
        int r = 0;

        for (size_t i = 0; r == 0 && i < ELEMENTSOF(needed); i++)
                if (!migrate_pool_find(pool, needed[i]))
                        r = migrate_source_add_problem(source,
                                        "[%s]: has no %s, which php-fpm needs: is this the file that it runs with?",
                                        pool->name, needed[i]);

        return r;
}

static int check_names(MigrateSource *source, size_t from) {
        int r = 0;

        for (size_t i = from; r == 0 && i < source->n_pools; i++)
                for (size_t j = 0; r == 0 && j < i; j++)
                        if (strcasecmp(source->pools[i].name, source->pools[j].name) == 0)
                                r = migrate_source_add_problem(source,
                                                "[%s]: PHP %s and PHP %s have a pool of this name; rename one of "
                                                "them in php-fpm first, or name one file: fpmctl migrate "
                                                "/etc/php/%s/fpm/php-fpm.conf",
                                                source->pools[i].name, source->pools[j].php,
                                                source->pools[i].php, source->pools[i].php);

        return r;
}

int migrate_source_read(MigrateSource *source, const char *file, const char *php) {
        Reading reading = { .source = source, .file = file, .php = php, .section = -1 };
        size_t n = source->n_pools;
        int r;

        r = read_file(&reading, file, 0);
        for (size_t i = n; r == 0 && i < source->n_pools; i++)
                r = check_pool(source, &source->pools[i]);

        return r == 0 ? check_names(source, n) : r;
}

/* "MADE:5: listen: …" */
static int add_refusal(MigrateSource *source, const MigratePool *pool, const char *made,
                const char *text) {
        size_t size = strlen(made);
        const char *rest = strncmp(text, made, size) == 0 && text[size] == ':'
                                           ? strstr(text + size, ": ")
                                           : NULL;
        const MigrateLine *line;
        char key[64];

        if (!rest)
                return migrate_source_add_problem(
                                source, "[%s]: fpmd refuses it: %s", pool->name, text);

        rest += strlen(": ");
        snprintf(key, sizeof(key), "%.*s", (int) strcspn(rest, ":["), rest);
        line = migrate_pool_find(pool, key);
        return line ? migrate_source_add_problem(source, "%s:%u: fpmd refuses it: %s", line->file,
                                      line->line, rest)
                    : migrate_source_add_problem(
                                      source, "[%s]: fpmd refuses it: %s", pool->name, rest);
}

int migrate_source_add_refusal(
                MigrateSource *source, const MigratePool *pool, const char *made, char *output) {
        int r = 0;

        for (char *line; r == 0 && (line = strsep(&output, "\n"));)
                if (*line)
                        r = add_refusal(source, pool, made, line);

        return r;
}

static int evaluate(const MigratePool *pool, const char *key, char **ret) {
        const MigrateLine *line = migrate_pool_find(pool, key);
        _cleanup_free_ char *value = NULL;
        char why[INI_WHY_MAX];
        const char *end;
        bool is_word;
        int r;

        *ret = NULL;
        if (!line)
                return 0;

        r = ini_value_evaluate(line->raw, no_variable, &value, &is_word, &end, why);
        if (r < 0)
                return r == -EINVAL ? 0 : r;

        return pool_name_expand(value, pool->name, ret);
}

int migrate_pool_path(const MigratePool *pool, const char *key, char **ret) {
        _cleanup_free_ char *prefix = NULL, *path = NULL;
        int r;

        r = evaluate(pool, "prefix", &prefix);
        if (r == 0)
                r = evaluate(pool, key, &path);
        if (r == 0 && path)
                r = pool_config_resolve_path(prefix, &path);
        if (r < 0 && r != -ENOENT)
                return r;

        *ret = path && *path == '/' ? TAKE_PTR(path) : NULL;
        return 0;
}

char *migrate_pool_unit(const MigratePool *pool) {
        char *unit;

        if (!pool->php)
                return strdup("");

        return asprintf(&unit, "php%s-fpm.service", pool->php) < 0 ? NULL : unit;
}
