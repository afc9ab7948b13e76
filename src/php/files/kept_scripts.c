/* SPDX-License-Identifier: MIT */
#include "php/files/kept_scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sum.h"

#define ID_DIGITS "32"

typedef struct KeptScript {
        const char *path;
        int64_t compiled_nsec;
        ino_t number;
} KeptScript;

static char *list_path(const KeptScripts *kept) {
        char *path;

        return asprintf(&path, "%s/%." ID_DIGITS "s.scripts", kept->folder, kept->id) < 0 ? NULL
                                                                                          : path;
}

/* opcache's own name. Returns false when it would be too long. */
static bool compiled_path(const KeptScripts *kept, const char *path, char ret[PATH_MAX]) {
        int n = snprintf(ret, PATH_MAX, "%s/%." ID_DIGITS "s%s.bin", kept->folder, kept->id, path);

        return n > 0 && n < PATH_MAX;
}

/* --- to read --- */

int kept_scripts_read(const KeptScripts *kept, char **ret, size_t *ret_size) {
        _cleanup_free_ char *path = list_path(kept);
        int r;

        if (!path)
                return -ENOMEM;

        r = fd_read_file(path, SCRIPT_LIST_BYTES_MAX, ret, ret_size);
        if (r < 0)
                return r;

        for (size_t i = 0; i < *ret_size; i++)
                if ((*ret)[i] == '\n')
                        (*ret)[i] = '\0';
        return 0;
}

bool kept_scripts_has_compiled(const KeptScripts *kept, const char *path) {
        char compiled[PATH_MAX];

        return compiled_path(kept, path, compiled) && access(compiled, R_OK) == 0;
}

/* A script that makes two lists with one sum has its own pool forget or keep a script. */
uint64_t kept_scripts_sum(const char *list, size_t size) {
        return sum_of(list, size);
}

/* --- to write --- */

typedef struct OldScript {
        const char *path;
        size_t place;
} OldScript;

typedef struct OldList {
        char *text;
        OldScript *scripts; /* sorted by path */
        size_t size, n;
        bool is_of_start; /* its places are those of is_ahead */
} OldList;

static int by_path(const void *a, const void *b) {
        const OldScript *x = a, *y = b;

        return strcmp(x->path, y->path);
}

static void old_list_done(OldList *old) {
        free(old->text);
        free(old->scripts);
}

/* Without a list from before it is empty. */
static int old_list_read(OldList *old, const KeptScripts *kept) {
        size_t position = 0;
        const char *path;

        if (kept_scripts_read(kept, &old->text, &old->size) < 0)
                return 0;

        old->is_of_start =
                        kept->is_ahead && kept_scripts_sum(old->text, old->size) == kept->list_sum;
        old->scripts = calloc(SCRIPT_LIST_MAX, sizeof(*old->scripts));
        if (!old->scripts)
                return -ENOMEM;

        while (old->n < SCRIPT_LIST_MAX &&
                        (path = script_list_next(old->text, old->size, &position))) {
                old->scripts[old->n] = (OldScript){ path, old->n };
                old->n++;
        }
        qsort(old->scripts, old->n, sizeof(*old->scripts), by_path);
        return 0;
}

static bool was_read_ahead(const KeptScripts *kept, const OldList *old, const char *path) {
        const OldScript key = { .path = path }, *script;

        if (!old->is_of_start || old->n == 0)
                return false;

        script = bsearch(&key, old->scripts, old->n, sizeof(*old->scripts), by_path);
        return script && kept->is_ahead[script->place];
}

/* The clock of files has steps of some milliseconds, in which many are compiled; most file systems count files up. */
static int by_time(const void *a, const void *b) {
        const KeptScript *x = a, *y = b;

        if (x->compiled_nsec != y->compiled_nsec)
                return x->compiled_nsec < y->compiled_nsec ? -1 : 1;

        return x->number < y->number ? -1 : x->number > y->number;
}

static bool note_time(const KeptScripts *kept, KeptScript *script) {
        char compiled[PATH_MAX];
        struct stat st;

        if (strchr(script->path, '\n') || !compiled_path(kept, script->path, compiled) ||
                        stat(compiled, &st) < 0)
                return false;

        script->compiled_nsec = (int64_t) st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        script->number = st.st_ino;
        return true;
}

/* How many of the first ones a list can have. */
static size_t count_fitting(const KeptScript *scripts, size_t n) {
        size_t bytes = 0, fitting = 0;

        while (fitting < n && fitting < SCRIPT_LIST_MAX &&
                        (bytes += strlen(scripts[fitting].path) + 1) < SCRIPT_LIST_BYTES_MAX)
                fitting++;

        return fitting;
}

/* opcache counts it as a use that a script is read from the folder. */
static size_t choose(const KeptScripts *kept, const OldList *old, const ScriptUse *uses, size_t n,
                KeptScript *ret) {
        size_t n_chosen = 0;

        for (size_t i = 0; i < n; i++) {
                KeptScript script = { .path = uses[i].path };

                if ((uses[i].n_uses > 1 || !was_read_ahead(kept, old, script.path)) &&
                                note_time(kept, &script))
                        ret[n_chosen++] = script;
        }

        qsort(ret, n_chosen, sizeof(*ret), by_time);
        return count_fitting(ret, n_chosen);
}

static char *make_text(const KeptScript *scripts, size_t n) {
        size_t bytes = 0;
        char *text, *end;

        for (size_t i = 0; i < n; i++)
                bytes += strlen(scripts[i].path) + 1;
        text = end = malloc(bytes + 1);
        for (size_t i = 0; text && i < n; i++) {
                end = stpcpy(end, scripts[i].path);
                *end++ = '\n';
        }
        if (text)
                *end = '\0';

        return text;
}

/* The old text has a NUL for each end of a line. */
static bool is_same(const OldList *old, const char *text) {
        size_t size = strlen(text);

        if (size != old->size)
                return false;

        for (size_t i = 0; i < size; i++)
                if (old->text[i] != (text[i] == '\n' ? '\0' : text[i]))
                        return false;

        return true;
}

static int replace(
                const KeptScripts *kept, const OldList *old, const KeptScript *scripts, size_t n) {
        _cleanup_free_ char *path = list_path(kept), *text = make_text(scripts, n);

        if (!path || !text)
                return -ENOMEM;
        if (n < KEPT_SCRIPTS_MIN)
                return old->text && unlink(path) < 0 ? -errno : 0;

        return is_same(old, text) ? 0 : fd_replace_file(AT_FDCWD, path, text, 0600);
}

int kept_scripts_write(const KeptScripts *kept, const ScriptUse *uses, size_t n) {
        _cleanup_free_ KeptScript *scripts = calloc(n + 1, sizeof(*scripts));
        _cleanup_(old_list_done) OldList old = {};
        size_t n_chosen;
        int r;

        if (!scripts)
                return -ENOMEM;

        r = old_list_read(&old, kept);
        if (r < 0)
                return r;

        n_chosen = choose(kept, &old, uses, n, scripts);
        if (n_chosen == 0)
                return 0;

        r = replace(kept, &old, scripts, n_chosen);
        return r < 0 ? r : (int) n_chosen;
}
