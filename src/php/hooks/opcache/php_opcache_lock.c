/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_opcache_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <php.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/journal_socket.h"
#include "base/place_locks.h"
#include "php/hooks/php_hooks.h"
#include "php/hooks/plt_hook.h"

enum {
        BYTE_OF_WRITER = 0,
        BYTE_OF_USERS = 1,
};

static struct {
        int fd; /* -EBADF: not seen */
        PlaceLocks *locks;
        unsigned place;
        const volatile unsigned char *is_worker;
        bool is_held;   /* the lock of the place */
        bool at_kernel; /* this worker may have locks there */
} users = { .fd = -EBADF, .place = PLACE_LOCKS_NONE };

static bool is_range(const struct flock *lock, off_t start, off_t length) {
        return lock->l_whence == SEEK_SET && lock->l_start == start && lock->l_len == length;
}

static bool covers_users(const struct flock *lock) {
        return lock->l_whence == SEEK_SET && lock->l_start <= BYTE_OF_USERS &&
               (lock->l_len == 0 || lock->l_start + lock->l_len > BYTE_OF_USERS);
}

static bool is_in_worker(void) {
        return users.is_worker && *users.is_worker;
}

static int at_kernel(int command, struct flock *lock) {
        users.at_kernel = users.at_kernel || lock->l_type != F_UNLCK;
        return fcntl(users.fd, command, lock);
}

static int find_user(struct flock *lock) {
        bool asks_for_users = lock->l_type == F_WRLCK && covers_users(lock);
        pid_t pid;
        int r;

        r = fcntl(users.fd, F_GETLK, lock);
        if (r < 0 || lock->l_type != F_UNLCK || !asks_for_users)
                return r;

        pid = place_locks_find_holder(users.locks, is_in_worker() ? users.place : PLACE_LOCKS_NONE);
        if (pid > 0)
                *lock = (struct flock){
                        .l_type = F_RDLCK,
                        .l_whence = SEEK_SET,
                        .l_start = BYTE_OF_USERS,
                        .l_len = 1,
                        .l_pid = pid,
                };
        return 0;
}

static int begin_use(struct flock *lock) {
        if (users.is_held)
                return 0;
        if (place_locks_lock(users.locks, users.place) < 0)
                return at_kernel(F_SETLK, lock);

        users.is_held = true;
        return 0;
}

static int end_use(struct flock *lock) {
        bool is_all = !is_range(lock, BYTE_OF_USERS, 1);
        int r;

        if (users.is_held)
                place_locks_unlock(users.locks, users.place);
        users.is_held = false;
        r = users.at_kernel ? at_kernel(F_SETLK, lock) : 0;
        users.at_kernel = users.at_kernel && !is_all;
        return r;
}

static int on_lock(int command, struct flock *lock) {
        if (command == F_GETLK)
                return find_user(lock);
        if (!is_in_worker())
                return fcntl(users.fd, command, lock);
        if (command == F_SETLK && lock->l_type == F_RDLCK && is_range(lock, BYTE_OF_USERS, 1))
                return begin_use(lock);
        if (command == F_SETLK && lock->l_type == F_UNLCK &&
                        (is_range(lock, BYTE_OF_USERS, 1) || is_range(lock, 0, 0)))
                return end_use(lock);

        return at_kernel(command, lock);
}

/* opcache fills its memory with this lock held, while PHP starts. Its file has no name any more. */
static void learn(int fd, const struct flock *lock) {
        struct stat st;

        if (lock->l_type == F_WRLCK && is_range(lock, BYTE_OF_WRITER, 1) && fstat(fd, &st) >= 0 &&
                        st.st_nlink == 0)
                users.fd = fd;
}

/* The call of opcache, and of all of PHP's program where opcache is a part of it. */
static int on_fcntl(int fd, int command, ...) {
        va_list arguments;
        void *argument;

        va_start(arguments, command);
        argument = va_arg(arguments, void *);
        va_end(arguments);
        if (command != F_GETLK && command != F_SETLK && command != F_SETLKW)
                return fcntl(fd, command, argument);

        if (!users.locks && command == F_SETLKW)
                learn(fd, argument);
        return users.locks && fd == users.fd ? on_lock(command, argument)
                                             : fcntl(fd, command, argument);
}

/* struct flock is the same under both names where a long has 64 bits. */
void php_opcache_lock_watch_start(void) {
        const zend_extension *extension = php_hooks_opcache();

        if (!extension || sizeof(long) < sizeof(int64_t))
                return;

        (void) plt_hook_set((const void *) extension->startup, "fcntl", (void *) on_fcntl);
        (void) plt_hook_set((const void *) extension->startup, "fcntl64", (void *) on_fcntl);
}

void php_opcache_lock_init(unsigned n) {
        if (users.fd >= 0 && place_locks_new(&users.locks, n) >= 0)
                return;
        if (php_hooks_opcache())
                stderr_line("<5>opcache of PHP " PHP_VERSION
                            " does not call fcntl() as fpmd expects: its lock costs two "
                            "system calls a request\n");
}

void php_opcache_lock_enter_worker(unsigned place, const volatile unsigned char *is_worker) {
        if (!users.locks || place_locks_enter(users.locks, place) < 0)
                return;

        users.place = place;
        users.is_worker = is_worker;
}
