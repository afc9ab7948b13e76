/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config_reader.h"
#include "config/file_trust.h"
#include "contract/php_side.h"

static int read_file(ConfigReader *reader, const char *path);

/* fpmd.conf is no place for pools: there is one way from the name of a pool to its file. */
static int on_section_of_defaults(ConfigReader *reader, const IniEvent *event) {
        if (strcasecmp(event->key, "defaults") == 0) {
                reader->section = SECTION_POOL;
                return 0;
        }

        reader->section = SECTION_OTHER;
        return config_refuse(reader, event->line, NULL,
                        "[%.64s]: this file has the sections [global] and [defaults] alone; put a pool "
                        "in a file of conf.d or of a folder that pool_dirs names",
                        event->key);
}

static int pool_config_load_on_section(ConfigReader *reader, const IniEvent *event) {
        if (strcasecmp(event->key, "global") == 0) {
                reader->section = SECTION_GLOBAL;
                return 0;
        }

        if (reader->reads_defaults)
                return on_section_of_defaults(reader, event);

        if (strcasecmp(event->key, reader->config->name) == 0) {
                reader->section = SECTION_POOL;
                reader->pool_seen = true;
                return 0;
        }

        reader->section = SECTION_OTHER;
        return INI_SKIP_SECTION;
}

static bool is_directory(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_being_read(const ConfigReader *reader, const char *path) {
        for (unsigned i = 0; i < reader->depth; i++)
                if (strcmp(reader->files[i], path) == 0)
                        return true;

        return false;
}

static int refuse_circle(ConfigReader *reader, unsigned line, const char *path) {
        return config_refuse(reader, line, "include",
                        "%s is being read already, it includes itself", path);
}

/* php-fpm lets the section of the last included file go on behind the include line, so that a [global] line there is an
 * error; we return to where the line stands. */
static int read_included(ConfigReader *reader, unsigned line, const char *path) {
        const char *file = reader->file;
        ConfigSection section = reader->section;
        int r;

        if (is_directory(path))
                return 0;

        reader->files[reader->depth++] = file;
        r = is_being_read(reader, path) ? refuse_circle(reader, line, path)
                                        : read_file(reader, path);
        reader->depth--;
        reader->file = file;
        reader->section = section;
        return r;
}

/* Whoever has looked for the pools has found these files. */
static int read_list(ConfigReader *reader, unsigned line, const IncludeList *list) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < list->n_files; i++)
                if (!included_file_is_of_others(&list->files[i], reader->config->name))
                        r = read_included(reader, line, list->files[i].path);

        return r;
}

/* The pattern of an include line, which is relative to the folder of the file; NULL: no memory. */
static char *include_pattern(const char *file, const char *value) {
        const char *slash = strrchr(file, '/');
        char *pattern;

        if (*value == '/' || !slash)
                return strdup(value);

        return asprintf(&pattern, "%.*s/%s", (int) (slash - file), file, value) < 0 ? NULL
                                                                                    : pattern;
}

int config_include_find(const char *file, const char *value, char **ret_pattern, glob_t *ret) {
        *ret_pattern = include_pattern(file, value);
        return *ret_pattern ? glob(*ret_pattern, GLOB_ERR | GLOB_BRACE, NULL, ret) : GLOB_NOSPACE;
}

/* glob(3) takes what this process may not see for missing. */
static bool is_hidden(const char *path) {
        struct stat st;

        return lstat(path, &st) < 0 && errno == EACCES;
}

/* The manager reads what a shell of root's can read in any case. */
static const char *advice_for(int error) {
        return error == EACCES && geteuid() == 0
                               ? "; the manager overrides no permissions, so give the file and its folder to root"
                               : "";
}

static int find_included(ConfigReader *reader, const IniEvent *event) {
        _cleanup_free_ char *pattern = NULL;
        glob_t found = {};
        int r;

        r = config_include_find(reader->file, event->value, &pattern, &found);
        if (r == GLOB_NOMATCH && is_hidden(pattern))
                r = GLOB_ABORTED;
        if (r == GLOB_NOMATCH) {
                config_report(&reader->reporter, LOG_WARNING, reader->file, event->line, "include",
                                "there is no file %s", pattern);
                r = 0;
        } else if (r == GLOB_NOSPACE)
                r = -ENOMEM;
        else if (r != 0)
                r = config_refuse(reader, event->line, "include", "cannot look for %s: %s%s",
                                pattern, strerror(errno), advice_for(errno));
        else
                for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
                        r = read_included(reader, event->line, found.gl_pathv[i]);

        globfree(&found);
        return r;
}

static int pool_config_load_on_include(ConfigReader *reader, const IniEvent *event) {
        _cleanup_free_ char *pattern = NULL;
        const IncludeList *list;

        if (reader->section == SECTION_OTHER && reader->reads_defaults)
                return 0;
        if (*event->value == '\0')
                return config_refuse(reader, event->line, "include", "names no file");
        if (reader->depth >= INCLUDE_DEPTH_MAX)
                return config_refuse(reader, event->line, "include",
                                "is nested deeper than %d files", INCLUDE_DEPTH_MAX);

        pattern = include_pattern(reader->file, event->value);
        if (!pattern)
                return -ENOMEM;

        /* In fpmd.conf the section of a pool is a mistake, to be told. */
        list = reader->reads_defaults ? NULL : include_lists_find(reader->includes, pattern);
        return list ? read_list(reader, event->line, list) : find_included(reader, event);
}

static int pool_config_load_on_event(void *userdata, const IniEvent *event) {
        ConfigReader *reader = userdata;

        switch (event->type) {
        case INI_SECTION:
                return pool_config_load_on_section(reader, event);
        case INI_KEY:
        case INI_ARRAY:
                return config_read_entry(reader, event);
        case INI_INCLUDE:
                return pool_config_load_on_include(reader, event);
        case INI_ERROR:
        default:
                return config_refuse(reader, event->line, NULL, "%s", event->value);
        }
}

static int read_text(ConfigReader *reader, const char *file, const char *text, size_t size) {
        int r;

        r = pool_config_add_file(reader->config, file, &reader->file);
        if (r < 0)
                return r;

        return ini_parse(text, size, config_environment_lookup, pool_config_load_on_event, reader);
}

/* Reports why path cannot be read. What includes it is read all the same; for the socket unit it can be done
 * without. */
static int unreadable(ConfigReader *reader, const char *path, int error) {
        bool is_included = reader->depth > 0;
        int priority = reader->listen_only && is_included ? LOG_WARNING : LOG_ERR;

        if (error == -EFBIG)
                config_report(&reader->reporter, priority, path, 0, NULL,
                                "is larger than %d bytes, is this a pool file?", FILE_BYTES_MAX);
        else if (error == -EINVAL)
                config_report(&reader->reporter, priority, path, 0, NULL, "is not a regular file");
        else if (error == -ENOENT && !is_included)
                config_report(&reader->reporter, priority, path, 0, NULL,
                                "there is no such file; if the pool was removed: systemctl disable --now "
                                "fpmd@%s.socket fpmd@%s.service",
                                reader->config->name, reader->config->name);
        else
                config_report(&reader->reporter, priority, path, 0, NULL, "cannot read it: %s%s",
                                strerror(-error), advice_for(-error));

        return is_included && reader->reporter.n_refused < REFUSALS_MAX ? 0 : error;
}

static int read_file(ConfigReader *reader, const char *path) {
        bool quotes_nothing = reader->reporter.quotes_nothing;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (reader->config->n_files >= INCLUDE_FILES_MAX)
                return config_refuse(reader, 0, "include", "leads to more than %d files",
                                INCLUDE_FILES_MAX);

        r = fd_read_file(path, FILE_BYTES_MAX, &text, &size);
        if (r < 0)
                return unreadable(reader, path, r);

        /* A file that may not be quoted has chosen its include files, which may not be quoted either. */
        if (!file_trust_may_quote(path))
                reader->reporter.quotes_nothing = reader->has_others = true;
        r = read_text(reader, path, text, size);
        reader->reporter.quotes_nothing = quotes_nothing;
        return r;
}

/* What stands before the first section is global. */
static int read_pieces(ConfigReader *reader, const FileSections *file) {
        int r;

        r = ini_parse(file->text, file->items[0].offset, config_environment_lookup,
                        pool_config_load_on_event, reader);
        for (size_t i = 0; r == 0 && i < file->n_items; i++) {
                const FileSection *section = &file->items[i];

                if (strcasecmp(section->name, "global") == 0 ||
                                strcasecmp(section->name, reader->config->name) == 0)
                        r = ini_parse_behind(file->text + section->offset,
                                        file_sections_size_of(file, i), section->line - 1,
                                        config_environment_lookup, pool_config_load_on_event,
                                        reader);
        }

        return r;
}

/* Does what read_file() does for a file whose sections are known. */
static int read_sections(ConfigReader *reader, const FileSections *file) {
        bool quotes_nothing = reader->reporter.quotes_nothing;
        int r;

        r = pool_config_add_file(reader->config, file->path, &reader->file);
        if (r < 0)
                return r;

        if (!file->may_quote)
                reader->reporter.quotes_nothing = reader->has_others = true;
        r = read_pieces(reader, file);
        reader->reporter.quotes_nothing = quotes_nothing;
        return r;
}

/* What is done when the file was read to its end. */
static int finish(ConfigReader *reader) {
        /* What goes together may stand in any of the files. */
        reader->reporter.quotes_nothing = reader->has_others;
        if (reader->listen_only)
                return pool_config_validate_listen(reader->config, &reader->reporter);

        /* What is missing may stand in a line that is wrong. */
        if (!reader->pool_seen && reader->reporter.n_refused == 0)
                config_report(&reader->reporter, LOG_ERR, reader->config->file, 0, NULL,
                                "there is no section [%s], which is this pool's",
                                reader->config->name);
        if (!reader->pool_seen)
                return -EINVAL;

        return pool_config_validate(reader->config, &reader->reporter);
}

/* Behind the pool's own files, so that what they say is there already. A defaults file that is missing says nothing. */
static int read_defaults(ConfigReader *reader, const char *path) {
        int r;

        if (!path || access(path, F_OK) < 0)
                return 0;

        /* The units of each pool would tell of the same line. */
        if (reader->listen_only)
                reader->reporter.report = NULL;

        reader->section = SECTION_NONE;
        reader->reads_defaults = true;
        r = read_file(reader, path);
        return reader->listen_only && r != -ENOMEM ? 0 : r;
}

/* A file that changes while it is read counts as changed. */
static uint64_t now_usec(void) {
        struct timespec now;

        return clock_gettime(CLOCK_REALTIME, &now) < 0
                               ? 0
                               : (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

/* From here on the configuration names the version, for each process that gets it. */
static int take_default_php(PoolConfig *config) {
        char version[PHP_SIDE_VERSION_MAX];

        if (config->php || php_side_default(version) < 0)
                return 0;

        config->php = strdup(version);
        return config->php ? 0 : -ENOMEM;
}

/* source->file is only a name where text is not NULL. */
static int load(PoolConfig **ret, const PoolSource *source, const char *text, size_t size,
                ConfigReader *reader) {
        const char *name = source->name, *file = source->file;
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        if (!pool_name_is_valid(name) || strcasecmp(name, "global") == 0) {
                config_report(&reader->reporter, LOG_ERR, file, 0, NULL,
                                "'%.64s' cannot be the name of a pool: write letters, digits and "
                                "_ - : . and neither a dot first nor the word global",
                                name);
                return -EINVAL;
        }

        r = pool_config_new(&config, name, file);
        if (r == 0) {
                config->read_usec = now_usec();
                reader->config = config;
                r = text               ? read_text(reader, file, text, size)
                    : source->sections ? read_sections(reader, source->sections)
                                       : read_file(reader, file);
        }
        if (r == 0)
                r = read_defaults(reader, source->defaults);
        if (r == 0 && !text && !reader->listen_only)
                r = take_default_php(config);
        if (r == 0)
                r = pool_config_take_levels(config, config_environment_lookup);
        if (r == 0)
                r = finish(reader);
        if (r < 0 && reader->reporter.n_refused == 0)
                config_report(&reader->reporter, LOG_ERR, file, 0, NULL, "cannot load it: %s",
                                strerror(-r));
        if (r < 0)
                return r;

        *ret = TAKE_PTR(config);
        return 0;
}

int pool_config_load_source(
                PoolConfig **ret, const PoolSource *source, ConfigReport report, void *userdata) {
        ConfigReader reader = {
                .reporter = { .report = report, .userdata = userdata },
                .listen_only = source->units_only,
                .includes = source->includes,
        };

        return load(ret, source, NULL, 0, &reader);
}

int pool_config_load(PoolConfig **ret, const char *name, const char *path, ConfigReport report,
                void *userdata) {
        return pool_config_load_source(
                        ret, &(PoolSource){ .name = name, .file = path }, report, userdata);
}

int pool_config_parse(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata) {
        ConfigReader reader = { .reporter = { .report = report, .userdata = userdata } };

        return load(ret, &(PoolSource){ .name = name, .file = file }, text, size, &reader);
}

int pool_config_parse_listen(PoolConfig **ret, const char *name, const char *file, const char *text,
                size_t size, ConfigReport report, void *userdata) {
        ConfigReader reader = {
                .reporter = { .report = report, .userdata = userdata },
                .listen_only = true,
        };

        return load(ret, &(PoolSource){ .name = name, .file = file }, text, size, &reader);
}
