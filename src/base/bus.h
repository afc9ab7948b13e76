/* SPDX-License-Identifier: MIT */
#pragma once
/* Bus: what sd-bus does not bound. In the header, since most that have the base are not linked with libsystemd.
 *
 * Runs in: manager and its helpers, fpmctl, fpmd-exporter, fpmd-agent. */

#include <errno.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/clock.h"

/* Waits at most limit_usec until the bus has let us in: sd-bus itself would wait for 90 s, in each call. Returns
 * -ETIMEDOUT when it has not, another negative errno, or a positive number. */
static inline int bus_wait(sd_bus *bus, uint64_t limit_usec) {
        uint64_t until_usec = clock_now_usec() + limit_usec;
        int r;

        while ((r = sd_bus_is_ready(bus)) == 0) {
                uint64_t now = clock_now_usec();

                r = sd_bus_process(bus, NULL);
                if (r == 0 && now >= until_usec)
                        return -ETIMEDOUT;
                if (r == 0)
                        r = sd_bus_wait(bus, until_usec - now);
                if (r < 0)
                        return r;
        }

        return r;
}
