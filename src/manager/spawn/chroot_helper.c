/* SPDX-License-Identifier: MIT */
#include "manager/spawn/chroot_helper.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/spawn/folder_owner.h"
#include "manager/spawn/privilege.h"

static int enter(void *userdata) {
        return chroot((const char *) userdata) < 0 || chdir("/") < 0 ? -errno : 0;
}

/* Below a folder that root may not enter, since it does not override permissions, the pool's user may, or the folder's
 * owner: it is the administrator who names the path. */
static int enter_root(const char *path, const Account *account) {
        int r;

        r = enter((char *) path);
        if (r == -EACCES)
                r = privilege_try_files(account, enter, (char *) path);

        return r == -EACCES ? folder_owner_try(path, enter, (char *) path) : r;
}

_noreturn_ static void child_main(int fd, const char *path, const Account *account) {
        char go;
        int answer;

        if (read(fd, &go, 1) != 1)
                _exit(0);

        answer = enter_root(path, account);
        (void) !write(fd, &answer, sizeof(answer));
        _exit(0);
}

/* fork() with a shared fs_struct; the child of a child, so that init reaps it. */
static pid_t fork_sharing_fs(void) {
#if defined(__s390__) || defined(__CRIS__)
        /* There the stack comes first, clone(2). */
        return (pid_t) syscall(SYS_clone, NULL, CLONE_FS | SIGCHLD, NULL, NULL, 0);
#else
        return (pid_t) syscall(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL, 0);
#endif
}

int chroot_helper_fork(const char *path, const Account *account, int *ret_fd) {
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        int pair[2], status;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];

        pid = fork_sharing_fs();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                pid = fork_sharing_fs();
                if (pid == 0) {
                        /* Only the manager's end may keep the socket open, and the helper must keep no listener
                         * open. */
                        (void) dup2(theirs, 3);
                        (void) close_range(4, ~0U, 0);
                        child_main(3, path, account);
                }
                _exit(pid < 0 ? 1 : 0);
        }

        if (waitpid(pid, &status, 0) < 0)
                return -errno;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return -EAGAIN;

        *ret_fd = TAKE_FD(ours);
        return 0;
}
