/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/parse.h"
#include "config/pool_config.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define BUS_TIMEOUT_USEC USEC_PER_SEC

static void bus_freep(sd_bus **bus) {
        sd_bus_flush_close_unref(*bus);
}

static void message_unrefp(sd_bus_message **message) {
        sd_bus_message_unref(*message);
}

/* "fpmd@www.service" is the service of www. false: another unit. */
static bool take_apart(const char *unit, char *pool, size_t size, bool *ret_socket) {
        const char *begin = unit + strlen("fpmd@"), *dot = strrchr(unit, '.');

        if (strncmp(unit, "fpmd@", 5) != 0 || !dot || dot <= begin)
                return false;
        if (strcmp(dot, ".socket") != 0 && strcmp(dot, ".service") != 0)
                return false;

        snprintf(pool, size, "%.*s", (int) (dot - begin), begin);
        *ret_socket = strcmp(dot, ".socket") == 0;
        return pool_name_is_valid(pool);
}

static uint64_t number_of(
                sd_bus *bus, const char *path, const char *interface, const char *name, char type) {
        union {
                uint64_t t;
                uint32_t u;
        } number = {};

        if (sd_bus_get_property_trivial(bus, SYSTEMD, path, interface, name, NULL, type, &number) <
                        0)
                return 0;

        return type == 't' ? number.t : number.u;
}

typedef struct Reading {
        sd_bus *bus;
        UnitHook hook;
        void *userdata;
} Reading;

static int read_unit(
                const Reading *reading, const char *unit, const char *state, const char *path) {
        char pool[256];
        bool is_socket;
        UnitState found = {};

        if (!take_apart(unit, pool, sizeof(pool), &is_socket))
                return 0;

        snprintf(found.active, sizeof(found.active), "%s", state);
        if (!is_socket) {
                found.ran = number_of(reading->bus, path, SYSTEMD ".Unit",
                                            "ActiveEnterTimestampMonotonic", 't') > 0;
                found.n_restarts =
                                number_of(reading->bus, path, SYSTEMD ".Service", "NRestarts", 'u');
        }

        return reading->hook(pool, is_socket, &found, reading->userdata);
}

static int list_units(sd_bus *bus, sd_bus_message **ret) {
        _cleanup_(message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, SYSTEMD, "/org/freedesktop/systemd1",
                        SYSTEMD ".Manager", "ListUnitsByPatterns");
        if (r < 0)
                return r;

        r = sd_bus_message_append(call, "asas", 0, 2, "fpmd@*.service", "fpmd@*.socket");
        if (r < 0)
                return r;

        return sd_bus_call(bus, call, BUS_TIMEOUT_USEC, NULL, ret);
}

int units_read(UnitHook hook, void *userdata) {
        _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        const char *unit, *state, *path;
        Reading reading = { .hook = hook, .userdata = userdata };
        int r;

        r = sd_bus_open_system(&bus);
        if (r < 0)
                return r;

        reading.bus = bus;
        (void) sd_bus_set_method_call_timeout(bus, BUS_TIMEOUT_USEC);
        r = list_units(bus, &reply);
        if (r < 0)
                return r;

        r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(reply, "(ssssssouso)", &unit, NULL, NULL, &state, NULL,
                                NULL, &path, NULL, NULL, NULL)) > 0) {
                r = read_unit(&reading, unit, state, path);
                if (r < 0)
                        return r;
        }

        return r;
}
