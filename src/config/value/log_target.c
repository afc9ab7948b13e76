/* SPDX-License-Identifier: MIT */
#include "config/value/log_target.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

bool log_target_is_journal(const char *target) {
        static const char *const names[] = {
                "journal",
                "/dev/stdout",
                "/dev/stderr",
                "/dev/fd/1",
                "/dev/fd/2",
                "/proc/self/fd/1",
                "/proc/self/fd/2",
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(target, names[i]) == 0)
                        return true;

        return false;
}
