/* SPDX-License-Identifier: MIT */
#include "config/directive/directive_numbers.h"

#include <errno.h>
#include <strings.h>
#include <syslog.h>

#include "base/parse.h"

int directive_set_bool(const Assignment *a) {
        bool value;

        if (parse_bool(a->value->text, &value) < 0)
                return assignment_refuse_value(a, "is neither yes nor no");

        if (a->field)
                *(bool *) a->field = value;
        return 0;
}

/* Any whole number from least to the max of the row. */
static int read_number(const Assignment *a, int64_t least, int64_t *ret) {
        int64_t number;
        int r;

        r = a->value->word ? -EINVAL : parse_int(a->value->text, &number);
        if (r == -EINVAL)
                return assignment_refuse_value(a, "is not a whole number");
        if (r == -ERANGE)
                return assignment_refuse_value(a, "is too large a number");
        if (number < least)
                return assignment_refuse(
                                a, "%lld is below %lld", (long long) number, (long long) least);
        if (number > a->directive->max)
                return assignment_refuse(a, "%lld is above %lld", (long long) number,
                                (long long) a->directive->max);

        *ret = number;
        return 0;
}

int directive_set_int(const Assignment *a) {
        int64_t number;
        int r;

        r = read_number(a, a->directive->min, &number);
        if (r < 0)
                return r;

        if (a->field)
                *(int64_t *) a->field = number;
        return 0;
}

int directive_set_uint(const Assignment *a) {
        int64_t number;
        int r;

        r = read_number(a, a->directive->min, &number);
        if (r < 0)
                return r;

        assignment_put_unsigned(a, (uint64_t) number);
        return 0;
}

/* Some files write -1 for "no limit" or "not set". php-fpm takes it as 0. */
int directive_set_count(const Assignment *a) {
        int64_t number;
        int r;

        r = read_number(a, INT32_MIN, &number);
        if (r < 0)
                return r;

        assignment_put_unsigned(a, number > 0 ? (uint64_t) number : 0);
        return 0;
}

int directive_set_usec(const Assignment *a) {
        uint64_t usec;
        int r;

        r = a->value->word ? -EINVAL : parse_time(a->value->text, &usec);
        if (r == -EINVAL)
                return assignment_refuse_value(a,
                                "is not a time: write a whole number with s, m, h or d behind "
                                "it, such as 10s, or 0");
        if (r == 0 && usec < (uint64_t) a->directive->min)
                return assignment_refuse(a, "%.40s is below %llus", a->value->text,
                                (unsigned long long) (a->directive->min / (int64_t) USEC_PER_SEC));
        if (r == -ERANGE || usec > (uint64_t) a->directive->max)
                return assignment_refuse(a, "%.40s is above %llud", a->value->text,
                                (unsigned long long) (a->directive->max /
                                                      (int64_t) (24 * 3600 * USEC_PER_SEC)));

        assignment_put_unsigned(a, usec);
        return 0;
}

int directive_set_bytes(const Assignment *a) {
        uint64_t bytes;
        int r;

        r = a->value->word ? -EINVAL : parse_bytes(a->value->text, &bytes);
        if (r == -EINVAL)
                return assignment_refuse_value(a,
                                "is not a size: write a whole number with K, M or G behind it, "
                                "such as 256M, or 0");
        if (r == -ERANGE || bytes > (uint64_t) a->directive->max)
                return assignment_refuse(a, "%.40s is too large", a->value->text);

        assignment_put_unsigned(a, bytes);
        return 0;
}

int directive_set_mode(const Assignment *a) {
        uint64_t mode;

        if (a->value->word || parse_octal(a->value->text, &mode) < 0)
                return assignment_refuse_value(a, "is not an octal mode such as 0660");
        if (mode > (uint64_t) a->directive->max)
                return assignment_refuse(a, "%.40s is above 0%llo", a->value->text,
                                (unsigned long long) a->directive->max);

        assignment_put_unsigned(a, mode);
        return 0;
}

int directive_set_limit(const Assignment *a) {
        bool may_be_unlimited = a->directive->max == INT64_MAX;
        int64_t number;
        int r;

        if (may_be_unlimited && strcasecmp(a->value->text, "unlimited") == 0) {
                assignment_put_unsigned(a, LIMIT_UNLIMITED);
                return 0;
        }

        r = read_number(a, a->directive->min, &number);
        if (r < 0)
                return r;

        assignment_put_unsigned(a, number == 0 ? LIMIT_UNSET : (uint64_t) number);
        return 0;
}

int directive_set_pm(const Assignment *a) {
        for (uint64_t pm = PM_STATIC; pm <= PM_AUTO; pm++)
                if (strcasecmp(a->value->text, process_manager_name(pm)) == 0) {
                        assignment_put_unsigned(a, pm);
                        return 0;
                }

        return assignment_refuse_value(
                        a, "is not a process manager: write auto, static, dynamic or ondemand");
}

int directive_set_level(const Assignment *a) {
        static const struct {
                const char *name;
                int priority;
        } levels[] = {
                { "debug", LOG_DEBUG },
                { "notice", LOG_NOTICE },
                { "warning", LOG_WARNING },
                { "warn", LOG_WARNING },
                { "error", LOG_ERR },
                { "alert", LOG_ALERT },
        };

        for (size_t i = 0; i < ELEMENTSOF(levels); i++)
                if (strcasecmp(a->value->text, levels[i].name) == 0) {
                        assignment_put_unsigned(a, (uint64_t) levels[i].priority);
                        return 0;
                }

        return assignment_refuse_value(
                        a, "is not a log level: write debug, notice, warning, error or alert");
}

static bool unsigned_is_possible(const Directive *d, uint64_t number) {
        switch (d->type) {
        case DIRECTIVE_LIMIT:
                return number == LIMIT_UNSET || (number > 0 && number <= (uint64_t) d->max) ||
                       (number == LIMIT_UNLIMITED && d->max == INT64_MAX);
        case DIRECTIVE_PM:
                return number <= PM_AUTO;
        case DIRECTIVE_LEVEL:
                return number <= LOG_DEBUG;
        default:
                return (number == 0 && !d->value_default) ||
                       (number >= (uint64_t) d->min && number <= (uint64_t) d->max);
        }
}

bool directive_number_is_possible(const Directive *directive, const PoolConfig *config) {
        const void *field = directive_field_const(directive, config);

        if (directive_storage(directive) == STORAGE_UNSIGNED)
                return unsigned_is_possible(directive, *(const uint64_t *) field);

        if (directive_storage(directive) == STORAGE_SIGNED) {
                int64_t number = *(const int64_t *) field;

                return (number == INT_UNSET && !directive->value_default) ||
                       (number >= directive->min && number <= directive->max);
        }

        return true;
}
