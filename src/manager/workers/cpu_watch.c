/* SPDX-License-Identifier: MIT */
#include "manager/workers/cpu_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"
#include "manager/workers/leftovers.h"

#define SAMPLES_APART_USEC (USEC_PER_SEC / 50)
#define SAMPLES_TOGETHER_USEC (2 * USEC_PER_SEC)
#define KNOWN_USEC (10 * USEC_PER_SEC)

void cpu_watch_done(CpuWatch *watch) {
        free(watch->times);
        *watch = (CpuWatch){};
}

unsigned cpu_watch_count_cpus(void) {
        cpu_set_t set;

        if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 1)
                return 1;

        return (unsigned) CPU_COUNT(&set);
}

static bool read_file(pid_t pid, const char *name, char *text, size_t size) {
        char path[48];
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, size - 1);
        if (n < 0)
                return false;

        text[n] = '\0';
        return true;
}

/* The state stands behind the name, in which there may be anything. */
static bool is_runnable(pid_t pid) {
        char text[256], *end;

        if (!read_file(pid, "stat", text, sizeof(text)))
                return false;

        end = strrchr(text, ')');
        return end && strncmp(end, ") R", 3) == 0;
}

static bool read_time(pid_t pid, CpuTime *ret) {
        CpuTime time = { .pid = pid, .is_runnable = is_runnable(pid) };
        char text[128];

        if (!read_file(pid, "schedstat", text, sizeof(text)))
                return false;
        if (sscanf(text, "%" SCNu64 " %" SCNu64, &time.ran_nsec, &time.waited_nsec) != 2)
                return false;

        *ret = time;
        return true;
}

static int compare_pids(const void *a, const void *b) {
        const CpuTime *x = a, *y = b;

        return (x->pid > y->pid) - (x->pid < y->pid);
}

static int read_times(const char *pool, CpuTime **ret, size_t *ret_n) {
        _cleanup_fclose_ FILE *list = leftovers_open_list(pool);
        CpuTime *times;
        size_t n = 0;
        int pid;

        if (!list)
                return -ENOENT;

        times = calloc(CPU_WATCH_PROCESSES_MAX, sizeof(*times));
        if (!times)
                return -ENOMEM;

        while (n < CPU_WATCH_PROCESSES_MAX && fscanf(list, "%d", &pid) == 1)
                if (pid != getpid()) /* which is at work just now */
                        n += read_time(pid, &times[n]);

        qsort(times, n, sizeof(*times), compare_pids);
        *ret = times;
        *ret_n = n;
        return 0;
}

void cpu_watch_compare(const CpuTime before[], size_t n_before, const CpuTime after[],
                size_t n_after, uint64_t usec, double *ret_running, double *ret_runnable) {
        uint64_t ran = 0, waited = 0;
        double n_runnable = 0;

        for (size_t i = 0, k = 0; i < n_after; i++) {
                CpuTime base = {};

                while (k < n_before && before[k].pid < after[i].pid)
                        k++;
                /* A lower value than before is that of another process with the same number. */
                if (k < n_before && before[k].pid == after[i].pid &&
                                before[k].ran_nsec <= after[i].ran_nsec &&
                                before[k].waited_nsec <= after[i].waited_nsec)
                        base = before[k];

                n_runnable += after[i].is_runnable;
                ran += after[i].ran_nsec - base.ran_nsec;
                waited += after[i].waited_nsec - base.waited_nsec;
        }

        *ret_running = (double) ran / 1000 / (double) usec;
        *ret_runnable = (double) (ran + waited) / 1000 / (double) usec;
        if (*ret_runnable < n_runnable)
                *ret_runnable = n_runnable;
}

static void take_sample(CpuWatch *watch, const char *pool, uint64_t now_usec) {
        uint64_t passed = now_usec - watch->sampled_usec;
        CpuTime *times;
        size_t n;

        if (read_times(pool, &times, &n) < 0)
                return;

        if (watch->times && passed <= SAMPLES_TOGETHER_USEC) {
                cpu_watch_compare(watch->times, watch->n_times, times, n, passed, &watch->running,
                                &watch->runnable);
                watch->measured_usec = now_usec;
        }

        free(watch->times);
        watch->times = times;
        watch->n_times = n;
        watch->sampled_usec = now_usec;
}

bool cpu_watch_measure(CpuWatch *watch, const char *pool, uint64_t now_usec) {
        if (watch->sampled_usec == 0 || now_usec - watch->sampled_usec >= SAMPLES_APART_USEC)
                take_sample(watch, pool, now_usec);

        return watch->measured_usec > 0 && now_usec - watch->measured_usec < KNOWN_USEC;
}
