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
#include "base/sum.h"
#include "php/zygote/watched_files.h"

enum {
        GONE_MAX = 1024,    /* of those that are gone no more are looked for at once */
        READS_AT_ONCE = 16, /* of 256 events each; the zygote has other things to do */
};

/* What is saved or deployed together comes within this time; a deployment that takes longer is not waited for. */
#define QUIET_USEC (USEC_PER_SEC / 5)
#define PATIENCE_USEC (2 * USEC_PER_SEC)
#define GONE_PAUSE_USEC USEC_PER_SEC

struct FileWatch {
        int fd;
        WatchedFiles files;
        uint64_t first_usec, last_usec; /* of events that were not looked at; 0: none */
        uint64_t gone_usec;             /* when what is gone was looked for; 0: nothing is */
        size_t gone_at;                 /* which is next, modulo their number */
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

        watched_files_done(&watch->files);
        fd_close(watch->fd);
        free(watch);
        return NULL;
}

int file_watch_fd(const FileWatch *watch) {
        return watch->fd;
}

/* --- what is in a file --- */

static uint64_t sum_of_link(const char *path) {
        char target[PATH_MAX];
        ssize_t n = readlink(path, target, sizeof(target));

        return n < 0 ? 0 : sum_of(target, (size_t) n);
}

/* What is in a folder stands for itself. */
static uint64_t content_sum(const WatchedFile *file) {
        switch (file->kind) {
        case WATCHED_FILE:
                return sum_of_file(file->path);
        case WATCHED_LINK:
                return sum_of_link(file->path);
        default:
                return SUM_OF_NOTHING;
        }
}

static WatchedKind kind_on_way(const char *path) {
        struct stat st;

        return lstat(path, &st) >= 0 && S_ISLNK(st.st_mode) ? WATCHED_LINK : WATCHED_FOLDER;
}

/* --- what is watched --- */

static uint32_t mask_of(WatchedKind kind) {
        switch (kind) {
        case WATCHED_FILE:
                return IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
        case WATCHED_LINK:
                return IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW;
        default:
                return IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
        }
}

/* One that is replaced is another file under the same path. Hard links of one file have one descriptor. Returns 0 or a
 * negative errno. */
static int watch_anew(FileWatch *watch, WatchedFile *file) {
        int wd = inotify_add_watch(watch->fd, file->path, mask_of(file->kind));
        int r = wd < 0 ? -errno : 0, former = file->wd;

        watched_files_set_wd(&watch->files, file, wd < 0 ? -1 : wd);
        if (former >= 0 && !watched_files_of_wd(&watch->files, former, NULL))
                (void) inotify_rm_watch(watch->fd, former);
        return r;
}

static void note_time(FileWatch *watch, uint64_t now_usec) {
        watch->last_usec = now_usec;
        if (watch->first_usec == 0)
                watch->first_usec = now_usec;
}

/* In this order, or what is written in between would be missed. One that is gone may come again with what was used. */
static int begin(FileWatch *watch, WatchedFile *file, uint64_t used_sum, uint64_t now_usec) {
        int r = watch_anew(watch, file);
        uint64_t sum = content_sum(file);

        file->content_sum = used_sum > 0 ? used_sum : sum;
        file->has_event = sum > 0 && sum != file->content_sum;
        if (file->has_event)
                note_time(watch, now_usec);
        if (file->wd < 0 && watch->gone_usec == 0)
                watch->gone_usec = now_usec;

        return r == -ENOSPC ? r : 0;
}

static int add(FileWatch *watch, const char *path, WatchedKind kind, uint64_t used_sum,
                uint64_t now_usec) {
        WatchedFile *file;
        int r = watched_files_add(&watch->files, path, kind, &file);

        return r < 0 ? r : begin(watch, file, used_sum, now_usec);
}

/* One folder on the way, or what the path leads to, which is another matter where it is no link. */
static int add_part(FileWatch *watch, const char *part, bool is_last, uint64_t now_usec) {
        WatchedKind kind;

        if (watched_files_has(&watch->files, part, WATCHED_FOLDER))
                return 0;

        kind = kind_on_way(part);
        if (is_last && kind != WATCHED_LINK)
                return 0;

        return add(watch, part, kind, 0, now_usec);
}

int file_watch_add_way(FileWatch *watch, const char *path, uint64_t now_usec) {
        char part[PATH_MAX];
        const char *end = path;
        int r, lacks = 0;

        if (*path != '/')
                return -EINVAL;
        if (strlen(path) >= sizeof(part))
                return -ENAMETOOLONG;

        while (*end) {
                end = strchrnul(end + 1, '/');
                memcpy(part, path, (size_t) (end - path));
                part[end - path] = '\0';
                r = add_part(watch, part, !*end, now_usec);
                if (r == -ENOSPC)
                        lacks = r;
                else if (r < 0)
                        return r;
        }

        return lacks;
}

int file_watch_add(FileWatch *watch, const char *path, uint64_t content_sum, uint64_t now_usec) {
        int r;

        if (watched_files_has(&watch->files, path, WATCHED_FILE))
                return 0;

        r = file_watch_add_way(watch, path, now_usec);
        return r < 0 && r != -ENOSPC ? r : add(watch, path, WATCHED_FILE, content_sum, now_usec);
}

/* --- what happens --- */

/* Returns whether it is about something that is watched still: a descriptor that was given up has a last event. */
static bool note_event(FileWatch *watch, const struct inotify_event *event) {
        WatchedFile *file = watched_files_of_wd(&watch->files, event->wd, NULL);

        if (event->mask & IN_Q_OVERFLOW) {
                for (size_t i = 0; i < watch->files.n; i++)
                        watch->files.items[i].has_event = true;
                return true;
        }

        if (!file)
                return false;

        for (; file; file = watched_files_of_wd(&watch->files, event->wd, file))
                file->has_event = true;
        return true;
}

void file_watch_read(FileWatch *watch, uint64_t now_usec) {
        _Alignas(struct inotify_event) char buffer[4096];
        bool has_event = false;
        ssize_t n;

        for (int i = 0; i < READS_AT_ONCE; i++) {
                n = read(watch->fd, buffer, sizeof(buffer));
                if (n <= 0)
                        break;

                for (const char *p = buffer; p < buffer + n;) {
                        const struct inotify_event *event = (const void *) p;

                        has_event |= note_event(watch, event);
                        p += sizeof(*event) + event->len;
                }
        }

        if (has_event)
                note_time(watch, now_usec);
}

static uint64_t events_due_usec(const FileWatch *watch) {
        uint64_t latest = watch->first_usec + PATIENCE_USEC, next = watch->last_usec + QUIET_USEC;

        if (watch->first_usec == 0)
                return 0;

        return next < latest ? next : latest;
}

uint64_t file_watch_due_usec(const FileWatch *watch) {
        uint64_t events = events_due_usec(watch), gone = watch->gone_usec + GONE_PAUSE_USEC;

        if (watch->gone_usec == 0)
                return events;

        return events > 0 && events < gone ? events : gone;
}

/* Nothing tells of a file that is made anew where none is watched. Each has its turn. */
static void look_for_gone(FileWatch *watch, uint64_t now_usec) {
        unsigned n = 0;

        for (size_t i = 0; i < watch->files.n && n < GONE_MAX; i++) {
                WatchedFile *file = &watch->files.items[watch->gone_at++ % watch->files.n];

                if (file->wd >= 0)
                        continue;

                /* What may not be watched, such as a folder of mode 0711, is not looked for each second. */
                n += watch_anew(watch, file) != -EACCES;
                if (file->wd < 0)
                        continue;

                file->has_event = true;
                note_time(watch, now_usec);
        }

        watch->gone_usec = n > 0 ? now_usec : 0;
}

/* A folder may have become a link, or the other way round. */
static bool has_changed(FileWatch *watch, WatchedFile *file) {
        uint64_t sum;

        if (!file->has_event)
                return false;

        file->has_event = false;
        if (file->kind != WATCHED_FILE)
                file->kind = kind_on_way(file->path);
        (void) watch_anew(watch, file);
        sum = content_sum(file);
        if (sum == file->content_sum)
                return false;

        file->content_sum = sum;
        return true;
}

const char *file_watch_settle(FileWatch *watch, uint64_t now_usec, uint64_t *ret_which) {
        const char *path = NULL;

        if (watch->gone_usec > 0 && now_usec >= watch->gone_usec + GONE_PAUSE_USEC)
                look_for_gone(watch, now_usec);
        if (watch->first_usec == 0 || now_usec < events_due_usec(watch))
                return NULL;

        *ret_which = 0;
        watch->first_usec = watch->last_usec = 0;
        watched_files_pass_events_down(&watch->files);
        for (size_t i = 0; i < watch->files.n; i++) {
                WatchedFile *file = &watch->files.items[i];

                if (has_changed(watch, file)) {
                        path = file->path;
                        *ret_which ^= file->path_sum;
                }
                if (file->wd < 0 && watch->gone_usec == 0)
                        watch->gone_usec = now_usec;
        }

        return path;
}
