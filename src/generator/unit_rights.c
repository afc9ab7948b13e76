/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "generator/unit.h"

/* /proc is read-only as a whole otherwise. What an administrator's drop-ins add comes behind it. */
#define LABELS                                                                                     \
        "ReadOnlyPaths=\n"                                                                         \
        "ReadOnlyPaths=/proc/sys -/proc/acpi -/proc/asound -/proc/bus -/proc/fs -/proc/irq "       \
        "-/proc/scsi -/proc/sysrq-trigger /sys/fs/cgroup\n"

static const struct {
        const char *from, *why, *lines;
} drop_ins[_UNIT_RIGHT_MAX] = {
        [UNIT_RIGHT_CHROOT] = { "chroot", "Other pools may not change their root directory.",
                        "CapabilityBoundingSet=CAP_SYS_CHROOT\nSystemCallFilter=chroot\n" },
        [UNIT_RIGHT_PRIORITY] = { "process.priority",
                        "Other pools may not come before other processes.",
                        "CapabilityBoundingSet=CAP_SYS_NICE\n" },
        [UNIT_RIGHT_LIMITS] = { "rlimit_files, rlimit_core and pm.max_children",
                        "Other pools may not exceed the limits of the service.",
                        "CapabilityBoundingSet=CAP_SYS_RESOURCE\n" },
        [UNIT_RIGHT_LABELS] = { "apparmor_hat",
                        "Processes of other pools may not write about themselves in /proc.",
                        LABELS },
};

const char *unit_labels(void) {
        return "# Made by fpmd-generator(8), because programs that know SELinux or Smack write in /proc what the\n"
               "# kernel is to know of them.\n"
               "[Service]\nReadWritePaths=-/sys/fs/selinux\n" LABELS;
}

/* CAP_FSETID: so that set-ID bits stay on what it writes. */
const char *unit_mail(void) {
        return "# Made by fpmd-generator(8), because the sendmail of this machine is set-user-ID root, as exim's is:\n"
               "# it works for all recipients, and scripts start it by mail().\n"
               "[Service]\n"
               "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID\n";
}

int unit_right(const PoolConfig *config, UnitRight right, char **ret) {
        *ret = NULL;
        if (!unit_right_is_wanted(config, right))
                return 0;

        if (asprintf(ret, "# Made by fpmd-generator(8) from %s of the pool %s.\n# %s\n[Service]\n%s",
                            drop_ins[right].from, config->name, drop_ins[right].why,
                            drop_ins[right].lines) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }

        return 0;
}
