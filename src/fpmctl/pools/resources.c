/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"

enum {
        FILE_MAX = 64 * 1024,
        PATH_BYTES = 4096,
};

static const char *const hierarchies[] = {
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/unified",
        "/sys/fs/cgroup/systemd",
};

static char *read_text(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        char *text = NULL;
        size_t size;

        return fd >= 0 && fd_read_all(fd, FILE_MAX, &text, &size) >= 0 ? text : NULL;
}

_printf_(1, 2) static char *read_at(const char *format, ...) {
        char path[PATH_BYTES];
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(path, sizeof(path), format, ap);
        va_end(ap);

        return n > 0 && (size_t) n < sizeof(path) ? read_text(path) : NULL;
}

/* "0::/PATH", or "1:name=systemd:/PATH". */
const char *resources_cgroup(char *text) {
        const char *systemd = NULL;
        char *line;

        while ((line = strsep(&text, "\n"))) {
                if (strncmp(line, "0::/", 4) == 0 && strcmp(line, "0::/") != 0)
                        return line + 3;
                if (strstr(line, ":name=systemd:/"))
                        systemd = strchr(strstr(line, ":name=systemd:"), '/');
        }

        return systemd;
}

int resources_ticks(const char *stat, uint64_t *ret) {
        const char *behind_name = strrchr(stat, ')'); /* which may have anything in it */
        uint64_t utime, stime, cutime, cstime;

        if (!behind_name || sscanf(behind_name + 1,
                                            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
                                            " %" SCNu64 " %" SCNu64 " %" SCNu64,
                                            &utime, &stime, &cutime, &cstime) != 4)
                return -EBADMSG;

        *ret = utime + stime + cutime + cstime;
        return 0;
}

static bool read_account(const char *base, const char *cgroup, Resources *ret) {
        _cleanup_free_ char *memory = read_at("%s%s/memory.current", base, cgroup);
        _cleanup_free_ char *cpu = read_at("%s%s/cpu.stat", base, cgroup);
        const char *usage = cpu ? strstr(cpu, "usage_usec ") : NULL;

        if (!memory || !usage)
                return false;

        ret->memory_bytes = strtoull(memory, NULL, 10);
        ret->cpu_usec = strtoull(usage + strlen("usage_usec "), NULL, 10);
        ret->of_cgroup = true;
        return true;
}

/* What a process has for itself; the largest of what it shares is added once for all, because workers
 * share it with each other. */
static void add_process(const char *pid, Resources *sum, uint64_t *shared_max) {
        _cleanup_free_ char *statm = read_at("/proc/%s/statm", pid),
                            *stat = read_at("/proc/%s/stat", pid);
        uint64_t resident, shared, ticks, page = (uint64_t) sysconf(_SC_PAGESIZE);

        if (statm && sscanf(statm, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) == 2) {
                sum->memory_bytes += resident > shared ? (resident - shared) * page : 0;
                if (shared * page > *shared_max)
                        *shared_max = shared * page;
        }

        if (stat && resources_ticks(stat, &ticks) >= 0)
                sum->cpu_usec += ticks * USEC_PER_SEC / (uint64_t) sysconf(_SC_CLK_TCK);
}

static bool add_processes(const char *base, const char *cgroup, Resources *ret) {
        _cleanup_free_ char *pids = read_at("%s%s/cgroup.procs", base, cgroup);
        uint64_t shared_max = 0;
        char *rest = pids, *pid;

        if (!pids)
                return false;

        while ((pid = strsep(&rest, "\n")))
                if (*pid)
                        add_process(pid, ret, &shared_max);

        ret->memory_bytes += shared_max;
        return true;
}

void resources_read(pid_t pid, Resources *ret) {
        _cleanup_free_ char *text = read_at("/proc/%d/cgroup", (int) pid);
        const char *cgroup = text ? resources_cgroup(text) : NULL;

        *ret = (Resources){};
        if (pid <= 0 || !cgroup)
                return;

        for (size_t i = 0; i < ELEMENTSOF(hierarchies); i++)
                if (read_account(hierarchies[i], cgroup, ret))
                        return;

        for (size_t i = 0; i < ELEMENTSOF(hierarchies); i++)
                if (add_processes(hierarchies[i], cgroup, ret))
                        return;
}

uint64_t resources_of_process(pid_t pid) {
        Resources resources = {};
        uint64_t shared_max = 0;
        char number[16];

        snprintf(number, sizeof(number), "%d", (int) pid);
        add_process(number, &resources, &shared_max);
        return resources.memory_bytes;
}
