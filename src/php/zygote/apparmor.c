/* SPDX-License-Identifier: MIT */
#include "php/zygote/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum {
        LABEL_MAX = 4096,
};

/* The first is AppArmor's own; the second belongs to whichever security module came first, and is all that
 * kernels before 5.8 have. */
static int open_current(int proc_fd, int flags) {
        int fd = openat(proc_fd, "self/attr/apparmor/current", flags | O_CLOEXEC);

        if (fd < 0 && errno == ENOENT)
                fd = openat(proc_fd, "self/attr/current", flags | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* "name (mode)": the name. */
static int read_label(int proc_fd, char label[static LABEL_MAX]) {
        _cleanup_close_ int fd = open_current(proc_fd, O_RDONLY);
        ssize_t n;
        char *mode;

        if (fd < 0)
                return fd;

        n = read(fd, label, LABEL_MAX - 1);
        if (n < 0)
                return -errno;

        label[n] = '\0';
        label[strcspn(label, "\n")] = '\0';
        mode = strrchr(label, '(');
        if (mode > label && mode[-1] == ' ')
                mode[-1] = '\0';

        return 0;
}

int apparmor_put_on(int proc_fd, const char *hat, char why[static APPARMOR_WHY_MAX]) {
        _cleanup_close_ int fd = -EBADF;
        char label[LABEL_MAX], command[LABEL_MAX + 512];
        int n, r;

        r = read_label(proc_fd, label);
        if (r < 0) {
                snprintf(why, APPARMOR_WHY_MAX, "cannot read how AppArmor confines it: %s",
                                strerror(-r));
                return r;
        }

        if (*label == '\0' || strcmp(label, "unconfined") == 0) {
                snprintf(why, APPARMOR_WHY_MAX,
                                "AppArmor does not confine it; set AppArmorProfile= in the unit to a "
                                "profile that has the hat '%.40s'",
                                hat);
                return -EINVAL;
        }

        n = snprintf(command, sizeof(command), "changeprofile %s//%s", label, hat);
        if (n < 0 || (size_t) n >= sizeof(command)) {
                snprintf(why, APPARMOR_WHY_MAX, "the name of the hat is too long");
                return -E2BIG;
        }

        /* One write, or the kernel takes the pieces for commands. */
        fd = open_current(proc_fd, O_WRONLY);
        if (fd < 0 || write(fd, command, (size_t) n) != n) {
                r = fd < 0 ? fd : -errno;
                snprintf(why, APPARMOR_WHY_MAX,
                                "cannot change to '%.60s//%.40s': %s; the profile needs the hat and "
                                "'change_profile -> %.20s//*'",
                                label, hat, strerror(-r), label);
                return r;
        }

        return 0;
}
