/* SPDX-License-Identifier: MIT */
#include "manager/own_unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>

#include "base/bus.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/parse.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define UNIT_FOLDER "/org/freedesktop/systemd1/unit"

/* An answer takes a millisecond. */
#define CALL_LIMIT_USEC (2 * USEC_PER_SEC)

/* Of thousands of units it takes seconds. */
#define RELOAD_LIMIT_USEC (30 * USEC_PER_SEC)

/* PID 1 may be reading the units of thousands of pools, and lets nobody in meanwhile. */
#define ENTER_LIMIT_USEC (10 * USEC_PER_SEC)

/* Nothing is left to be sent: a flush would wait for a bus that does not even let us in. */
static void bus_freep(sd_bus **bus) {
        sd_bus_close_unref(*bus);
}

static void message_unrefp(sd_bus_message **message) {
        sd_bus_message_unref(*message);
}

/* A manager that was started by hand is in the unit of somebody else. */
int own_unit_check(const char *pool) {
        _cleanup_free_ char *unit = NULL, *wanted = NULL;
        int r;

        r = sd_pid_get_unit(0, &unit);
        if (r < 0)
                return r;
        if (asprintf(&wanted, "fpmd@%s.service", pool) < 0)
                return -ENOMEM;

        return strcmp(unit, wanted) == 0 ? 0 : -ENXIO;
}

/* root's own way to PID 1, which needs no dbus-daemon; systemctl goes it, too. */
static int open_private(sd_bus **ret, uint64_t limit_usec) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;

        r = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
        if (r < 0)
                return r;

        r = sd_bus_start(bus);
        if (r >= 0)
                r = bus_wait(bus, limit_usec);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(bus);
        return 0;
}

static int open_system(sd_bus **ret, uint64_t limit_usec) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = bus_wait(bus, limit_usec);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(bus);
        return 0;
}

static int open_bus(sd_bus **ret, const char *pool, uint64_t limit_usec) {
        int r;

        r = own_unit_check(pool);
        if (r < 0)
                return r;

        /* The other way leads to the same PID 1, which has no time now. */
        r = open_private(ret, limit_usec);
        if (r < 0 && r != -ETIMEDOUT)
                r = open_system(ret, limit_usec);
        if (r < 0)
                return r;

        return sd_bus_set_method_call_timeout(*ret, CALL_LIMIT_USEC);
}

/* The path of the job that systemd has for the unit, "/" if there is none. */
static int find_job(sd_bus *bus, const char *unit, char **ret) {
        _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *path = NULL;
        const char *job;
        int r;

        r = sd_bus_path_encode(UNIT_FOLDER, unit, &path);
        if (r < 0)
                return r;

        r = sd_bus_get_property(bus, SYSTEMD, path, SYSTEMD ".Unit", "Job", NULL, &reply, "(uo)");
        if (r < 0)
                return r;

        r = sd_bus_message_read(reply, "(uo)", NULL, &job);
        if (r < 0)
                return r;

        *ret = strdup(job);
        return *ret ? 0 : -ENOMEM;
}

/* 1, 0 or negative errno. */
static int has_job(sd_bus *bus, const char *pool, const char *suffix, const char *type) {
        _cleanup_free_ char *unit = NULL, *job = NULL, *found = NULL;
        int r;

        if (asprintf(&unit, "fpmd@%s.%s", pool, suffix) < 0)
                return -ENOMEM;

        r = find_job(bus, unit, &job);
        if (r < 0 || strcmp(job, "/") == 0)
                return r;
        if (!type)
                return 1;

        r = sd_bus_get_property_string(bus, SYSTEMD, job, SYSTEMD ".Job", "JobType", NULL, &found);
        return r < 0 ? r : strcmp(found, type) == 0;
}

/* The keeper needs the socket. "fail": a job that closes the socket goes before, and is not cancelled for ours. */
static int start_keeper(sd_bus *bus, const char *pool) {
        _cleanup_free_ char *unit = NULL;
        int r;

        if (asprintf(&unit, "fpmd-tmp@%s.service", pool) < 0)
                return -ENOMEM;

        r = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                        "StartUnit", NULL, NULL, "ss", unit, "fail");
        return r < 0 ? r : 0;
}

int own_unit_keep_tmp(const char *pool) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = open_bus(&bus, pool, ENTER_LIMIT_USEC);
        return r < 0 ? r : start_keeper(bus, pool);
}

/* A tcp socket that is closed and bound anew must not be open in workers any more. */
int own_unit_is_restarted(const char *pool) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = open_bus(&bus, pool, ENTER_LIMIT_USEC);
        if (r < 0)
                return r;

        r = has_job(bus, pool, "socket", NULL);
        if (r != 0)
                return r < 0 ? r : -ENODATA;

        r = has_job(bus, pool, "service", "restart");
        if (r == 0)
                return -ENODATA;
        if (r < 0)
                return r;

        /* A pool that is restarted at once has no keeper yet, see kept_tmp.h. */
        (void) start_keeper(bus, pool);
        return 0;
}

static int order(const char *pool, const char *suffix, const char *method, uint64_t limit_usec) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        _cleanup_free_ char *unit = NULL;
        int r;

        r = open_bus(&bus, pool, limit_usec);
        if (r < 0)
                return r;

        if (asprintf(&unit, "fpmd@%s.%s", pool, suffix) < 0)
                return -ENOMEM;

        r = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                        method, NULL, NULL, "ss", unit, "replace");
        return r < 0 ? r : 0;
}

int own_unit_stop_socket(const char *pool) {
        return order(pool, "socket", "StopUnit", ENTER_LIMIT_USEC);
}

int own_unit_restart_socket(const char *pool) {
        return order(pool, "socket", "RestartUnit", RELOAD_LIMIT_USEC);
}

int own_unit_restart_service(const char *pool) {
        return order(pool, "service", "RestartUnit", RELOAD_LIMIT_USEC);
}

int own_unit_reload_all(const char *pool) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = open_bus(&bus, pool, RELOAD_LIMIT_USEC);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, RELOAD_LIMIT_USEC);
        if (r >= 0)
                r = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1",
                                SYSTEMD ".Manager", "Reload", NULL, NULL, NULL);

        return r < 0 ? r : 0;
}

/* --- by a helper --- */

/* systemd answers in a millisecond, a busy machine in some. */
#define ANSWER_LIMIT_USEC (5 * USEC_PER_SEC)

static int own_unit_work(int answer_fd, void *userdata) {
        const OwnUnit *unit = userdata;

        (void) answer_fd;
        return unit->question(unit->pool);
}

static void own_unit_on_ended(int result, void *userdata) {
        OwnUnit *unit = userdata;

        unit->helper = NULL;
        unit->answered(result, unit->userdata);
}

int own_unit_ask(OwnUnit *unit, int (*question)(const char *pool),
                void (*answered)(int result, void *userdata)) {
        HelperPlan plan = {
                .work = own_unit_work,
                .ended = own_unit_on_ended,
                .userdata = unit,
                .limit_usec = ANSWER_LIMIT_USEC,
        };

        if (unit->helper)
                return -EBUSY;

        unit->question = question;
        unit->answered = answered;
        return helper_start(&unit->helper, unit->event, &plan);
}

bool own_unit_is_asked(const OwnUnit *unit) {
        return unit->helper;
}

void own_unit_done(OwnUnit *unit) {
        unit->helper = helper_free(unit->helper);
}
