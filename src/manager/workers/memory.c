/* SPDX-License-Identifier: MIT */
#include "manager/workers/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"

/* cgroup v1 says "none" with the most pages that a long can count, in bytes: a little below 2^63
 * that depends on the page size. */
#define LIMIT_LARGEST_BYTES (UINT64_C(1) << 60)

enum {
        LIMIT_TEXT_MAX = 64,
        MEMINFO_TEXT_MAX = 2048,        /* what we want stands in the first 100 bytes */
        CGROUP_TEXT_MAX = 4 * PATH_MAX, /* a dozen lines of v1 */
};

/* One hierarchy: where systemd mounts it, and the files of a limit. */
typedef struct Hierarchy {
        const char *controller;
        const char *mount;
        const char *files[3];
} Hierarchy;

/* A hybrid setup has both: v2 for names only at another place, the memory controller in v1. */
static const Hierarchy hierarchies[] = {
        { "", "sys/fs/cgroup", { "memory.max", "memory.high", NULL } },
        { "memory", "sys/fs/cgroup/memory", { "memory.limit_in_bytes", NULL } },
};

/* --- texts ------------------------------------------------------------------------------------ */

static int parse_digits(const char *text, size_t size, uint64_t *ret) {
        char digits[LIMIT_TEXT_MAX];

        if (size >= sizeof(digits))
                return -EBADMSG;
        memcpy(digits, text, size);
        digits[size] = '\0';

        return parse_uint(digits, ret) < 0 ? -EBADMSG : 0;
}

int memory_parse_limit(const char *text, uint64_t *ret_bytes) {
        size_t size = strcspn(text, "\n");
        uint64_t bytes;
        int r;

        if (size == strlen("max") && memcmp(text, "max", size) == 0) {
                *ret_bytes = MEMORY_UNLIMITED;
                return 0;
        }

        r = parse_digits(text, size, &bytes);
        if (r < 0)
                return r;

        *ret_bytes = bytes >= LIMIT_LARGEST_BYTES ? MEMORY_UNLIMITED : bytes;
        return 0;
}

/* The value behind "Key:" at the start of a line, which ends in " kB\n". */
static int meminfo_value(const char *text, const char *key, uint64_t *ret_bytes) {
        const char *line = text;
        uint64_t kilobytes;
        size_t size;
        int r;

        while (strncmp(line, key, strlen(key)) != 0) {
                line = strchr(line, '\n');
                if (!line)
                        return -EBADMSG;
                line++;
        }

        line += strlen(key);
        line += strspn(line, " ");
        size = strspn(line, "0123456789");
        if (strncmp(line + size, " kB\n", strlen(" kB\n")) != 0)
                return -EBADMSG;

        r = parse_digits(line, size, &kilobytes);
        if (r < 0 || kilobytes > UINT64_MAX / 1024)
                return -EBADMSG;

        *ret_bytes = kilobytes * 1024;
        return 0;
}

int memory_parse_meminfo(const char *text, MachineMemory *ret) {
        MachineMemory machine;
        int r;

        r = meminfo_value(text, "MemTotal:", &machine.total_bytes);
        if (r < 0)
                return r;

        r = meminfo_value(text, "MemAvailable:", &machine.available_bytes);
        if (r < 0)
                return r;

        *ret = machine;
        return 0;
}

/* Whether "cpu,cpuacct", which is size bytes long, names the controller; v2 has an empty list. */
static bool list_names(const char *list, size_t size, const char *controller) {
        size_t length = strlen(controller);

        while (size > length) {
                const char *comma = memchr(list, ',', size);

                if (!comma)
                        return false;
                if ((size_t) (comma - list) == length && memcmp(list, controller, length) == 0)
                        return true;
                size -= (size_t) (comma - list) + 1;
                list = comma + 1;
        }

        return size == length && memcmp(list, controller, length) == 0;
}

/* A process outside of its cgroup namespace sees "/../x": the cgroups below the mount point are then not its own, and
 * those above cannot be seen. */
static bool leads_outside(const char *path, size_t size) {
        return size >= 3 && memcmp(path, "/..", 3) == 0 && (size == 3 || path[3] == '/');
}

static int copy_path(const char *path, char *ret_path, size_t size) {
        size_t length = strcspn(path, "\n");

        if (path[0] != '/' || path[length] != '\n')
                return -EBADMSG;
        if (length == 1 || leads_outside(path, length))
                length = 0;
        if (length >= size)
                return -ENAMETOOLONG;

        memcpy(ret_path, path, length);
        ret_path[length] = '\0';
        return 0;
}

/* Lines are "4:memory:/path" or, for v2, "0::/path". */
int memory_parse_cgroup(const char *text, const char *controller, char *ret_path, size_t size) {
        while (*text) {
                const char *end = strchr(text, '\n');
                const char *list = strchr(text, ':');
                const char *path = list ? strchr(list + 1, ':') : NULL;

                if (!end || !path || path > end)
                        return -EBADMSG;
                if (list_names(list + 1, (size_t) (path - list - 1), controller))
                        return copy_path(path + 1, ret_path, size);

                text = end + 1;
        }

        return -ENOENT;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Reads what fits and terminates it; the parser finds out whether that is enough. */
static int read_text(int root_fd, const char *path, char *ret_text, size_t size) {
        _cleanup_close_ int fd = -EBADF;
        size_t length = 0;
        ssize_t n;

        fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        do {
                n = read(fd, ret_text + length, size - 1 - length);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0)
                        length += (size_t) n;
        } while (n != 0 && length < size - 1);

        ret_text[length] = '\0';
        return 0;
}

/* Sets ret to the limit in this file if that is tighter. A missing file means no limit: the root has none, nor has a
 * cgroup without the controller or, in a container, without its directory. */
static int tighten(int root_fd, const char *path, MemoryBudget *ret) {
        char text[LIMIT_TEXT_MAX];
        uint64_t bytes;
        int r;

        r = read_text(root_fd, path, text, sizeof(text));
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r < 0)
                return r;

        r = memory_parse_limit(text, &bytes);
        if (r < 0)
                return r;
        if (bytes >= ret->bytes)
                return 0;

        ret->bytes = bytes;
        (void) snprintf(ret->description, sizeof(ret->description), "/%.*s",
                        (int) sizeof(ret->description) - 2, path);
        return 0;
}

static int tighten_by_files(
                int root_fd, const char *directory, const char *const files[], MemoryBudget *ret) {
        char path[PATH_MAX];
        int n, r;

        for (size_t i = 0; files[i]; i++) {
                n = snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
                if (n < 0 || (size_t) n >= sizeof(path))
                        return -ENAMETOOLONG;

                r = tighten(root_fd, path, ret);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* From our own cgroup up to the mount point, which in a container can have limits, too. */
static int tighten_by_hierarchy(
                int root_fd, const Hierarchy *hierarchy, const char *cgroup, MemoryBudget *ret) {
        size_t top = strlen(hierarchy->mount);
        char directory[PATH_MAX];
        int n, r;

        n = snprintf(directory, sizeof(directory), "%s%s", hierarchy->mount, cgroup);
        if (n < 0 || (size_t) n >= sizeof(directory))
                return -ENAMETOOLONG;

        for (;;) {
                r = tighten_by_files(root_fd, directory, hierarchy->files, ret);
                if (r < 0)
                        return r;
                if (strlen(directory) <= top)
                        return 0;

                *strrchr(directory, '/') = '\0';
        }
}

static int find_limit(int root_fd, MemoryBudget *ret) {
        char text[CGROUP_TEXT_MAX], cgroup[PATH_MAX];
        int r;

        r = read_text(root_fd, "proc/self/cgroup", text, sizeof(text));
        if (r < 0)
                return r;

        for (size_t i = 0; i < ELEMENTSOF(hierarchies); i++) {
                r = memory_parse_cgroup(text, hierarchies[i].controller, cgroup, sizeof(cgroup));
                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;

                r = tighten_by_hierarchy(root_fd, &hierarchies[i], cgroup, ret);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int read_machine(int root_fd, MachineMemory *ret) {
        char text[MEMINFO_TEXT_MAX];
        int r;

        r = read_text(root_fd, "proc/meminfo", text, sizeof(text));
        if (r < 0)
                return r;

        return memory_parse_meminfo(text, ret);
}

static uint64_t available(const MachineMemory *machine, uint64_t used_bytes) {
        uint64_t bytes = machine->available_bytes + used_bytes;

        if (bytes < used_bytes || bytes > machine->total_bytes)
                return machine->total_bytes;

        return bytes;
}

int memory_budget_at(int root_fd, uint64_t used_bytes, MemoryBudget *ret) {
        MemoryBudget budget = { .bytes = MEMORY_UNLIMITED, .source = MEMORY_CGROUP_LIMIT };
        MachineMemory machine;
        int r;

        r = find_limit(root_fd, &budget);
        if (r < 0)
                return r;

        /* ProcSubset=pid hides meminfo: a limit is then enough. */
        r = read_machine(root_fd, &machine);
        if (r < 0 && budget.bytes == MEMORY_UNLIMITED)
                return r;

        if (r >= 0 && budget.bytes >= machine.total_bytes)
                budget = (MemoryBudget){
                        .bytes = available(&machine, used_bytes),
                        .source = MEMORY_MACHINE_AVAILABLE,
                        .description = "MemAvailable in /proc/meminfo",
                };

        *ret = budget;
        return 0;
}

int memory_budget(uint64_t used_bytes, MemoryBudget *ret) {
        _cleanup_close_ int root_fd = -EBADF;

        root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0)
                return -errno;

        return memory_budget_at(root_fd, used_bytes, ret);
}
