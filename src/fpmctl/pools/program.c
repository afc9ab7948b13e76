/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum {
        OUTPUT_FIRST = 64 * 1024,
        OUTPUT_MAX = 16 * 1024 * 1024,
};

extern char **environ;

/* Both its outputs go to the pipe. 0 or negative errno. */
static int spawn(const char *const arguments[], int output_fd, pid_t *ret) {
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;

        r = posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, output_fd, STDERR_FILENO);
        if (r == 0)
                r = posix_spawn(ret, arguments[0], &actions, NULL,
                                (char *const *) (uintptr_t) arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* A longer output is kept as far as there is memory for it. */
static void make_room(char **text, size_t size, size_t *room) {
        char *grown = size == *room && *room < OUTPUT_MAX ? realloc(*text, 2 * *room + 1) : NULL;

        if (!grown)
                return;

        *text = grown;
        *room *= 2;
}

/* All of it, as much as is kept of it. */
static int read_output(int fd, char **ret) {
        size_t size = 0, room = OUTPUT_FIRST;
        char *text = malloc(room + 1), rest[4096] = "";
        ssize_t n;

        if (!text)
                return -ENOMEM;

        do {
                bool full;

                make_room(&text, size, &room);
                full = size == room;
                n = read(fd, full ? rest : text + size, full ? sizeof(rest) : room - size);
                if (n > 0 && !full)
                        size += (size_t) n;
        } while (n > 0 || (n < 0 && errno == EINTR));

        text[size] = '\0';
        *ret = text;
        return 0;
}

int program_run(const char *const arguments[], char **ret) {
        _cleanup_close_ int read_fd = -EBADF, write_fd = -EBADF;
        int fds[2], status, r;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;

        read_fd = fds[0];
        write_fd = fds[1];
        r = spawn(arguments, write_fd, &pid);
        if (r < 0)
                return r;

        write_fd = fd_close(write_fd);
        r = read_output(read_fd, ret);
        read_fd = fd_close(read_fd);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;

        if (r < 0)
                return r;

        return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}
