/* SPDX-License-Identifier: MIT */
#include "manager/spawn/unit_check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/unit_files.h"

bool unit_check_lacks_chroot(const char *pool) {
        char path[PATH_MAX];

        if (access("/run/systemd/system", F_OK) < 0)
                return false;

        snprintf(path, sizeof(path), UNIT_GENERATOR_DIR "/fpmd@%s.service.d/" UNIT_CHROOT_FILE,
                        pool);
        return access(path, F_OK) < 0;
}

bool unit_check_will_lack_chroot(const char *pool) {
        return !getenv("INVOCATION_ID") && unit_check_lacks_chroot(pool);
}
