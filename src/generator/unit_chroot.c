/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "generator/unit.h"

int unit_chroot(const PoolConfig *config, char **ret) {
        *ret = NULL;
        if (!config->chroot)
                return 0;

        if (asprintf(ret,
                            "# Made by fpmd-generator(8) from chroot of the pool %s. Other pools may not change\n"
                            "# their root directory.\n"
                            "[Service]\n"
                            "CapabilityBoundingSet=CAP_SYS_CHROOT\n"
                            "SystemCallFilter=chroot\n",
                            config->name) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }

        return 0;
}
