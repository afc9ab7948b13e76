/* SPDX-License-Identifier: MIT */
#include "config/pool_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config_reader.h"
#include "config/file_trust.h"

static const char SUFFIX[] = ".conf";

typedef struct Found {
        char *name, *file, *place;
        bool is_namesake; /* the file is called after the pool */
        size_t order;
} Found;

typedef struct Scan {
        ConfigReport report;
        void *userdata;
        Found *found;
        size_t n_found;

        const char *root; /* the file of conf.d or pool_dirs whose sections are being read */
        const char *stem; /* its name without ".conf", which is no text of its own: */
        size_t stem_size;
        bool has_section; /* one was seen in root or below it */
        const char *file; /* being read: root or one that it includes */
        unsigned depth, n_files;

        char *dirs; /* pool_dirs */
        bool is_global;
} Scan;

_printf_(3, 4) static void say(const Scan *scan, int priority, const char *format, ...) {
        _cleanup_free_ char *line = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&line, format, arguments) < 0)
                line = NULL;
        va_end(arguments);

        for (char *p = line; p && *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        *p = '?';

        if (scan->report)
                scan->report(scan->userdata, priority, line ? line : format);
}

/* --- sections --- */

static void found_done(Found *found) {
        free(found->name);
        free(found->file);
        free(found->place);
}

static bool is_namesake(const Scan *scan, const char *name) {
        return strlen(name) == scan->stem_size &&
               strncasecmp(name, scan->stem, scan->stem_size) == 0;
}

static int add(Scan *scan, const char *name, unsigned line) {
        bool namesake = is_namesake(scan, name);
        Found found = { .is_namesake = namesake, .order = scan->n_found }, *grown;

        /* As php-fpm reads them, sections differ by more than case; units do not. */
        found.name = namesake ? strndup(scan->stem, scan->stem_size) : strdup(name);
        found.file = strdup(scan->root);
        if ((line > 0 ? asprintf(&found.place, "%s:%u", scan->file, line)
                      : asprintf(&found.place, "%s", scan->file)) < 0)
                found.place = NULL;

        grown = reallocarray(scan->found, scan->n_found + 1, sizeof(*grown));
        if (grown)
                scan->found = grown;
        if (!found.name || !found.file || !found.place || !grown) {
                found_done(&found);
                return -ENOMEM;
        }

        grown[scan->n_found++] = found;
        return 0;
}

static void refuse_name(const Scan *scan, const char *name, unsigned line) {
        bool may_quote = file_trust_may_quote(scan->file);

        say(scan, LOG_ERR,
                        "%s:%u: %s%.64s%s cannot be the name of a pool: write letters, digits and _ - : . "
                        "and no dot first, at most 64",
                        scan->file, line, may_quote ? "[" : "",
                        may_quote ? name : "what stands there", may_quote ? "]" : "");
}

static int on_section(Scan *scan, const IniEvent *event) {
        int r = 0;

        if (strcasecmp(event->key, "global") != 0) {
                scan->has_section = true;
                if (pool_name_is_valid(event->key))
                        r = add(scan, event->key, event->line);
                else
                        refuse_name(scan, event->key, event->line);
        }

        return r < 0 ? r : INI_SKIP_SECTION;
}

static int read_sections(Scan *scan, const char *file);

/* What is wrong with an include line, the reader of the pool says. */
static int on_include(Scan *scan, const IniEvent *event) {
        _cleanup_free_ char *pattern = NULL;
        const char *file = scan->file;
        glob_t found = {};
        int r = 0;

        if (scan->depth >= INCLUDE_DEPTH_MAX || *event->value == '\0')
                return 0;

        if (config_include_find(file, event->value, &pattern, &found) == 0) {
                scan->depth++;
                for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
                        if (strcmp(found.gl_pathv[i], file) != 0)
                                r = read_sections(scan, found.gl_pathv[i]);
                scan->depth--;
                scan->file = file;
        }

        globfree(&found);
        return r;
}

static int pool_files_on_event(void *userdata, const IniEvent *event) {
        Scan *scan = userdata;

        if (event->type == INI_SECTION)
                return on_section(scan, event);

        return event->type == INI_INCLUDE ? on_include(scan, event) : 0;
}

static const char *environment_lookup(const char *name) {
        return getenv(name);
}

/* Returns 0 also for a file that cannot be read: it has no section then. */
static int read_sections(Scan *scan, const char *file) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (scan->n_files++ >= INCLUDE_FILES_MAX)
                return 0;

        r = fd_read_file(file, FILE_BYTES_MAX, &text, &size);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        scan->file = file;
        return ini_parse(text, size, environment_lookup, pool_files_on_event, scan);
}

/* --- files and folders --- */

static int read_root(Scan *scan, const char *file) {
        const char *slash = strrchr(file, '/');
        int r;

        scan->root = scan->file = file;
        scan->stem = slash ? slash + 1 : file;
        scan->stem_size = strlen(scan->stem);
        if (scan->stem_size > strlen(SUFFIX) &&
                        strcmp(scan->stem + scan->stem_size - strlen(SUFFIX), SUFFIX) == 0)
                scan->stem_size -= strlen(SUFFIX);
        scan->has_section = false;
        scan->n_files = 0;

        r = read_sections(scan, file);
        if (r == 0 && !scan->has_section) {
                _cleanup_free_ char *name = strndup(scan->stem, scan->stem_size);

                scan->file = file;
                r = !name ? -ENOMEM : pool_name_is_valid(name) ? add(scan, name, 0) : 0;
        }

        return r;
}

static int is_pool_file(const struct dirent *entry) {
        size_t size = strlen(entry->d_name);

        return entry->d_name[0] != '.' && size > strlen(SUFFIX) &&
               strcmp(entry->d_name + size - strlen(SUFFIX), SUFFIX) == 0;
}

/* In the order that php-fpm's include= has, for messages to be the same each time. */
static int read_folder(Scan *scan, const char *folder, bool is_conf_dir) {
        struct dirent **entries;
        int n = scandir(folder, &entries, is_pool_file, alphasort), r = 0;

        if (n < 0 && errno == ENOENT && is_conf_dir)
                return 0;
        if (n < 0 && (errno == ENOMEM || is_conf_dir))
                return -errno;
        if (n < 0) {
                say(scan, LOG_WARNING, "pool_dirs: cannot read %s: %s", folder, strerror(errno));
                return 0;
        }

        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *file = NULL;

                if (r == 0 && asprintf(&file, "%s/%s", folder, entries[i]->d_name) < 0)
                        r = -ENOMEM;
                if (r == 0)
                        r = read_root(scan, file);
                free(entries[i]);
        }

        free(entries);
        return r;
}

/* --- fpmd.conf --- */

static int on_defaults(void *userdata, const IniEvent *event) {
        Scan *scan = userdata;
        char *dirs;

        if (event->type == INI_SECTION)
                scan->is_global = strcasecmp(event->key, "global") == 0;
        if (event->type != INI_KEY || !scan->is_global || strcasecmp(event->key, "pool_dirs") != 0)
                return 0;

        dirs = strdup(event->value);
        if (!dirs)
                return -ENOMEM;

        free(scan->dirs);
        scan->dirs = dirs;
        return 0;
}

static int read_dirs(Scan *scan, const char *defaults) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        scan->is_global = true;
        r = fd_read_file(defaults, FILE_BYTES_MAX, &text, &size);
        if (r < 0) {
                if (r != -ENOENT)
                        say(scan, LOG_WARNING, "%s: cannot read it: %s", defaults, strerror(-r));
                return r == -ENOMEM ? r : 0;
        }

        return ini_parse(text, size, environment_lookup, on_defaults, scan);
}

static int read_pool_dirs(Scan *scan) {
        char *rest = NULL;
        int r = 0;

        for (char *dir = strtok_r(scan->dirs, " \t:", &rest); r == 0 && dir;
                        dir = strtok_r(NULL, " \t:", &rest)) {
                if (*dir == '/')
                        r = read_folder(scan, dir, false);
                else
                        say(scan, LOG_WARNING, "pool_dirs: %s is not an absolute path", dir);
        }

        return r;
}

/* DIR/conf.d has DIR/fpmd.conf; another folder, which somebody has named for a trial, has none. */
static char *defaults_of(const char *conf_dir) {
        static const char name[] = "conf.d";
        size_t size = strlen(conf_dir);
        const char *base;
        char *path;

        while (size > 1 && conf_dir[size - 1] == '/')
                size--;
        if (size < strlen(name))
                return NULL;

        base = conf_dir + size - strlen(name);
        if (strncmp(base, name, strlen(name)) != 0 || (base > conf_dir && base[-1] != '/'))
                return NULL;

        return asprintf(&path, "%.*sfpmd.conf", (int) (base - conf_dir), conf_dir) < 0 ? NULL
                                                                                       : path;
}

/* --- the list --- */

static int by_name(const void *a, const void *b) {
        const Found *x = a, *y = b;
        int r = strcasecmp(x->name, y->name);

        if (r != 0)
                return r;
        if (x->is_namesake != y->is_namesake)
                return x->is_namesake ? -1 : 1;

        return x->order < y->order ? -1 : 1;
}

/* Sections of one name in one file and what it includes are one pool, as for php-fpm. */
static void put(PoolFiles *files, Found *found) {
        PoolFile *last = files->n_items > 0 ? &files->items[files->n_items - 1] : NULL;

        if (last && strcasecmp(last->name, found->name) == 0) {
                /* An include leads to the same line: what has it is the other place. */
                if (strcmp(last->file, found->file) != 0 && !last->another)
                        last->another = strcmp(last->place, found->place) == 0
                                                        ? TAKE_PTR(found->file)
                                                        : TAKE_PTR(found->place);
                return;
        }

        files->items[files->n_items++] = (PoolFile){
                .name = TAKE_PTR(found->name),
                .file = TAKE_PTR(found->file),
                .place = TAKE_PTR(found->place),
        };
}

static void say_another(const Scan *scan, const PoolFile *f) {
        if (file_trust_may_quote_place(f->place) && file_trust_may_quote_place(f->another))
                say(scan, LOG_ERR,
                                "%s: [%s] is a pool of %s too; rename one of the two, or take it away",
                                f->place, f->name, f->another);
        else
                say(scan, LOG_ERR, "%s: %s", f->file, FILE_TRUST_NOT_QUOTED);
}

static int finish(PoolFiles *ret, Scan *scan) {
        if (scan->n_found > 0) {
                qsort(scan->found, scan->n_found, sizeof(*scan->found), by_name);
                ret->items = calloc(scan->n_found, sizeof(*ret->items));
                if (!ret->items)
                        return -ENOMEM;
        }

        for (size_t i = 0; i < scan->n_found; i++)
                put(ret, &scan->found[i]);
        for (size_t i = 0; i < ret->n_items; i++)
                if (ret->items[i].another)
                        say_another(scan, &ret->items[i]);

        return 0;
}

static void scan_done(Scan *scan) {
        for (size_t i = 0; i < scan->n_found; i++)
                found_done(&scan->found[i]);

        free(scan->found);
        free(scan->dirs);
}

int pool_files_read(PoolFiles *ret, const char *conf_dir, ConfigReport report, void *userdata) {
        _cleanup_(scan_done) Scan scan = { .report = report, .userdata = userdata };
        PoolFiles files = { .defaults = defaults_of(conf_dir) };
        int r;

        r = files.defaults ? read_dirs(&scan, files.defaults) : 0;
        if (r == 0)
                r = read_folder(&scan, conf_dir, true);
        if (r == 0 && scan.dirs)
                r = read_pool_dirs(&scan);
        if (r == 0)
                r = finish(&files, &scan);
        if (r < 0) {
                pool_files_done(&files);
                return r;
        }

        *ret = files;
        return 0;
}

int pool_files_read_file(PoolFiles *ret, const char *file, ConfigReport report, void *userdata) {
        _cleanup_(scan_done) Scan scan = { .report = report, .userdata = userdata };
        PoolFiles files = {};
        int r;

        r = read_root(&scan, file);
        if (r == 0)
                r = finish(&files, &scan);
        if (r == 0)
                *ret = files;

        return r;
}

void pool_files_done(PoolFiles *files) {
        for (size_t i = 0; i < files->n_items; i++) {
                free(files->items[i].name);
                free(files->items[i].file);
                free(files->items[i].place);
                free(files->items[i].another);
        }

        free(files->items);
        free(files->defaults);
        *files = (PoolFiles){};
}

const PoolFile *pool_files_find(const PoolFiles *files, const char *name) {
        for (size_t i = 0; i < files->n_items; i++)
                if (strcmp(files->items[i].name, name) == 0)
                        return &files->items[i];

        return NULL;
}

int pool_files_load(PoolConfig **ret, const PoolFiles *files, const PoolFile *file, bool units_only,
                ConfigReport report, void *userdata) {
        PoolSource source = {
                .name = file->name,
                .file = file->file,
                .defaults = files->defaults,
                .units_only = units_only,
        };

        if (file->another && !units_only) {
                say_another(&(Scan){ .report = report, .userdata = userdata }, file);
                return -EINVAL;
        }

        return pool_config_load_source(ret, &source, report, userdata);
}

int pool_files_load_name(PoolConfig **ret, const char *conf_dir, const char *name, bool units_only,
                ConfigReport report, void *userdata) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        _cleanup_free_ char *path = NULL;
        const PoolFile *file;
        int r;

        r = pool_files_read(&files, conf_dir, NULL, NULL);
        if (r == -ENOMEM)
                return r;

        file = pool_files_find(&files, name);
        if (file)
                return pool_files_load(ret, &files, file, units_only, report, userdata);

        if (asprintf(&path, "%s/%s.conf", conf_dir, name) < 0)
                return -ENOMEM;

        return pool_files_load(ret, &files,
                        &(PoolFile){ .name = (char *) (uintptr_t) name, .file = path }, units_only,
                        report, userdata);
}

int pool_files_path(const char *conf_dir, const char *name, char **ret) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        const PoolFile *file;

        if (pool_files_read(&files, conf_dir, NULL, NULL) == -ENOMEM)
                return -ENOMEM;

        file = pool_files_find(&files, name);
        if (file)
                *ret = strdup(file->file);
        else if (asprintf(ret, "%s/%s.conf", conf_dir, name) < 0)
                *ret = NULL;

        return *ret ? 0 : -ENOMEM;
}
