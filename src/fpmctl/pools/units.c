/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/bus.h"
#include "base/clock.h"
#include "base/parse.h"
#include "config/pool_config.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define BUS_TIMEOUT_USEC USEC_PER_SEC

/* Nothing is left to be sent: a flush would wait for a bus that does not even let us in. */
static void bus_freep(sd_bus **bus) {
        sd_bus_close_unref(*bus);
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

/* One unit, and the question that is under way for it. */
typedef struct Unit {
        char pool[256];
        bool is_socket;
        UnitState state;
        const char *path; /* of the reply of list_units() */
        struct Reading *reading;
} Unit;

typedef struct Reading {
        sd_bus *bus;
        Unit *units;
        size_t n_units;
        size_t n_asked, n_open;
} Reading;

/* --- details --- */

/* As many questions as this are under way at once: a machine has thousands of units, and one answer after the other
 * takes as many times as long as the way there and back. */
enum {
        QUESTIONS_MAX = 64,
};

static bool is_at_rest(const Unit *unit) {
        return strcmp(unit->state.active, "inactive") == 0;
}

static int units_on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Unit *unit = userdata;
        uint64_t usec = 0;
        uint32_t n = 0;

        (void) error;
        unit->reading->n_open--;
        /* Late, all in all: the rest would be as late, one after the other. */
        if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NO_REPLY))
                unit->reading->n_asked = unit->reading->n_units;
        if (sd_bus_message_is_method_error(reply, NULL))
                return 0;

        if (is_at_rest(unit) && sd_bus_message_read(reply, "v", "t", &usec) >= 0)
                unit->state.ran = usec > 0;
        else if (!is_at_rest(unit) && sd_bus_message_read(reply, "v", "u", &n) >= 0)
                unit->state.n_restarts = n;

        return 0;
}

/* One question for each service: of one at rest it is of no use how often it was started again before. */
static int ask_one(Reading *reading, Unit *unit) {
        bool rests = is_at_rest(unit);

        unit->reading = reading;
        return sd_bus_call_method_async(reading->bus, NULL, SYSTEMD, unit->path,
                        "org.freedesktop.DBus.Properties", "Get", units_on_reply, unit, "ss",
                        rests ? SYSTEMD ".Unit" : SYSTEMD ".Service",
                        rests ? "ActiveEnterTimestampMonotonic" : "NRestarts");
}

static int ask_more(Reading *reading) {
        while (reading->n_open < QUESTIONS_MAX && reading->n_asked < reading->n_units) {
                Unit *unit = &reading->units[reading->n_asked++];
                int r;

                if (unit->is_socket)
                        continue;

                r = ask_one(reading, unit);
                if (r < 0)
                        return r;
                reading->n_open++;
        }

        return 0;
}

static int read_details(Reading *reading) {
        int r;

        r = ask_more(reading);
        while (r >= 0 && reading->n_open > 0) {
                r = sd_bus_process(reading->bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(reading->bus, BUS_TIMEOUT_USEC);
                if (r >= 0)
                        r = ask_more(reading);
        }

        return r;
}

/* --- the list --- */

static int add_unit(Reading *reading, const char *name, const char *state, const char *path) {
        Unit unit = { .path = path }, *grown;

        if (!take_apart(name, unit.pool, sizeof(unit.pool), &unit.is_socket))
                return 0;

        grown = reallocarray(reading->units, reading->n_units + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;

        snprintf(unit.state.active, sizeof(unit.state.active), "%s", state);
        reading->units = grown;
        grown[reading->n_units++] = unit;
        return 0;
}

static int read_list(Reading *reading, sd_bus_message *reply) {
        const char *unit, *state, *path;
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(reply, "(ssssssouso)", &unit, NULL, NULL, &state, NULL,
                                NULL, &path, NULL, NULL, NULL)) > 0) {
                r = add_unit(reading, unit, state, path);
                if (r < 0)
                        return r;
        }

        return r;
}

/* In the name of a pool there is nothing that a pattern could mean otherwise. */
static int list_units(sd_bus *bus, const char *pool, sd_bus_message **ret) {
        _cleanup_(message_unrefp) sd_bus_message *call = NULL;
        char service[320], socket[320];
        int r;

        snprintf(service, sizeof(service), "fpmd@%s.service", pool ? pool : "*");
        snprintf(socket, sizeof(socket), "fpmd@%s.socket", pool ? pool : "*");

        r = sd_bus_message_new_method_call(bus, &call, SYSTEMD, "/org/freedesktop/systemd1",
                        SYSTEMD ".Manager", "ListUnitsByPatterns");
        if (r < 0)
                return r;

        r = sd_bus_message_append(call, "asas", 0, 2, service, socket);
        if (r < 0)
                return r;

        return sd_bus_call(bus, call, BUS_TIMEOUT_USEC, NULL, ret);
}

static int call_hook(const Reading *reading, UnitHook hook, void *userdata) {
        for (size_t i = 0; i < reading->n_units; i++) {
                const Unit *unit = &reading->units[i];
                int r;

                r = hook(unit->pool, unit->is_socket, &unit->state, userdata);
                if (r < 0)
                        return r;
        }

        return 0;
}

int units_read(const char *pool, bool details, UnitHook hook, void *userdata) {
        _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        Reading reading = {};
        int r;

        r = sd_bus_open_system(&bus);
        if (r < 0)
                return r;

        reading.bus = bus;
        (void) sd_bus_set_method_call_timeout(bus, BUS_TIMEOUT_USEC);
        r = bus_wait(bus, BUS_TIMEOUT_USEC);
        if (r >= 0)
                r = list_units(bus, pool, &reply);
        if (r >= 0)
                r = read_list(&reading, reply);
        if (r >= 0 && details)
                r = read_details(&reading);
        if (r >= 0)
                r = call_hook(&reading, hook, userdata);

        free(reading.units);
        return r;
}
