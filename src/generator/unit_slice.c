/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "generator/unit.h"

enum {
        SLICES = 32,
};

/* The same for a name whichever other pools there are (FNV-1a). */
static unsigned slice_of(const char *name) {
        uint32_t hash = 2166136261;

        for (; *name; name++)
                hash = (hash ^ (unsigned char) *name) * 16777619;

        return (hash ^ hash >> 16) % SLICES;
}

int unit_slice(const char *name, const char *section, char **ret) {
        if (asprintf(ret,
                            "# Made by fpmd-generator(8): systemd looks at all siblings of a unit, so\n"
                            "# many pools stand in several slices.\n"
                            "[%s]\n"
                            "Slice=system-fpmd-%02u.slice\n",
                            section, slice_of(name)) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }

        return 0;
}
