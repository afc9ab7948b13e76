/* SPDX-License-Identifier: MIT */
/* hang.so, which hostile/hanging-disk.sh preloads into the manager: while /run/hang-nss is there, no name is looked up;
 * while /run/hang-disk is there, nothing below /srv/frozen is opened or written. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_while(const char *path) {
        while (access(path, F_OK) == 0)
                usleep(20000);
}

static int is_frozen(int fd) {
        char link[32], path[64] = "";

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        return readlink(link, path, sizeof(path) - 1) > 0 && strncmp(path, "/srv/frozen", 11) == 0;
}

ssize_t write(int fd, const void *data, size_t size) {
        ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");

        if (is_frozen(fd))
                wait_while("/run/hang-disk");
        return real(fd, data, size);
}

int openat(int folder, const char *path, int flags, ...) {
        int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
        va_list arguments;
        mode_t mode;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
        if ((flags & O_APPEND) && is_frozen(folder))
                wait_while("/run/hang-disk");
        return real(folder, path, flags, mode);
}

struct passwd *getpwnam(const char *name) {
        struct passwd *(*real)(const char *) = dlsym(RTLD_NEXT, "getpwnam");

        wait_while("/run/hang-nss");
        return real(name);
}

struct group *getgrnam(const char *name) {
        struct group *(*real)(const char *) = dlsym(RTLD_NEXT, "getgrnam");

        wait_while("/run/hang-nss");
        return real(name);
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *n) {
        int (*real)(const char *, gid_t, gid_t *, int *) = dlsym(RTLD_NEXT, "getgrouplist");

        wait_while("/run/hang-nss");
        return real(user, group, groups, n);
}
