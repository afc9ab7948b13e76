/* SPDX-License-Identifier: MIT */
#include "manager/spawn/unit_check.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <unistd.h>

#include "contract/unit_files.h"
#include "manager/spawn/file_limits.h"
#include "manager/spawn/privilege.h"

#define REMEDY "systemctl daemon-reload && systemctl restart fpmd@%s.service"

_printf_(4, 5) static void report(const UnitCheck *check, int priority, const char *directive,
                const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        check->report(check->userdata, priority, directive, text ? text : "is wrong");
}

static bool has_drop_in(const char *pool, UnitRight right) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), UNIT_GENERATOR_DIR "/fpmd@%s.service.d/%s", pool,
                        unit_right_file(right));
        return access(path, F_OK) >= 0;
}

bool unit_check_fits_workers(const PoolConfig *config) {
        return config->pm == PM_AUTO && pool_config_line_of(config, "pm.max_children") == 0;
}

bool unit_check_finds_systemd(void) {
        return access("/run/systemd/system", F_OK) >= 0;
}

/* Where systemd does not run, a pool is not started by a unit. */
static bool is_lacking(const UnitCheck *check, UnitRight right) {
        return check->switches_user && unit_right_is_wanted(check->config, right) &&
               unit_check_finds_systemd() && !has_drop_in(check->config->name, right);
}

/* In a service it was tried: what is allowed is there. */
static void tell_of_the_next_start(const UnitCheck *check, UnitRight right, const char *directive) {
        if (!getenv("INVOCATION_ID") && is_lacking(check, right))
                report(check, LOG_NOTICE, directive, "is new to its service: " REMEDY,
                                check->config->name);
}

static int check_right(
                const UnitCheck *check, UnitRight right, const char *directive, bool is_allowed) {
        if (!check->is_own || is_allowed) {
                tell_of_the_next_start(check, right, directive);
                return 0;
        }
        if (is_lacking(check, right)) {
                report(check, LOG_ERR, directive, "its service may not do that yet: " REMEDY,
                                check->config->name);
                return -EPERM;
        }

        report(check, LOG_ERR, directive,
                        "its service is not allowed to do that; if that is new to it, " REMEDY,
                        check->config->name);
        return -EACCES;
}

static int check_chroot(const UnitCheck *check) {
        if (!check->switches_user || !check->config->chroot)
                return 0;

        return check_right(check, UNIT_RIGHT_CHROOT, "chroot", privilege_can_chroot());
}

static int check_priority(const UnitCheck *check) {
        if (!unit_right_is_wanted(check->config, UNIT_RIGHT_PRIORITY))
                return 0;

        return check_right(check, UNIT_RIGHT_PRIORITY, "process.priority",
                        privilege_allows_priority(check->config->process_priority));
}

/* That of this process alone is not, so that systemd can label it. */
static bool proc_is_read_only(void) {
        struct statvfs proc;

        return statvfs("/proc", &proc) >= 0 && (proc.f_flag & ST_RDONLY);
}

static int check_labels(const UnitCheck *check) {
        if (!check->config->apparmor_hat)
                return 0;

        return check_right(check, UNIT_RIGHT_LABELS, "apparmor_hat", !proc_is_read_only());
}

static bool is_above_own_limit(int resource, uint64_t wanted) {
        struct rlimit limit;

        if (getrlimit(resource, &limit) < 0 || limit.rlim_max == RLIM_INFINITY)
                return false; /* the first: then the start reports it */

        return wanted == LIMIT_UNLIMITED || wanted > limit.rlim_max;
}

static int check_core(const UnitCheck *check) {
        uint64_t wanted = check->config->rlimit_core;

        if (wanted == LIMIT_UNSET || !is_above_own_limit(RLIMIT_CORE, wanted))
                return 0;

        return check_right(check, UNIT_RIGHT_LIMITS, "rlimit_core", privilege_can_raise_limits());
}

enum {
        FILES_OF_ANY_UNIT = 1024, /* nobody gives a pool less, and to ask systemd takes a while */
};

/* Whoever tests a file has other limits than the service, which may raise its own if the pool needs many. */
static bool allows_files(const UnitCheck *check, uint64_t needed, uint64_t *ret_limit) {
        uint64_t of_unit = 0;

        if (check->files_of_unit && needed > FILES_OF_ANY_UNIT &&
                        !unit_check_fits_workers(check->config) &&
                        !unit_right_is_wanted(check->config, UNIT_RIGHT_LIMITS))
                of_unit = check->files_of_unit(check->unit_userdata, check->config->name);
        if (of_unit > 0) {
                *ret_limit = of_unit;
                return needed <= of_unit;
        }

        return !check->is_own || file_limits_allow(needed, ret_limit);
}

/* The zygote would go on with fewer workers, and try to fork the others for ever. */
static int check_files(const UnitCheck *check) {
        uint64_t needed = unit_rights_files_needed(check->config), limit = 0;
        const char *directive =
                        check->config->rlimit_files == needed ? "rlimit_files" : "pm.max_children";
        bool is_allowed = allows_files(check, needed, &limit);

        if (is_above_own_limit(RLIMIT_NOFILE, needed) && is_lacking(check, UNIT_RIGHT_LIMITS))
                return check_right(check, UNIT_RIGHT_LIMITS, directive, is_allowed);
        if (is_allowed)
                return 0;

        report(check, LOG_ERR, directive,
                        "needs %" PRIu64 " open files in one process, and the limit is %" PRIu64
                        ": raise %s",
                        needed, limit,
                        unit_check_finds_systemd() ? "LimitNOFILE= of the unit"
                                                   : "it for the container (ulimit -Hn)");
        return -EINVAL;
}

int unit_check(const UnitCheck *check) {
        static int (*const checks[])(const UnitCheck *check) = {
                check_chroot,
                check_files,
                check_core,
                check_priority,
                check_labels,
        };
        int result = 0;

        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                int r;

                r = checks[i](check);
                if (result == 0)
                        result = r;
        }

        return result;
}

unsigned unit_check_rights(const char *pool) {
        unsigned rights = 0;

        for (UnitRight right = 0; right < _UNIT_RIGHT_MAX; right++)
                if (has_drop_in(pool, right))
                        rights |= 1U << right;

        return rights;
}
