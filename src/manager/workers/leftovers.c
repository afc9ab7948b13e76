/* SPDX-License-Identifier: MIT */
#include "manager/workers/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/fd.h"
#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/spawn/pool_signal.h"

enum {
        ROUND_PROCESSES_MAX = 256, /* the rest comes in the next round */
        ROUND_MSEC = 50,
        ANCESTORS_MAX = 64,
        NAME_BYTES = 16,
};

#define TERM_USEC (2 * USEC_PER_SEC)
#define KILL_USEC                                                                                  \
        (5 * USEC_PER_SEC) /* a process in a system call that hangs is not waited for longer */

static const char *next_argument(const char *argument, const char *end) {
        const char *nul = memchr(argument, '\0', (size_t) (end - argument));

        return nul ? nul + 1 : end;
}

bool leftovers_is_pool_program(const char *command_line, size_t size, const char *pool) {
        const char *end = command_line + size, *argument = command_line, *next;
        char title[NAME_MAX + 16];

        snprintf(title, sizeof(title), "fpmd: %s: ", pool);
        if (size >= strlen(title) && memcmp(command_line, title, strlen(title)) == 0)
                return true;

        for (; argument < end; argument = next) {
                next = next_argument(argument, end);
                if (next < end && strcmp(argument, "--fpmd") == 0 && strcmp(next, pool) == 0)
                        return true;
        }

        return false;
}

/* A zygote or worker, or a child that a script forked of it and that executed nothing: by the command line, which is as
 * the manager has started it, until the zygote writes its title there. */
static bool is_pool_program(pid_t pid, const char *pool) {
        char path[40], text[1024];
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return false;

        text[n] = '\0';
        return leftovers_is_pool_program(text, (size_t) n, pool);
}

typedef struct Process {
        pid_t pid;
        int fd;
        char name[NAME_BYTES];
        bool is_of_pool; /* runs the pool program */
        bool is_earlier; /* of the pool program, and no child of ours: of an earlier manager */
        bool is_at_work; /* of the pool program, or started by one that is: by a request, maybe; or a helper */
} Process;

typedef struct Round {
        Process processes[ROUND_PROCESSES_MAX];
        size_t n;
        bool is_full;
} Round;

bool leftovers_parse_stat(char *stat, const char **ret_name, int *ret_parent) {
        char *begin = strchr(stat, '('), *end = strrchr(stat, ')');

        if (!begin || !end || end < begin || sscanf(end + 1, " %*c %d", ret_parent) != 1)
                return false;

        *end = '\0';
        *ret_name = begin + 1;
        return true;
}

static bool read_stat(pid_t pid, char name[static NAME_BYTES], pid_t *ret_parent) {
        char path[32], text[512];
        _cleanup_close_ int fd = -EBADF;
        const char *found;
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return false;

        text[n] = '\0';
        if (!leftovers_parse_stat(text, &found, ret_parent))
                return false;

        snprintf(name, NAME_BYTES, "%s", found);
        return true;
}

/* The manager is a subreaper, so every process that it or its children have started has it among its ancestors. */
static bool descends_from_us(pid_t parent) {
        char name[NAME_BYTES];

        for (int i = 0; i < ANCESTORS_MAX && parent > 1; i++) {
                if (parent == getpid())
                        return true;
                if (!read_stat(parent, name, &parent))
                        return false;
        }

        return false;
}

/* A helper of the manager's writes what the manager has left it. */
static bool is_at_work(const Process *process, pid_t parent, const char *pool) {
        char name[NAME_BYTES];

        if (process->is_of_pool || (parent == getpid() && strcmp(process->name, "fpmd") == 0))
                return true;

        for (int i = 0; i < ANCESTORS_MAX && parent > 1 && parent != getpid(); i++) {
                if (is_pool_program(parent, pool))
                        return true;
                if (!read_stat(parent, name, &parent))
                        return false;
        }

        return false;
}

FILE *leftovers_open_list(const char *pool) {
        static const char *const bases[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/systemd",
                "/sys/fs/cgroup/unified" };
        _cleanup_free_ char *unit = NULL, *cgroup = NULL, *expected = NULL;

        if (sd_pid_get_unit(0, &unit) < 0 || sd_pid_get_cgroup(0, &cgroup) < 0 ||
                        asprintf(&expected, "fpmd@%s.service", pool) < 0 ||
                        strcmp(unit, expected) != 0)
                return NULL;

        for (size_t i = 0; i < ELEMENTSOF(bases); i++) {
                char path[PATH_MAX];
                FILE *f;

                snprintf(path, sizeof(path), "%s%s/cgroup.procs", bases[i], cgroup);
                f = fopen(path, "re");
                if (f)
                        return f;
        }

        return NULL;
}

static bool is_listed(FILE *list, pid_t wanted) {
        int pid;

        rewind(list);
        while (fscanf(list, "%d", &pid) == 1)
                if (pid == wanted)
                        return true;

        return false;
}

static void add(Round *round, FILE *list, pid_t pid, const char *pool) {
        Process process = { .pid = pid };
        pid_t parent;

        process.fd = (int) syscall(SYS_pidfd_open, pid, 0);
        if (process.fd < 0)
                return;

        /* Reads the list again: if the pid is still in it, the pidfd is not of a process that got this pid since the
         * list was read. */
        if (!is_listed(list, pid) || !read_stat(pid, process.name, &parent)) {
                fd_close(process.fd);
                return;
        }

        process.is_of_pool = is_pool_program(pid, pool);
        process.is_earlier = process.is_of_pool && !descends_from_us(parent);
        process.is_at_work = is_at_work(&process, parent, pool);
        round->processes[round->n++] = process;
}

static void gather(Round *round, const char *pool) {
        _cleanup_fclose_ FILE *list = leftovers_open_list(pool);
        int pids[ROUND_PROCESSES_MAX], pid;
        size_t n = 0;

        round->n = 0;
        if (!list)
                return;

        while (n < ROUND_PROCESSES_MAX && fscanf(list, "%d", &pid) == 1)
                if (pid > 0 && pid != getpid()) /* 0: of another PID namespace */
                        pids[n++] = pid;
        round->is_full = n == ROUND_PROCESSES_MAX;

        for (size_t i = 0; i < n; i++)
                add(round, list, pids[i], pool);
}

static void round_done(Round *round) {
        for (size_t i = 0; i < round->n; i++)
                fd_close(round->processes[i].fd);
}

bool leftovers_are_there(const char *pool) {
        _cleanup_(round_done) Round round = {};

        gather(&round, pool);
        for (size_t i = 0; i < round.n; i++)
                if (!round.processes[i].is_of_pool)
                        return true;

        return false;
}

/* How many of them are to end now. */
static unsigned signal_all(const Round *round, int signal, bool with_earlier) {
        PoolSignalTarget targets[ROUND_PROCESSES_MAX];
        unsigned n = 0;

        for (size_t i = 0; i < round->n; i++) {
                const Process *process = &round->processes[i];

                if (!process->is_earlier || with_earlier)
                        targets[n++] = (PoolSignalTarget){ process->pid, process->fd };
        }

        if (signal > 0)
                pool_signal(targets, n, POOL_SIGNAL_ANY_USER, signal);
        if (signal == SIGTERM) /* a stopped process would not get the signal */
                pool_signal(targets, n, POOL_SIGNAL_ANY_USER, SIGCONT);

        return n;
}

/* Waits until one of them is gone, or until it is time to look for others that they have started. */
static void wait_for_one(const Round *round) {
        struct pollfd fds[ROUND_PROCESSES_MAX];

        for (size_t i = 0; i < round->n; i++)
                fds[i] = (struct pollfd){ .fd = round->processes[i].fd, .events = POLLIN };

        (void) poll(fds, round->n, ROUND_MSEC);
}

static void log_round(const Round *round, unsigned n) {
        char name[NAME_BYTES * 4] = "";
        pid_t pid = 0;

        for (size_t i = 0; i < round->n && pid == 0; i++)
                if (!round->processes[i].is_earlier) {
                        escape_string(name, sizeof(name), round->processes[i].name);
                        pid = round->processes[i].pid;
                }

        if (n > 0)
                log_notice("Ending %s%u process%s that scripts have left behind, '%s' (pid %d)%s",
                                round->is_full ? "more than " : "", n, n > 1 ? "es" : "", name,
                                (int) pid, n > 1 ? " and others" : "");
}

static bool end_some(const char *pool, bool is_first, uint64_t begin_usec, uint64_t patience_usec) {
        uint64_t passed = clock_now_usec() - begin_usec;
        bool with_earlier = passed >= patience_usec;
        int signal = passed >= TERM_USEC ? SIGKILL : is_first ? SIGTERM : 0;
        _cleanup_(round_done) Round round = {};
        unsigned n;

        gather(&round, pool);
        n = signal_all(&round, signal, with_earlier);
        if (is_first)
                log_round(&round, n);
        if (round.n == 0)
                return false;

        if (passed >= patience_usec + KILL_USEC || (passed >= KILL_USEC && n == round.n && n > 0)) {
                log_warning("%u processes that scripts have left behind do not end", n);
                return false;
        }

        wait_for_one(&round);
        return true;
}

void leftovers_end(const char *pool, uint64_t patience_usec) {
        uint64_t begin = clock_now_usec();
        bool is_first = true;

        while (end_some(pool, is_first, begin, patience_usec))
                is_first = false;
}

/* Those at work are no part of the round: they are let alone, and not waited for. */
static void leave_out_those_at_work(Round *round) {
        size_t n = 0;

        for (size_t i = 0; i < round->n; i++)
                if (round->processes[i].is_at_work)
                        fd_close(round->processes[i].fd);
                else
                        round->processes[n++] = round->processes[i];
        round->n = n;
}

void leftovers_end_strays(const char *pool) {
        uint64_t begin = clock_now_usec(), passed = 0;

        for (bool is_first = true; passed < KILL_USEC; is_first = false) {
                _cleanup_(round_done) Round round = {};
                unsigned n;

                gather(&round, pool);
                leave_out_those_at_work(&round);
                n = signal_all(&round,
                                passed >= TERM_USEC ? SIGKILL
                                : is_first          ? SIGTERM
                                                    : 0,
                                true);
                if (is_first)
                        log_round(&round, n);
                if (n == 0)
                        return;

                wait_for_one(&round);
                passed = clock_now_usec() - begin;
        }
}
