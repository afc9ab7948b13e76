/* SPDX-License-Identifier: MIT */
#include "contract/file_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"

enum {
        ID_SIZE = 32, /* hexadecimal digits */
        DEPTH_MAX = 128,
        ROOM_MIN = 8 << 20,
        FILES_MIN = 256,

        /* A script that was changed within this time before it was compiled may have changed once more since. */
        CHANGED_SEC = 2,
};

/* Image-based systems and archives give all files one of the first days that there are (0, 1, 1980-01-01), so that
 * their time says nothing. */
#define MEANINGLESS_SEC (INT64_C(315532800) + 2 * 86400)

/* --- the folder --- */

int file_cache_open(const char *path, uid_t owner) {
        _cleanup_close_ int fd = -EBADF;
        struct statvfs fs;
        struct stat st;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
                return -errno;
        if (st.st_uid != owner || (st.st_mode & 077) != 0)
                return -EXDEV;
        if (fs.f_flag & ST_RDONLY)
                return -EROFS;

        /* A file system that counts no files says that there are none. */
        if ((uint64_t) fs.f_bavail * fs.f_frsize < ROOM_MIN ||
                        (fs.f_files > 0 && fs.f_favail < FILES_MIN))
                return -ENOSPC;

        return TAKE_FD(fd);
}

/* --- its files --- */

typedef struct OldFile {
        struct OldFile *next;
        int64_t used_sec;
        uint64_t size;
        char path[]; /* from the folder on */
} OldFile;

typedef struct Walk {
        const FileCacheRules *rules;
        int top_fd;
        unsigned n, n_seen, n_seen_max;
        uint64_t bytes;
        size_t depth, length;
        int64_t moved_sec; /* the last time that a folder on the way to the scripts changed; 0: does not count */
        char path[PATH_MAX]; /* from the folder on, with a slash in front */

        OldFile *files; /* NULL: not collected */
        bool collects;
} Walk;

static uint64_t size_on_disk(const struct stat *st) {
        return (uint64_t) st->st_blocks * 512;
}

/* By the clock of the file system. Access times may be a day old, or not be kept. */
static int64_t used_sec(const struct stat *st) {
        return st->st_atim.tv_sec > st->st_mtim.tv_sec ? st->st_atim.tv_sec : st->st_mtim.tv_sec;
}

/* The script of "/ID/path/of/script.php.bin"; NULL: it has another form, as a script inside a phar has. */
static const char *script_of(const Walk *walk, char buffer[PATH_MAX]) {
        size_t length = walk->length;

        if (length < 1 + ID_SIZE + 6 || walk->path[1 + ID_SIZE] != '/' ||
                        strcmp(walk->path + length - 4, ".bin") != 0)
                return NULL;

        snprintf(buffer, PATH_MAX, "%.*s", (int) (length - 4 - 1 - ID_SIZE),
                        walk->path + 1 + ID_SIZE);
        return buffer;
}

/* opcache compares the script's own time, which says nothing about a file that was unpacked or copied with its old
 * time. When its inode changed cannot be set. */
static bool is_stale(const Walk *walk, const struct stat *compiled) {
        char buffer[PATH_MAX];
        const char *script = script_of(walk, buffer);
        struct stat st;

        if (walk->rules->is_all_stale || !S_ISREG(compiled->st_mode))
                return true;
        if (!script)
                return false;

        return stat(script, &st) < 0 || st.st_mtim.tv_sec < MEANINGLESS_SEC ||
               st.st_ctim.tv_sec + CHANGED_SEC > compiled->st_mtim.tv_sec ||
               walk->moved_sec + CHANGED_SEC > compiled->st_mtim.tv_sec;
}

static int collect(Walk *walk, const struct stat *st) {
        OldFile *file = malloc(sizeof(*file) + walk->length + 1);

        if (!file)
                return -ENOMEM;

        *file = (OldFile){
                .next = walk->files, .used_sec = used_sec(st), .size = size_on_disk(st)
        };
        memcpy(file->path, walk->path, walk->length + 1);
        walk->files = file;
        return 0;
}

static int visit_file(Walk *walk, int dir_fd, const char *name, const struct stat *st) {
        if (!walk->collects && is_stale(walk, st)) {
                (void) unlinkat(dir_fd, name, 0);
                return 0;
        }

        walk->n++;
        walk->bytes += size_on_disk(st);
        return walk->collects ? collect(walk, st) : 0;
}

/* A folder that was put in the place of another has scripts that have not changed themselves. opcache finds that by
 * their time, but if it never looks at it, it does not even write it down. */
static void note_folder(Walk *walk) {
        struct stat st;

        if (walk->rules->never_validated && walk->length > 1 + ID_SIZE &&
                        stat(walk->path + 1 + ID_SIZE, &st) == 0 &&
                        st.st_ctim.tv_sec > walk->moved_sec)
                walk->moved_sec = st.st_ctim.tv_sec;
}

static int walk_folder(Walk *walk, int dir_fd);

static int visit(Walk *walk, int dir_fd, const char *name) {
        int64_t moved_sec = walk->moved_sec;
        struct stat st;
        int fd, r;

        if (++walk->n_seen > walk->n_seen_max)
                return -E2BIG;
        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0; /* just deleted by another worker */
        if (!S_ISDIR(st.st_mode))
                return visit_file(walk, dir_fd, name, &st);
        if (walk->depth >= DEPTH_MAX)
                return 0;

        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return 0;

        walk->depth++;
        note_folder(walk);
        r = walk_folder(walk, fd);
        walk->moved_sec = moved_sec;
        walk->depth--;
        if (!walk->collects)
                (void) unlinkat(dir_fd, name, AT_REMOVEDIR); /* if it is empty */
        return r;
}

/* Takes dir_fd. */
static int walk_folder(Walk *walk, int dir_fd) {
        DIR *dir = fdopendir(dir_fd);
        size_t length = walk->length;
        struct dirent *entry;
        int r = 0;

        if (!dir) {
                fd_close(dir_fd);
                return -errno;
        }

        while (r >= 0 && (entry = readdir(dir))) {
                size_t size = strlen(entry->d_name);

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                                length + size + 2 > sizeof(walk->path))
                        continue;

                walk->path[length] = '/';
                memcpy(walk->path + length + 1, entry->d_name, size + 1);
                walk->length = length + 1 + size;
                r = visit(walk, dirfd(dir), entry->d_name);
                walk->length = length;
        }

        (void) closedir(dir);
        return r;
}

static int walk_all(Walk *walk) {
        int fd = openat(walk->top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        walk->n = walk->n_seen = 0;
        walk->bytes = 0;
        return fd < 0 ? -errno : walk_folder(walk, fd);
}

/* --- what was not used for long --- */

static int by_use(const void *a, const void *b) {
        const OldFile *x = *(OldFile *const *) a, *y = *(OldFile *const *) b;

        return x->used_sec < y->used_sec ? -1 : x->used_sec > y->used_sec;
}

/* A quarter more than needed, so that the next start does not do it again. The same names could lead elsewhere by now,
 * but only where the user may delete anyway. */
static int delete_oldest(Walk *walk) {
        _cleanup_free_ OldFile **list = calloc(walk->n + 1, sizeof(OldFile *));
        uint64_t most = walk->rules->bytes_max - walk->rules->bytes_max / 4;
        unsigned n = 0, n_deleted = 0, n_most = walk->rules->files_max - walk->rules->files_max / 4;

        if (!list)
                return -ENOMEM;

        for (OldFile *file = walk->files; file; file = file->next)
                list[n++] = file;
        qsort(list, n, sizeof(OldFile *), by_use);
        while (n_deleted < n && (walk->bytes > most || n - n_deleted > n_most)) {
                (void) unlinkat(walk->top_fd, list[n_deleted]->path + 1, 0);
                walk->bytes -= number_min(walk->bytes, list[n_deleted]->size);
                n_deleted++;
        }

        return (int) (n - n_deleted);
}

int file_cache_tidy(int fd, const FileCacheRules *rules) {
        Walk walk = {
                .rules = rules,
                .top_fd = fd,
                .n_seen_max = rules->files_max * (rules->runs ? FILE_CACHE_SEEN_FACTOR : 1),
        };
        int r;

        r = walk_all(&walk);
        if (r < 0 || (walk.bytes <= rules->bytes_max && walk.n < rules->files_max))
                return r < 0 ? r : (int) walk.n;

        walk.collects = true;
        r = walk_all(&walk);
        if (r >= 0)
                r = delete_oldest(&walk);
        while (walk.files) {
                OldFile *file = walk.files;

                walk.files = file->next;
                free(file);
        }

        return r;
}
