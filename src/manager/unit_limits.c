/* SPDX-License-Identifier: MIT */
#include "manager/unit_limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bus.h"
#include "base/cleanup.h"
#include "base/parse.h"

#define SYSTEMD "org.freedesktop.systemd1"

/* Whoever tests a file is not to wait for long for what is worth a line. */
#define LIMIT_USEC (2 * USEC_PER_SEC)

static sd_bus *bus_of(UnitLimits *limits) {
        if (limits->is_tried)
                return limits->bus;

        limits->is_tried = true;
        if (sd_bus_open_system(&limits->bus) < 0 || bus_wait(limits->bus, LIMIT_USEC) < 0 ||
                        sd_bus_set_method_call_timeout(limits->bus, LIMIT_USEC) < 0)
                unit_limits_done(limits);

        return limits->bus;
}

static int read_files(sd_bus *bus, const char *pool, uint64_t *ret) {
        _cleanup_free_ char *unit = NULL, *path = NULL;
        int r;

        if (asprintf(&unit, "fpmd@%s.service", pool) < 0)
                return -ENOMEM;

        r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path);
        if (r < 0)
                return r;

        return sd_bus_get_property_trivial(
                        bus, SYSTEMD, path, SYSTEMD ".Service", "LimitNOFILE", NULL, 't', ret);
}

/* Where systemd does not answer for one pool, the others do not wait for it, too. */
uint64_t unit_limits_files(void *userdata, const char *pool) {
        UnitLimits *limits = userdata;
        sd_bus *bus = bus_of(limits);
        uint64_t limit = 0;
        int r;

        if (!bus)
                return 0;

        r = read_files(bus, pool, &limit);
        if (r == -ETIMEDOUT)
                unit_limits_done(limits);

        return r < 0 ? 0 : limit;
}

/* Nothing is left to be sent: a flush would wait for a bus that does not even let us in. */
void unit_limits_done(UnitLimits *limits) {
        limits->bus = sd_bus_close_unref(limits->bus);
}
