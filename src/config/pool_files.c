/* SPDX-License-Identifier: MIT */
#include "config/pool_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config_reader.h"
#include "config/file_trust.h"
#include "config/pool_scan.h"

/* --- files and folders --- */

static int is_pool_file(const struct dirent *entry) {
        size_t size = strlen(entry->d_name);

        return entry->d_name[0] != '.' && size > strlen(POOL_FILE_SUFFIX) &&
               strcmp(entry->d_name + size - strlen(POOL_FILE_SUFFIX), POOL_FILE_SUFFIX) == 0;
}

/* In the order that php-fpm's include= has, for messages to be the same each time. */
static int read_folder(PoolScan *scan, const char *folder, bool is_conf_dir) {
        struct dirent **entries;
        int n = scandir(folder, &entries, is_pool_file, alphasort), r = 0;

        if (n < 0 && errno == ENOENT && is_conf_dir)
                return 0;
        if (n < 0 && (errno == ENOMEM || is_conf_dir))
                return -errno;
        if (n < 0) {
                pool_scan_report(scan, LOG_WARNING, "pool_dirs: cannot read %s: %s", folder,
                                strerror(errno));
                return 0;
        }

        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *file = NULL;

                if (r == 0 && asprintf(&file, "%s/%s", folder, entries[i]->d_name) < 0)
                        r = -ENOMEM;
                if (r == 0)
                        r = pool_scan_read(scan, file);
                free(entries[i]);
        }

        free(entries);
        return r;
}

/* --- fpmd.conf --- */

typedef struct PoolDirs {
        char *dirs; /* the value of pool_dirs that comes last; NULL: there is none */
        bool is_global;
} PoolDirs;

static int pool_dirs_on_event(void *userdata, const IniEvent *event) {
        PoolDirs *pool_dirs = userdata;
        char *dirs;

        if (event->type == INI_SECTION)
                pool_dirs->is_global = strcasecmp(event->key, "global") == 0;
        if (event->type != INI_KEY || !pool_dirs->is_global ||
                        strcasecmp(event->key, "pool_dirs") != 0)
                return 0;

        dirs = strdup(event->value);
        if (!dirs)
                return -ENOMEM;

        free(pool_dirs->dirs);
        pool_dirs->dirs = dirs;
        return 0;
}

/* Returns 0 also where defaults cannot be read, after a report if it is there. */
static int find_pool_dirs(const PoolScan *scan, const char *defaults, char **ret) {
        PoolDirs pool_dirs = { .is_global = true };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = fd_read_file(defaults, FILE_BYTES_MAX, &text, &size);
        if (r < 0) {
                if (r != -ENOENT)
                        pool_scan_report(scan, LOG_WARNING, "%s: cannot read it: %s", defaults,
                                        strerror(-r));
                return r == -ENOMEM ? r : 0;
        }

        r = ini_parse(text, size, config_environment_lookup, pool_dirs_on_event, &pool_dirs);
        *ret = pool_dirs.dirs;
        return r;
}

static int read_pool_dirs(PoolScan *scan, const char *defaults) {
        _cleanup_free_ char *dirs = NULL;
        char *rest = NULL;
        int r;

        r = find_pool_dirs(scan, defaults, &dirs);
        for (char *dir = dirs ? strtok_r(dirs, " \t:", &rest) : NULL; r == 0 && dir;
                        dir = strtok_r(NULL, " \t:", &rest)) {
                if (*dir == '/')
                        r = read_folder(scan, dir, false);
                else
                        pool_scan_report(scan, LOG_WARNING, "pool_dirs: %s is not an absolute path",
                                        dir);
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
        const PoolSection *x = a, *y = b;
        int r = strcasecmp(x->name, y->name);

        if (r != 0)
                return r;
        if (x->is_namesake != y->is_namesake)
                return x->is_namesake ? -1 : 1;

        return x->order < y->order ? -1 : 1;
}

/* Sections of one name in one file and what it includes are one pool, as for php-fpm. */
static void put(PoolFiles *files, PoolSection *found) {
        PoolFile *last = files->n_items > 0 ? &files->items[files->n_items - 1] : NULL;

        if (last && strcasecmp(last->name, found->name) == 0) {
                /* An include leads to the same line: what has it is the other place. */
                char **another = strcmp(last->place, found->place) == 0 ? &found->file
                                                                        : &found->place;

                if (strcmp(last->file, found->file) != 0 && !last->another)
                        last->another = TAKE_PTR(*another);
                return;
        }

        files->items[files->n_items++] = (PoolFile){
                .name = found->name,
                .file = found->file,
                .place = found->place,
        };
        *found = (PoolSection){};
}

static void report_another(const PoolScan *scan, const PoolFile *f) {
        if (file_trust_may_quote_place(f->place) && file_trust_may_quote_place(f->another))
                pool_scan_report(scan, LOG_ERR,
                                "%s: [%s] is a pool of %s too; rename one of the two, or take it away",
                                f->place, f->name, f->another);
        else
                pool_scan_report(scan, LOG_ERR, "%s: %s", f->file, FILE_TRUST_NOT_QUOTED);
}

static int finish(PoolFiles *ret, PoolScan *scan) {
        if (scan->n_sections > 0) {
                qsort(scan->sections, scan->n_sections, sizeof(*scan->sections), by_name);
                ret->items = calloc(scan->n_sections, sizeof(*ret->items));
                if (!ret->items)
                        return -ENOMEM;
        }

        for (size_t i = 0; i < scan->n_sections; i++)
                put(ret, &scan->sections[i]);
        for (size_t i = 0; i < ret->n_items; i++)
                if (ret->items[i].another)
                        report_another(scan, &ret->items[i]);

        ret->includes = scan->includes;
        scan->includes = (IncludeLists){};
        ret->files = scan->files;
        scan->files = (FileSectionsList){};
        return 0;
}

int pool_files_read(PoolFiles *ret, const char *conf_dir, ConfigReport report, void *userdata) {
        _cleanup_(pool_scan_done) PoolScan scan = { .report = report, .userdata = userdata };
        PoolFiles files = { .defaults = defaults_of(conf_dir) };
        int r;

        r = read_folder(&scan, conf_dir, true);
        if (r == 0 && files.defaults)
                r = read_pool_dirs(&scan, files.defaults);
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
        _cleanup_(pool_scan_done) PoolScan scan = { .report = report, .userdata = userdata };
        PoolFiles files = {};
        int r;

        r = pool_scan_read(&scan, file);
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
        include_lists_done(&files->includes);
        file_sections_list_done(&files->files);
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
                .includes = &files->includes,
                .sections = units_only ? file_sections_list_find(&files->files, file->file) : NULL,
        };

        if (file->another && !units_only) {
                report_another(&(PoolScan){ .report = report, .userdata = userdata }, file);
                return -EINVAL;
        }

        return pool_config_load_source(ret, &source, report, userdata);
}

/* The file that is called after a pool comes before others that have it, so for the units they need not be read: at
 * boot each of many pools may ask. */
static int find_by_name(PoolFiles *files, const char *conf_dir, const char *path, const char *name,
                bool units_only) {
        if (units_only && access(path, F_OK) >= 0 &&
                        pool_files_read_file(files, path, NULL, NULL) == 0) {
                files->defaults = defaults_of(conf_dir);
                if (pool_files_find(files, name))
                        return 0;

                pool_files_done(files);
        }

        return pool_files_read(files, conf_dir, NULL, NULL);
}

int pool_files_load_name(PoolConfig **ret, const char *conf_dir, const char *name, bool units_only,
                ConfigReport report, void *userdata) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        _cleanup_free_ char *path = NULL;
        const PoolFile *file;

        if (asprintf(&path, "%s/%s.conf", conf_dir, name) < 0)
                return -ENOMEM;
        if (find_by_name(&files, conf_dir, path, name, units_only) == -ENOMEM)
                return -ENOMEM;

        file = pool_files_find(&files, name);
        if (file)
                return pool_files_load(ret, &files, file, units_only, report, userdata);

        return pool_files_load(ret, &files,
                        &(PoolFile){ .name = (char *) (uintptr_t) name, .file = path }, units_only,
                        report, userdata);
}
