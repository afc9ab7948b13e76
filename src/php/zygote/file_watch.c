/* SPDX-License-Identifier: MIT */
#include "php/zygote/file_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"

enum {
        FILES_MAX = 20000,
        BYTES_MAX = 4 << 20, /* more of a file is not compared */
};

/* What is saved or deployed together comes within this time; a deployment that takes longer is not waited for. */
#define QUIET_USEC (USEC_PER_SEC / 5)
#define PATIENCE_USEC (2 * USEC_PER_SEC)

typedef struct WatchedFile {
        char *path;
        uint64_t path_sum, content_sum;
        int wd;
        bool is_link, has_event;
} WatchedFile;

struct FileWatch {
        int fd;
        size_t n, n_allocated;
        WatchedFile *files;
        uint64_t first_usec, last_usec; /* of events that were not looked at; 0: none */
};

int file_watch_new(FileWatch **ret) {
        _cleanup_(file_watch_freep) FileWatch *watch = calloc(1, sizeof(*watch));

        if (!watch)
                return -ENOMEM;

        watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (watch->fd < 0)
                return -errno;

        *ret = TAKE_PTR(watch);
        return 0;
}

FileWatch *file_watch_free(FileWatch *watch) {
        if (!watch)
                return NULL;

        for (size_t i = 0; i < watch->n; i++)
                free(watch->files[i].path);
        free(watch->files);
        fd_close(watch->fd);
        free(watch);
        return NULL;
}

int file_watch_fd(const FileWatch *watch) {
        return watch->fd;
}

/* --- what is in a file --- */

/* FNV-1a. */
static uint64_t add_to_sum(uint64_t sum, const char *data, size_t size) {
        for (size_t i = 0; i < size; i++)
                sum = (sum ^ (unsigned char) data[i]) * UINT64_C(0x100000001b3);
        return sum;
}

static uint64_t sum_of(const char *data, size_t size) {
        return add_to_sum(UINT64_C(0xcbf29ce484222325), data, size);
}

static uint64_t sum_of_link(const char *path) {
        char target[PATH_MAX];
        ssize_t n = readlink(path, target, sizeof(target));

        return n < 0 ? 0 : sum_of(target, (size_t) n);
}

/* 0: there is none. */
static uint64_t sum_of_file(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        char buffer[16384];
        uint64_t sum = sum_of("", 0);
        struct stat st;
        size_t done = 0;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;

        while (done < BYTES_MAX && (n = read(fd, buffer, sizeof(buffer))) > 0) {
                sum = add_to_sum(sum, buffer, (size_t) n);
                done += (size_t) n;
        }

        return sum;
}

static uint64_t content_sum(const WatchedFile *file) {
        return file->is_link ? sum_of_link(file->path) : sum_of_file(file->path);
}

/* --- what is watched --- */

/* One that is replaced is another file under the same path. */
static void watch_anew(FileWatch *watch, WatchedFile *file) {
        uint32_t mask = IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

        file->wd = inotify_add_watch(
                        watch->fd, file->path, file->is_link ? mask | IN_DONT_FOLLOW : mask);
}

static bool is_watched(const FileWatch *watch, const char *path, uint64_t path_sum) {
        for (size_t i = 0; i < watch->n; i++)
                if (watch->files[i].path_sum == path_sum && strcmp(watch->files[i].path, path) == 0)
                        return true;

        return false;
}

static int make_room(FileWatch *watch) {
        size_t n = watch->n_allocated == 0 ? 64 : 2 * watch->n_allocated;
        WatchedFile *files;

        if (watch->n < watch->n_allocated)
                return 0;

        files = reallocarray(watch->files, n, sizeof(*files));
        if (!files)
                return -ENOMEM;

        watch->files = files;
        watch->n_allocated = n;
        return 0;
}

static int add(FileWatch *watch, const char *path, bool is_link) {
        WatchedFile file = { .path_sum = sum_of(path, strlen(path)), .is_link = is_link };
        int r;

        if (*path != '/' || watch->n >= FILES_MAX)
                return -EINVAL;
        if (is_watched(watch, path, file.path_sum))
                return 0;

        r = make_room(watch);
        if (r < 0)
                return r;

        file.path = strdup(path);
        if (!file.path)
                return -ENOMEM;

        /* In this order, or what is written in between would be missed. */
        watch_anew(watch, &file);
        file.content_sum = content_sum(&file);
        watch->files[watch->n++] = file;
        return 0;
}

int file_watch_add(FileWatch *watch, const char *path) {
        return add(watch, path, false);
}

int file_watch_add_links(FileWatch *watch, const char *path) {
        char part[PATH_MAX];
        struct stat st;
        int r = 0;

        for (const char *p = strchr(path + 1, '/'); r >= 0; p = strchr(p + 1, '/')) {
                size_t n = p ? (size_t) (p - path) : strlen(path);

                if (n >= sizeof(part))
                        return -ENAMETOOLONG;

                memcpy(part, path, n);
                part[n] = '\0';
                if (lstat(part, &st) >= 0 && S_ISLNK(st.st_mode))
                        r = add(watch, part, true);
                if (!p)
                        break;
        }

        return r;
}

/* --- what happens --- */

static void note_event(FileWatch *watch, const struct inotify_event *event) {
        bool is_all = event->mask & IN_Q_OVERFLOW;

        for (size_t i = 0; i < watch->n; i++)
                if (is_all || watch->files[i].wd == event->wd)
                        watch->files[i].has_event = true;
}

void file_watch_read(FileWatch *watch, uint64_t now_usec) {
        _Alignas(struct inotify_event) char buffer[4096];
        ssize_t n;

        while ((n = read(watch->fd, buffer, sizeof(buffer))) > 0) {
                for (const char *p = buffer; p < buffer + n;) {
                        const struct inotify_event *event = (const void *) p;

                        note_event(watch, event);
                        p += sizeof(*event) + event->len;
                }
                watch->last_usec = now_usec;
                if (watch->first_usec == 0)
                        watch->first_usec = now_usec;
        }
}

uint64_t file_watch_due_usec(const FileWatch *watch) {
        uint64_t latest = watch->first_usec + PATIENCE_USEC, next = watch->last_usec + QUIET_USEC;

        if (watch->first_usec == 0)
                return 0;

        return next < latest ? next : latest;
}

static bool has_changed(FileWatch *watch, WatchedFile *file) {
        int wd = file->wd;
        uint64_t sum;

        if (!file->has_event)
                return false;

        file->has_event = false;
        watch_anew(watch, file);
        if (wd >= 0 && wd != file->wd)
                (void) inotify_rm_watch(watch->fd, wd);
        sum = content_sum(file);
        if (sum == file->content_sum)
                return false;

        file->content_sum = sum;
        return true;
}

const char *file_watch_settle(FileWatch *watch) {
        const char *path = NULL;

        watch->first_usec = watch->last_usec = 0;
        for (size_t i = 0; i < watch->n; i++)
                if (has_changed(watch, &watch->files[i]))
                        path = watch->files[i].path;

        return path;
}
