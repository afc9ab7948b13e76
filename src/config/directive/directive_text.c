/* SPDX-License-Identifier: MIT */
#include "config/directive/directive_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/parse.h"

_printf_(2, 3) static int put(char **ret, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(ret, format, ap);
        va_end(ap);
        if (n < 0)
                *ret = NULL;

        return n < 0 ? -ENOMEM : 0;
}

static int put_none(char **ret) {
        *ret = NULL;
        return 0;
}

/* In the largest unit that loses nothing. */
static int put_unit(char **ret, uint64_t number, const uint64_t *sizes, const char *units) {
        for (size_t i = 0; units[i]; i++)
                if (number > 0 && number % sizes[i] == 0)
                        return put(ret, "%" PRIu64 "%c", number / sizes[i], units[i]);

        return put(ret, "%" PRIu64, number);
}

static int put_usec(char **ret, uint64_t usec) {
        static const uint64_t sizes[] = { 86400, 3600, 60, 1 };

        return put_unit(ret, usec / USEC_PER_SEC, sizes, "dhms");
}

static int put_bytes(char **ret, uint64_t bytes) {
        static const uint64_t sizes[] = { UINT64_C(1) << 40, 1 << 30, 1 << 20, 1 << 10 };

        return put_unit(ret, bytes, sizes, "TGMK");
}

static int put_limit(char **ret, uint64_t limit) {
        if (limit == LIMIT_UNLIMITED)
                return put(ret, "unlimited");

        return put(ret, "%" PRIu64, limit == LIMIT_UNSET ? 0 : limit);
}

static int put_pm(char **ret, uint64_t pm) {
        const char *name = process_manager_name(pm);

        return *name ? put(ret, "%s", name) : put_none(ret);
}

static int put_level(char **ret, uint64_t level) {
        static const char *const names[] = {
                [LOG_ALERT] = "alert",
                [LOG_ERR] = "error",
                [LOG_WARNING] = "warning",
                [LOG_NOTICE] = "notice",
                [LOG_DEBUG] = "debug",
        };

        return level < ELEMENTSOF(names) && names[level] ? put(ret, "%s", names[level])
                                                         : put_none(ret);
}

static int put_unsigned(char **ret, const Directive *d, uint64_t number) {
        switch (d->type) {
        case DIRECTIVE_USEC:
                return put_usec(ret, number);
        case DIRECTIVE_BYTES:
                return put_bytes(ret, number);
        case DIRECTIVE_MODE:
                return put(ret, "%04" PRIo64, number);
        case DIRECTIVE_LIMIT:
                return put_limit(ret, number);
        case DIRECTIVE_PM:
                return put_pm(ret, number);
        case DIRECTIVE_LEVEL:
                return put_level(ret, number);
        default:
                return number == 0 && !d->value_default ? put_none(ret)
                                                        : put(ret, "%" PRIu64, number);
        }
}

int directive_text(const Directive *directive, const PoolConfig *config, char **ret) {
        const void *field = directive_field_const(directive, config);

        if (!field)
                return put_none(ret);

        switch (directive_storage(directive)) {
        case STORAGE_BOOL:
                return put(ret, "%s", *(const bool *) field ? "yes" : "no");
        case STORAGE_SIGNED:
                return *(const int64_t *) field == INT_UNSET
                                       ? put_none(ret)
                                       : put(ret, "%" PRId64, *(const int64_t *) field);
        case STORAGE_UNSIGNED:
                return put_unsigned(ret, directive, *(const uint64_t *) field);
        case STORAGE_STRING:
                return *(char *const *) field ? put(ret, "%s", *(char *const *) field)
                                              : put_none(ret);
        case STORAGE_LIST:
        default:
                return put_none(ret);
        }
}

static bool has_bound(int64_t max) {
        return max != 0 && max != INT32_MAX && max != INT64_MAX;
}

static int number_range(const Directive *d, char **ret) {
        if (has_bound(d->max))
                return put(ret, "%" PRId64 " to %" PRId64, d->min, d->max);

        return put(ret, "at least %" PRId64, d->min);
}

int directive_range(const Directive *directive, char **ret) {
        switch (directive->type) {
        case DIRECTIVE_BOOL:
                return put(ret, "yes, no");
        case DIRECTIVE_PM:
                return put(ret, "auto, static, dynamic, ondemand");
        case DIRECTIVE_LEVEL:
                return put(ret, "debug, notice, warning, error, alert");
        case DIRECTIVE_INT:
        case DIRECTIVE_UINT:
        case DIRECTIVE_COUNT:
        case DIRECTIVE_LIMIT:
                return number_range(directive, ret);
        case DIRECTIVE_MODE:
                return put(ret, "0 to %04" PRIo64, (uint64_t) directive->max);
        case DIRECTIVE_USEC: {
                _cleanup_free_ char *min = NULL, *max = NULL;

                if (put_usec(&min, (uint64_t) directive->min) < 0 ||
                                put_usec(&max, (uint64_t) directive->max) < 0)
                        return -ENOMEM;

                return put(ret, "%s to %s", min, max);
        }
        default:
                return put_none(ret);
        }
}
