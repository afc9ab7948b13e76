/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "config/value/access_format.h"
#include "config/value/address.h"
#include "config/directive/directive.h"
#include "config/value/syntax.h"
#include "config/value/unit_setting.h"
#include "contract/php_side.h"

/* What a setter works on: one value on its way into one field. */
typedef struct Assignment {
        const Directive *directive;
        const DirectiveValue *value;
        void *field; /* NULL: only check */
        char *why;
} Assignment;

/* One for each type. 0, -ENOMEM, or -EINVAL with why filled. */
typedef int (*Setter)(const Assignment *a);

_printf_(2, 3) static int refuse(const Assignment *a, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(a->why, DIRECTIVE_WHY_MAX, format, ap);
        va_end(ap);
        return -EINVAL;
}

/* "'abc' WHAT": as it was written, because a bare "off" is an empty text by now. */
static int refuse_value(const Assignment *a, const char *what) {
        return *a->value->raw ? refuse(a, "'%.60s' %s", a->value->raw, what)
                              : refuse(a, "is empty, which %s", what);
}

static void put_unsigned(const Assignment *a, uint64_t number) {
        if (a->field)
                *(uint64_t *) a->field = number;
}

static int put_string(const Assignment *a, const char *text) {
        char *copy;

        if (!a->field)
                return 0;

        copy = strdup(text);
        if (!copy)
                return -ENOMEM;

        free(*(char **) a->field);
        *(char **) a->field = copy;
        return 0;
}

static int put_setting(const Assignment *a, const char *sub, const char *text) {
        if (!a->field)
                return 0;

        return setting_list_add(
                        a->field, &(Setting){
                                                  .kind = a->directive->kind,
                                                  .key = (char *) (uintptr_t) sub,
                                                  .value = (char *) (uintptr_t) text,
                                                  .file = (char *) (uintptr_t) a->value->file,
                                                  .line = a->value->line,
                                                  .is_default = a->value->is_default,
                                  });
}

/* An empty text clears the field. */
static int put_string_or_none(const Assignment *a) {
        if (*a->value->text != '\0')
                return put_string(a, a->value->text);

        if (a->field) {
                free(*(char **) a->field);
                *(char **) a->field = NULL;
        }
        return 0;
}

static int set_bool(const Assignment *a) {
        bool value;

        if (parse_bool(a->value->text, &value) < 0)
                return refuse_value(a, "is neither yes nor no");

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
                return refuse_value(a, "is not a whole number");
        if (r == -ERANGE)
                return refuse_value(a, "is too large a number");
        if (number < least)
                return refuse(a, "%lld is below %lld", (long long) number, (long long) least);
        if (number > a->directive->max)
                return refuse(a, "%lld is above %lld", (long long) number,
                                (long long) a->directive->max);

        *ret = number;
        return 0;
}

static int set_int(const Assignment *a) {
        int64_t number;
        int r;

        r = read_number(a, a->directive->min, &number);
        if (r < 0)
                return r;

        if (a->field)
                *(int64_t *) a->field = number;
        return 0;
}

static int set_uint(const Assignment *a) {
        int64_t number;
        int r;

        r = read_number(a, a->directive->min, &number);
        if (r < 0)
                return r;

        put_unsigned(a, (uint64_t) number);
        return 0;
}

/* Some files write -1 for "no limit" or "not set". php-fpm takes it as 0. */
static int set_count(const Assignment *a) {
        int64_t number;
        int r;

        r = read_number(a, INT32_MIN, &number);
        if (r < 0)
                return r;

        put_unsigned(a, number > 0 ? (uint64_t) number : 0);
        return 0;
}

static int set_usec(const Assignment *a) {
        uint64_t usec;
        int r;

        r = a->value->word ? -EINVAL : parse_time(a->value->text, &usec);
        if (r == -EINVAL)
                return refuse_value(a,
                                "is not a time: write a whole number with s, m, h or d behind "
                                "it, such as 10s, or 0");
        if (r == 0 && usec < (uint64_t) a->directive->min)
                return refuse(a, "%.40s is below %llus", a->value->text,
                                (unsigned long long) (a->directive->min / (int64_t) USEC_PER_SEC));
        if (r == -ERANGE || usec > (uint64_t) a->directive->max)
                return refuse(a, "%.40s is above %llud", a->value->text,
                                (unsigned long long) (a->directive->max /
                                                      (int64_t) (24 * 3600 * USEC_PER_SEC)));

        put_unsigned(a, usec);
        return 0;
}

static int set_bytes(const Assignment *a) {
        uint64_t bytes;
        int r;

        r = a->value->word ? -EINVAL : parse_bytes(a->value->text, &bytes);
        if (r == -EINVAL)
                return refuse_value(a,
                                "is not a size: write a whole number with K, M or G behind it, "
                                "such as 256M, or 0");
        if (r == -ERANGE || bytes > (uint64_t) a->directive->max)
                return refuse(a, "%.40s is too large", a->value->text);

        put_unsigned(a, bytes);
        return 0;
}

static int set_mode(const Assignment *a) {
        uint64_t mode;

        if (a->value->word || parse_octal(a->value->text, &mode) < 0)
                return refuse_value(a, "is not an octal mode such as 0660");
        if (mode > (uint64_t) a->directive->max)
                return refuse(a, "%.40s is above 0%llo", a->value->text,
                                (unsigned long long) a->directive->max);

        put_unsigned(a, mode);
        return 0;
}

static int set_limit(const Assignment *a) {
        bool may_be_unlimited = a->directive->max == INT64_MAX;
        int64_t number;
        int r;

        if (may_be_unlimited && strcasecmp(a->value->text, "unlimited") == 0) {
                put_unsigned(a, LIMIT_UNLIMITED);
                return 0;
        }

        r = read_number(a, a->directive->min, &number);
        if (r < 0)
                return r;

        put_unsigned(a, number == 0 ? LIMIT_UNSET : (uint64_t) number);
        return 0;
}

static int set_pm(const Assignment *a) {
        for (uint64_t pm = PM_STATIC; pm <= PM_AUTO; pm++)
                if (strcasecmp(a->value->text, process_manager_name(pm)) == 0) {
                        put_unsigned(a, pm);
                        return 0;
                }

        return refuse_value(a, "is not a process manager: write auto, static, dynamic or ondemand");
}

static int set_level(const Assignment *a) {
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
                        put_unsigned(a, (uint64_t) levels[i].priority);
                        return 0;
                }

        return refuse_value(a, "is not a log level: write debug, notice, warning, error or alert");
}

static int set_string(const Assignment *a) {
        return put_string_or_none(a);
}

static int set_text(const Assignment *a) {
        return put_string(a, a->value->text);
}

static int set_version(const Assignment *a) {
        if (a->value->word || !php_side_version_is_valid(a->value->text))
                return refuse_value(a, "is not a version of PHP: write two numbers, such as 8.4");

        return put_string(a, a->value->text);
}

static int set_name(const Assignment *a) {
        if (!syntax_is_name(a->value->text, ""))
                return refuse_value(a, "is not the name of a user or group");

        return put_string_or_none(a);
}

static int set_names(const Assignment *a) {
        if (!syntax_is_name(a->value->text, ", \t"))
                return refuse_value(a, "is not a comma-separated list of names");

        return put_string_or_none(a);
}

static int set_clients(const Assignment *a) {
        const char *cursor = a->value->text;
        ClientRange range;
        int r;

        while ((r = client_list_next(&cursor, &range)) != 0)
                if (r < 0)
                        return refuse(a,
                                        "'%s' is not an IP address, which refuses the pool (php-fpm "
                                        "would go on with the others): write addresses such as "
                                        "127.0.0.1, ::1 or 10.0.0.0/8 with commas between them",
                                        range.text);

        return put_string(a, a->value->text);
}

/* Whether it is absolute is asked when prefix is known. */
static int set_path(const Assignment *a) {
        return put_string_or_none(a);
}

static int set_uri(const Assignment *a) {
        if (*a->value->text != '\0' && !syntax_is_uri(a->value->text))
                return refuse_value(a,
                                "is not a path of a page: it starts with / and holds letters, "
                                "digits and / _ - . ~");

        return put_string_or_none(a);
}

static int set_format(const Assignment *a) {
        if (access_format_check(a->value->text, a->why) < 0)
                return -EINVAL;

        return put_string(a, a->value->text);
}

static int set_address(const Assignment *a) {
        Address address;

        if (*a->value->text != '\0' && address_parse(&address, a->value->text, a->why) < 0)
                return -EINVAL;

        return put_string_or_none(a);
}

static int set_addresses(const Assignment *a) {
        Address address;

        if (address_parse(&address, a->value->text, a->why) < 0)
                return -EINVAL;

        return put_setting(a, NULL, a->value->text);
}

static int set_uris(const Assignment *a) {
        if (*a->value->sub != '\0')
                return refuse(a, "takes no name, write %s[] = /path", a->directive->key);
        if (*a->value->text != '/')
                return refuse_value(a, "does not start with /");

        return put_setting(a, NULL, a->value->text);
}

static int need_sub(const Assignment *a) {
        if (*a->value->sub == '\0')
                return refuse(a, "there is no name in the brackets, write %s[NAME] = value",
                                a->directive->key);

        return 0;
}

static int set_values(const Assignment *a) {
        bool is_env = a->directive->kind == SETTING_ENV;
        int r;

        r = need_sub(a);
        if (r < 0)
                return r;

        if (is_env && strchr(a->value->sub, '='))
                return refuse(a, "the name of a variable cannot contain =");
        if (is_env && *a->value->text == '\0')
                return refuse(a, "is empty%s",
                                a->value->word ? ", an unquoted word such as no or off "
                                                 "means that; put it in quotes"
                                               : ", leave the line out");

        return put_setting(a, a->value->sub, a->value->text);
}

static int set_flags(const Assignment *a) {
        bool flag;
        int r;

        r = need_sub(a);
        if (r < 0)
                return r;

        if (parse_bool(a->value->text, &flag) < 0)
                return refuse_value(a, "is neither on nor off");

        return put_setting(a, a->value->sub, flag ? "1" : "0");
}

/* no, off and none are words of systemd's too, which must not become an empty text. */
static int set_unit(const Assignment *a) {
        const char *text = a->value->word ? a->value->raw : a->value->text, *key;

        key = unit_setting_key(a->value->sub, a->why);
        if (!key || !unit_setting_value_fits(text, a->why))
                return -EINVAL;

        return put_setting(a, key, text);
}

/* clang-format off */
static const struct {
        const char *name;
        DirectiveStorage storage;
        Setter set;
} types[_DIRECTIVE_TYPE_MAX] = {
        [DIRECTIVE_BOOL]      = { "boolean",         STORAGE_BOOL,     set_bool      },
        [DIRECTIVE_INT]       = { "number",          STORAGE_SIGNED,   set_int       },
        [DIRECTIVE_UINT]      = { "number",          STORAGE_UNSIGNED, set_uint      },
        [DIRECTIVE_COUNT]     = { "number",          STORAGE_UNSIGNED, set_count     },
        [DIRECTIVE_USEC]      = { "time",            STORAGE_UNSIGNED, set_usec      },
        [DIRECTIVE_BYTES]     = { "size",            STORAGE_UNSIGNED, set_bytes     },
        [DIRECTIVE_MODE]      = { "mode",            STORAGE_UNSIGNED, set_mode      },
        [DIRECTIVE_LIMIT]     = { "limit",           STORAGE_UNSIGNED, set_limit     },
        [DIRECTIVE_PM]        = { "process-manager", STORAGE_UNSIGNED, set_pm        },
        [DIRECTIVE_LEVEL]     = { "log-level",       STORAGE_UNSIGNED, set_level     },
        [DIRECTIVE_STRING]    = { "string",          STORAGE_STRING,   set_string    },
        [DIRECTIVE_TEXT]      = { "string",          STORAGE_STRING,   set_text      },
        [DIRECTIVE_RELEASE]   = { "version",         STORAGE_STRING,   set_version   },
        [DIRECTIVE_NAME]      = { "name",            STORAGE_STRING,   set_name      },
        [DIRECTIVE_NAMES]     = { "names",           STORAGE_STRING,   set_names     },
        [DIRECTIVE_CLIENTS]   = { "addresses",       STORAGE_STRING,   set_clients   },
        [DIRECTIVE_PATH]      = { "path",            STORAGE_STRING,   set_path      },
        [DIRECTIVE_LOG]       = { "path",            STORAGE_STRING,   set_path      },
        [DIRECTIVE_URI]       = { "page",            STORAGE_STRING,   set_uri       },
        [DIRECTIVE_FORMAT]    = { "format",          STORAGE_STRING,   set_format    },
        [DIRECTIVE_ADDRESS]   = { "address",         STORAGE_STRING,   set_address   },
        [DIRECTIVE_ADDRESSES] = { "address",         STORAGE_LIST,     set_addresses },
        [DIRECTIVE_URIS]      = { "page",            STORAGE_LIST,     set_uris      },
        [DIRECTIVE_VALUES]    = { "string",          STORAGE_LIST,     set_values    },
        [DIRECTIVE_FLAGS]     = { "boolean",         STORAGE_LIST,     set_flags     },
        [DIRECTIVE_UNIT]      = { "setting",         STORAGE_LIST,     set_unit      },
};
/* clang-format on */

DirectiveStorage directive_storage(const Directive *directive) {
        return types[directive->type].storage;
}

const char *directive_type_name(DirectiveType type) {
        return types[type].name;
}

int directive_set(const Directive *directive, PoolConfig *config, const DirectiveValue *value,
                char why[static DIRECTIVE_WHY_MAX]) {
        Assignment a = {
                .directive = directive,
                .value = value,
                .field = directive_field(directive, config),
                .why = why,
        };

        /* ${ENV} can bring any byte in, and names and paths go into units and log lines; PHP and clients get the
         * rest. */
        if (directive->type != DIRECTIVE_VALUES && directive->type != DIRECTIVE_TEXT &&
                        syntax_has_control_byte(value->text))
                return refuse(&a, "contains a control character");

        return types[directive->type].set(&a);
}
