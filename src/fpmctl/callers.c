/* SPDX-License-Identifier: MIT */
#include "fpmctl/callers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/parse.h"

enum {
        TERMINALS_MAX = 16,
        ARGUMENTS_MAX = 32 * 1024,    /* a command that names more asks for too much */
        UNIX98_PTY_SLAVE_MAJOR = 136, /* linux/major.h */
};

static const char *const verbs[] = {
        "reload",
        "reload-or-restart",
        "try-reload-or-restart",
        "force-reload",
        "reload-or-try-restart",
        "condreload",
};

bool callers_run_by_systemd(void) {
        const char *pid = getenv("SYSTEMD_EXEC_PID");
        uint64_t n;

        return pid && parse_uint(pid, &n) >= 0 && n == (uint64_t) getpid();
}

/* --- one process --- */

/* The kernel's encoding of tty_nr: bits 31 to 20 and 7 to 0 are the minor number, 15 to 8 the major one. */
static dev_t decode_terminal(int number) {
        unsigned n = (unsigned) number;

        return makedev(n >> 8 & 0xfff, (n & 0xff) | (n >> 12 & 0xfff00));
}

bool caller_parse_stat(const char *text, dev_t *ret_terminal) {
        const char *name = strchr(text, '('), *end = strrchr(text, ')');
        int terminal;

        /* The name may have parentheses of its own. */
        if (!name || !end || end - name != 1 + (ptrdiff_t) strlen("systemctl") ||
                        strncmp(name + 1, "systemctl", strlen("systemctl")) != 0)
                return false;

        if (sscanf(end + 1, " %*c %*d %*d %*d %d", &terminal) != 1 || terminal == 0)
                return false;

        *ret_terminal = decode_terminal(terminal);
        return true;
}

static bool is_reload(const char *argument) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (strcmp(argument, verbs[i]) == 0)
                        return true;

        return false;
}

static bool means_unit(const char *argument, const char *unit) {
        char with_suffix[300];

        if (fnmatch(argument, unit, 0) == 0)
                return true;

        return snprintf(with_suffix, sizeof(with_suffix), "%s.service", argument) <
                               (int) sizeof(with_suffix) &&
               fnmatch(with_suffix, unit, 0) == 0;
}

bool caller_asks_for(const char *arguments, size_t size, const char *unit) {
        const char *end = arguments + size;
        bool reloads = false, is_meant = false;

        if (size == 0 || end[-1] != '\0')
                return false;

        /* Behind the name of the program. */
        for (const char *p = arguments + strlen(arguments) + 1; p < end; p += strlen(p) + 1) {
                reloads = reloads || is_reload(p);
                is_meant = is_meant || means_unit(p, unit);
        }

        return reloads && is_meant;
}

/* --- all of them --- */

/* Bytes, with a NUL behind them; 0: nothing to read. */
static size_t read_at(int dir_fd, const char *name, char *buffer, size_t size) {
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t n = fd < 0 ? 0 : read(fd, buffer, size - 1);

        buffer[n > 0 ? n : 0] = '\0';
        return n > 0 ? (size_t) n : 0;
}

/* The directory belongs to the process' effective user. */
static bool is_roots(int dir_fd) {
        struct stat st;

        return fstat(dir_fd, &st) == 0 && st.st_uid == 0;
}

/* sudo, which a user can execute under any name and with any arguments, is root's while it asks for the password. */
static bool has_gained_rights(int dir_fd) {
        struct stat st;

        return fstatat(dir_fd, "exe", &st, 0) < 0 || (st.st_mode & (S_ISUID | S_ISGID)) != 0;
}

/* Root of a container is root here too, and its terminals have numbers that are others' here. */
static bool is_contained(int proc_fd, int dir_fd) {
        struct stat ours, theirs;

        return fstatat(proc_fd, "self/ns/pid", &ours, 0) < 0 ||
               fstatat(dir_fd, "ns/pid", &theirs, 0) < 0 || ours.st_dev != theirs.st_dev ||
               ours.st_ino != theirs.st_ino;
}

/* The program is checked twice, since a process may execute another one in between. */
static bool is_trusted(int proc_fd, int dir_fd) {
        return !has_gained_rights(dir_fd) && is_roots(dir_fd) && !has_gained_rights(dir_fd) &&
               !is_contained(proc_fd, dir_fd);
}

static bool find_terminal(int proc_fd, const char *pid, const char *unit, dev_t *ret) {
        _cleanup_close_ int dir_fd = openat(proc_fd, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
        char text[ARGUMENTS_MAX];
        size_t n;

        if (dir_fd < 0 || !is_roots(dir_fd))
                return false;

        if (read_at(dir_fd, "stat", text, sizeof(text)) == 0 || !caller_parse_stat(text, ret))
                return false;

        n = read_at(dir_fd, "cmdline", text, sizeof(text));
        return caller_asks_for(text, n, unit) && is_trusted(proc_fd, dir_fd);
}

/* Only what ssh, screen and terminal windows have; the unit may not open consoles. */
static int open_terminal(dev_t terminal) {
        _cleanup_close_ int fd = -EBADF;
        char path[32];
        struct stat st;

        if (major(terminal) != UNIX98_PTY_SLAVE_MAJOR)
                return -ENOTTY;

        snprintf(path, sizeof(path), "/dev/pts/%u", minor(terminal));
        fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != terminal)
                return -ENOTTY;

        return TAKE_FD(fd);
}

static void notify_terminal(dev_t terminal, const char *line) {
        _cleanup_close_ int fd = open_terminal(terminal);

        if (fd >= 0)
                (void) dprintf(fd, "%s\r\n", line);
}

static bool is_among(const dev_t *terminals, size_t n, dev_t terminal) {
        for (size_t i = 0; i < n; i++)
                if (terminals[i] == terminal)
                        return true;

        return false;
}

void callers_notify(const char *unit, const char *line) {
        dev_t notified[TERMINALS_MAX], terminal;
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        size_t n = 0;

        if (!proc)
                return;

        while (n < TERMINALS_MAX && (entry = readdir(proc))) {
                if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
                                !find_terminal(dirfd(proc), entry->d_name, unit, &terminal) ||
                                is_among(notified, n, terminal))
                        continue;

                notify_terminal(terminal, line);
                notified[n++] = terminal;
        }

        closedir(proc);
}
