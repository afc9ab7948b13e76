/* SPDX-License-Identifier: MIT */
#include "config/pool_scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "base/fd.h"
#include "config/config_reader.h"
#include "config/file_trust.h"

void pool_scan_report(const PoolScan *scan, int priority, const char *format, ...) {
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

static void section_done(PoolSection *found) {
        free(found->name);
        free(found->file);
        free(found->place);
}

static bool is_namesake(const PoolScan *scan, const char *name) {
        return strlen(name) == scan->stem_size &&
               strncasecmp(name, scan->stem, scan->stem_size) == 0;
}

static int add(PoolScan *scan, const char *name, unsigned line) {
        bool namesake = is_namesake(scan, name);
        PoolSection found = { .is_namesake = namesake, .order = scan->n_sections }, *grown;

        /* As php-fpm reads them, sections differ by more than case; units do not. */
        found.name = namesake ? strndup(scan->stem, scan->stem_size) : strdup(name);
        found.file = strdup(scan->root);
        if ((line > 0 ? asprintf(&found.place, "%s:%u", scan->file, line)
                      : asprintf(&found.place, "%s", scan->file)) < 0)
                found.place = NULL;

        grown = reallocarray(scan->sections, scan->n_sections + 1, sizeof(*grown));
        if (grown)
                scan->sections = grown;
        if (!found.name || !found.file || !found.place || !grown) {
                section_done(&found);
                return -ENOMEM;
        }

        grown[scan->n_sections++] = found;
        return 0;
}

static void refuse_name(const PoolScan *scan, const char *name, unsigned line) {
        bool may_quote = file_trust_may_quote(scan->file);

        pool_scan_report(scan, LOG_ERR,
                        "%s:%u: %s%.64s%s cannot be the name of a pool: write letters, digits and _ - : . "
                        "and no dot first, at most 64",
                        scan->file, line, may_quote ? "[" : "",
                        may_quote ? name : "what stands there", may_quote ? "]" : "");
}

/* The name as it is written: what the reader of a pool compares. */
static void note_section(PoolScan *scan, const char *name) {
        if (scan->sole_pool || !pool_name_is_valid(name) || strcasecmp(name, "global") == 0)
                scan->is_sole = false;
        else
                scan->sole_pool = strdup(name);
}

static int on_section(PoolScan *scan, const IniEvent *event) {
        int r = 0;

        note_section(scan, event->key);
        if (scan->depth == 0 && scan->is_plain)
                r = file_sections_add(&scan->of_root, event->key, event->offset, event->line);
        if (r < 0)
                return r;

        if (strcasecmp(event->key, "global") != 0) {
                scan->has_section = true;
                if (pool_name_is_valid(event->key))
                        r = add(scan, event->key, event->line);
                else
                        refuse_name(scan, event->key, event->line);
        }

        return r < 0 ? r : INI_SKIP_SECTION;
}

static int read_sections(PoolScan *scan, const char *file);

/* A file whose words may not be quoted has an effect on the messages of each pool. */
static int read_included(PoolScan *scan, IncludedFile *included) {
        int r;

        scan->is_sole = true;
        r = read_sections(scan, included->path);
        if (scan->is_sole && file_trust_may_quote(included->path) && !included->sole_pool)
                included->sole_pool = TAKE_PTR(scan->sole_pool);

        free(scan->sole_pool);
        scan->sole_pool = NULL;
        return r;
}

/* Files of an earlier line with this pattern are read once more: their sections count twice. Lists that are added
 * meanwhile move this one. */
static int read_all_included(PoolScan *scan, const char *pattern, const glob_t *found) {
        const char *file = scan->file;
        IncludeList *list = include_lists_find(&scan->includes, pattern);
        int r = 0;

        if (!list)
                r = include_lists_add(
                                &scan->includes, pattern, found->gl_pathv, found->gl_pathc, &list);
        for (size_t i = 0; r == 0 && i < list->n_files; i++)
                if (strcmp(list->files[i].path, file) != 0) {
                        r = read_included(scan, &list->files[i]);
                        list = include_lists_find(&scan->includes, pattern);
                }

        scan->file = file;
        return r;
}

/* What is wrong with an include line, the reader of the pool says. */
static int on_include(PoolScan *scan, const IniEvent *event) {
        _cleanup_free_ char *pattern = NULL;
        glob_t found = {};
        int r = 0;

        if (scan->depth >= INCLUDE_DEPTH_MAX || *event->value == '\0')
                return 0;

        if (config_include_find(scan->file, event->value, &pattern, &found) == 0) {
                scan->depth++;
                r = read_all_included(scan, pattern, &found);
                scan->depth--;
        }

        globfree(&found);
        return r;
}

static int pool_scan_on_event(void *userdata, const IniEvent *event) {
        PoolScan *scan = userdata;

        if (event->type == INI_SECTION)
                return on_section(scan, event);

        if (event->type == INI_INCLUDE || event->type == INI_ERROR)
                scan->is_plain = false;
        if (event->type == INI_INCLUDE) {
                int r = on_include(scan, event);

                scan->is_sole = false;
                return r;
        }

        scan->is_sole = false;
        return 0;
}

enum {
        SECTIONS_MANY = 8, /* with fewer, the text is not worth keeping */
};

/* Where a file is plain, a pool of it is loaded from this text. */
static int keep_root(PoolScan *scan, char **text, size_t size) {
        FileSections *file = &scan->of_root;

        if (!scan->is_plain || file->n_items < SECTIONS_MANY)
                return 0;

        file->path = strdup(scan->root);
        if (!file->path)
                return -ENOMEM;

        file->text = TAKE_PTR(*text);
        file->size = size;
        file->may_quote = file_trust_may_quote(scan->root);
        return file_sections_list_add(&scan->files, file);
}

/* Returns 0 also for a file that cannot be read: it has no section then. */
static int read_sections(PoolScan *scan, const char *file) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (scan->n_files++ >= INCLUDE_FILES_MAX)
                return 0;

        r = fd_read_file(file, FILE_BYTES_MAX, &text, &size);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        scan->file = file;
        r = ini_parse(text, size, config_environment_lookup, pool_scan_on_event, scan);
        return r == 0 && scan->depth == 0 ? keep_root(scan, &text, size) : r;
}

int pool_scan_read(PoolScan *scan, const char *file) {
        const char *slash = strrchr(file, '/');
        int r;

        scan->root = scan->file = file;
        scan->stem = slash ? slash + 1 : file;
        scan->stem_size = strlen(scan->stem);
        if (scan->stem_size > strlen(POOL_FILE_SUFFIX) &&
                        strcmp(scan->stem + scan->stem_size - strlen(POOL_FILE_SUFFIX),
                                        POOL_FILE_SUFFIX) == 0)
                scan->stem_size -= strlen(POOL_FILE_SUFFIX);
        scan->has_section = false;
        scan->is_plain = true;
        file_sections_done(&scan->of_root);
        scan->n_files = 0;

        r = read_sections(scan, file);
        if (r == 0 && !scan->has_section) {
                _cleanup_free_ char *name = strndup(scan->stem, scan->stem_size);

                scan->file = file;
                r = !name ? -ENOMEM : pool_name_is_valid(name) ? add(scan, name, 0) : 0;
        }

        return r;
}

void pool_scan_done(PoolScan *scan) {
        for (size_t i = 0; i < scan->n_sections; i++)
                section_done(&scan->sections[i]);

        free(scan->sections);
        free(scan->sole_pool);
        include_lists_done(&scan->includes);
        file_sections_done(&scan->of_root);
        file_sections_list_done(&scan->files);
}
