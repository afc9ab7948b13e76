/* SPDX-License-Identifier: MIT */
#include "php/zygote/shared_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

static inline void dir_close(DIR **dir) {
        if (*dir)
                (void) closedir(*dir);
}

static int open_dir(int proc_fd, const char *path, DIR **ret) {
        int fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;

        *ret = fdopendir(fd);
        if (*ret)
                return 0;

        fd_close(fd);
        return -ENOMEM;
}

int shared_files_note(SharedFiles *files, int proc_fd, const char *script) {
        __attribute__((cleanup(dir_close))) DIR *dir = NULL;
        const struct dirent *entry;
        struct stat st = {};
        int r;

        (void) stat(script, &st);
        *files = (SharedFiles){ .proc_fd = proc_fd, .device = st.st_dev, .inode = st.st_ino };
        r = open_dir(proc_fd, "self/fd", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                int fd = atoi(entry->d_name);

                if (*entry->d_name != '.' && fd != dirfd(dir) && fd < SHARED_FILES_MAX)
                        files->known[fd / 64] |= UINT64_C(1) << (fd % 64);
        }

        return 0;
}

static bool is_known(const SharedFiles *files, int fd) {
        return fd < SHARED_FILES_MAX && files->known[fd / 64] & UINT64_C(1) << (fd % 64);
}

/* A directory and a device have no place that matters, and each line goes to the end of a log. */
static bool may_be_shared(const SharedFiles *files, int fd) {
        struct stat st;
        int flags = fcntl(fd, F_GETFL);

        if (fstat(fd, &st) < 0 || flags < 0)
                return false;
        if (S_ISREG(st.st_mode) && st.st_dev == files->device && st.st_ino == files->inode)
                return true;
        if (flags & O_PATH || S_ISDIR(st.st_mode))
                return true;
        if (S_ISCHR(st.st_mode))
                return true;

        return S_ISREG(st.st_mode) && (flags & O_ACCMODE) == O_WRONLY && flags & O_APPEND;
}

static int check_file(const SharedFiles *files, int fd, char ret_why[SHARED_FILES_WHY_MAX]) {
        char path[64], target[SHARED_FILES_WHY_MAX - 32] = "";

        if (is_known(files, fd) || may_be_shared(files, fd))
                return 0;

        snprintf(path, sizeof(path), "self/fd/%d", fd);
        (void) !readlinkat(files->proc_fd, path, target, sizeof(target) - 1);
        snprintf(ret_why, SHARED_FILES_WHY_MAX, "it has opened %s", target);
        return -EBUSY;
}

static int check_files(const SharedFiles *files, char ret_why[SHARED_FILES_WHY_MAX]) {
        __attribute__((cleanup(dir_close))) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = open_dir(files->proc_fd, "self/fd", &dir);
        while (r >= 0 && (entry = readdir(dir)))
                if (*entry->d_name != '.' && atoi(entry->d_name) != dirfd(dir))
                        r = check_file(files, atoi(entry->d_name), ret_why);

        return r;
}

static int check_threads(const SharedFiles *files, char ret_why[SHARED_FILES_WHY_MAX]) {
        __attribute__((cleanup(dir_close))) DIR *dir = NULL;
        const struct dirent *entry;
        unsigned n = 0;
        int r;

        r = open_dir(files->proc_fd, "self/task", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir)))
                if (*entry->d_name != '.')
                        n++;
        if (n == 1)
                return 0;

        snprintf(ret_why, SHARED_FILES_WHY_MAX, "it has started %u threads", n - 1);
        return -EBUSY;
}

int shared_files_check(const SharedFiles *files, char ret_why[SHARED_FILES_WHY_MAX]) {
        int r;

        snprintf(ret_why, SHARED_FILES_WHY_MAX, "its files cannot be looked at");
        r = check_files(files, ret_why);
        return r < 0 ? r : check_threads(files, ret_why);
}
