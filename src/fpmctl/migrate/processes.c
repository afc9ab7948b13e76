/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/processes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "fpmctl/migrate/file.h"
#include "fpmctl/migrate/systemctl.h"

/* systemd has its groups in one of these, by the kernel's version of them. */
static char *read_processes(const char *group) {
        static const char *const bases[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/systemd",
                "/sys/fs/cgroup/unified" };

        for (size_t i = 0; i < ELEMENTSOF(bases); i++) {
                _cleanup_free_ char *path = NULL;
                char *text;

                if (asprintf(&path, "%s%s/cgroup.procs", bases[i], group) < 0)
                        return NULL;
                text = migrate_file_read(path);
                if (text)
                        return text;
        }

        return NULL;
}

static bool is_php_fpm(int pid) {
        _cleanup_free_ char *name = NULL;
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/comm", pid);
        name = migrate_file_read(path);
        return name && strncmp(name, "php-fpm", strlen("php-fpm")) == 0;
}

static void add(ProcessList *list, pid_t pid) {
        pid_t *grown = reallocarray(list->pids, list->n_pids + 1, sizeof(*grown));

        if (!grown)
                return;

        list->pids = grown;
        grown[list->n_pids++] = pid;
}

/* A unit that is not active any more has no ControlGroup= in some versions, also while processes are left there. */
void process_list_php_fpm(ProcessList *ret, const char *unit) {
        _cleanup_free_ char *group = systemctl_property(unit, "ControlGroup"), *text = NULL,
                            *usual = NULL;

        *ret = (ProcessList){};
        if (asprintf(&usual, "/system.slice/%s", unit) < 0) {
                usual = NULL;
                return;
        }

        text = read_processes(group && *group ? group : usual);
        for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
                if (atoi(line) > 0 && is_php_fpm(atoi(line)))
                        add(ret, atoi(line));
}

bool process_list_lives(const ProcessList *list) {
        for (size_t i = 0; i < list->n_pids; i++) {
                char path[32];

                snprintf(path, sizeof(path), "/proc/%d", (int) list->pids[i]);
                if (access(path, F_OK) == 0)
                        return true;
        }

        return false;
}

void process_list_done(ProcessList *list) {
        free(list->pids);
        *list = (ProcessList){};
}
