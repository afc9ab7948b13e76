/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "config/directive/directive_assignment.h"
#include "config/directive/directive_numbers.h"
#include "config/value/access_format.h"
#include "config/value/address.h"
#include "config/value/syntax.h"
#include "config/value/unit_setting.h"
#include "contract/php_side.h"

static int set_version(const Assignment *a) {
        if (a->value->word || !php_side_version_is_valid(a->value->text))
                return assignment_refuse_value(
                                a, "is not a version of PHP: write two numbers, such as 8.4");

        return assignment_put_text(a);
}

static int set_name(const Assignment *a) {
        if (!syntax_is_name(a->value->text, ""))
                return assignment_refuse_value(a, "is not the name of a user or group");

        return assignment_put_text_or_none(a);
}

static int set_names(const Assignment *a) {
        if (!syntax_is_name(a->value->text, ", \t"))
                return assignment_refuse_value(a, "is not a comma-separated list of names");

        return assignment_put_text_or_none(a);
}

static int set_clients(const Assignment *a) {
        const char *cursor = a->value->text;
        ClientRange range;
        int r;

        while ((r = client_list_next(&cursor, &range)) != 0)
                if (r < 0)
                        return assignment_refuse(a,
                                        "'%s' is not an IP address, which refuses the pool (php-fpm "
                                        "would go on with the others): write addresses such as "
                                        "127.0.0.1, ::1 or 10.0.0.0/8 with commas between them",
                                        range.text);

        return assignment_put_text(a);
}

static int set_uri(const Assignment *a) {
        if (*a->value->text != '\0' && !syntax_is_uri(a->value->text))
                return assignment_refuse_value(a,
                                "is not a path of a page: it starts with / and holds letters, "
                                "digits and / _ - . ~");

        return assignment_put_text_or_none(a);
}

static int set_format(const Assignment *a) {
        if (access_format_check(a->value->text, a->why) < 0)
                return -EINVAL;

        return assignment_put_text(a);
}

static int set_address(const Assignment *a) {
        Address address;

        if (*a->value->text != '\0' && address_parse(&address, a->value->text, a->why) < 0)
                return -EINVAL;

        return assignment_put_text_or_none(a);
}

static int set_addresses(const Assignment *a) {
        Address address;

        if (address_parse(&address, a->value->text, a->why) < 0)
                return -EINVAL;

        return assignment_put_setting(a, NULL, a->value->text);
}

static int set_uris(const Assignment *a) {
        if (*a->value->sub != '\0')
                return assignment_refuse(a, "takes no name, write %s[] = /path", a->directive->key);
        if (*a->value->text != '/')
                return assignment_refuse_value(a, "does not start with /");

        return assignment_put_setting(a, NULL, a->value->text);
}

static int need_sub(const Assignment *a) {
        if (*a->value->sub == '\0')
                return assignment_refuse(a,
                                "there is no name in the brackets, write %s[NAME] = value",
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
                return assignment_refuse(a, "the name of a variable cannot contain =");
        if (is_env && *a->value->text == '\0')
                return assignment_refuse(a, "is empty%s",
                                a->value->word ? ", an unquoted word such as no or off "
                                                 "means that; put it in quotes"
                                               : ", leave the line out");

        return assignment_put_setting(a, a->value->sub, a->value->text);
}

static int set_flags(const Assignment *a) {
        bool flag;
        int r;

        r = need_sub(a);
        if (r < 0)
                return r;

        if (parse_bool(a->value->text, &flag) < 0)
                return assignment_refuse_value(a, "is neither on nor off");

        return assignment_put_setting(a, a->value->sub, flag ? "1" : "0");
}

/* no, off and none are words of systemd's too, which must not become an empty text. */
static int set_unit(const Assignment *a) {
        const char *text = a->value->word ? a->value->raw : a->value->text, *key;

        key = unit_setting_key(a->value->sub, a->why);
        if (!key || !unit_setting_value_fits(text, a->why))
                return -EINVAL;

        return assignment_put_setting(a, key, text);
}

/* Stores the value of an assignment. Returns 0, -ENOMEM, or -EINVAL with what would be right in a->why. */
typedef int (*Setter)(const Assignment *a);

/* clang-format off */
static const struct {
        const char *name;
        DirectiveStorage storage;
        Setter set;
} types[_DIRECTIVE_TYPE_MAX] = {
        [DIRECTIVE_BOOL]      = { "boolean",         STORAGE_BOOL,     directive_set_bool          },
        [DIRECTIVE_INT]       = { "number",          STORAGE_SIGNED,   directive_set_int           },
        [DIRECTIVE_UINT]      = { "number",          STORAGE_UNSIGNED, directive_set_uint          },
        [DIRECTIVE_COUNT]     = { "number",          STORAGE_UNSIGNED, directive_set_count         },
        [DIRECTIVE_USEC]      = { "time",            STORAGE_UNSIGNED, directive_set_usec          },
        [DIRECTIVE_BYTES]     = { "size",            STORAGE_UNSIGNED, directive_set_bytes         },
        [DIRECTIVE_MODE]      = { "mode",            STORAGE_UNSIGNED, directive_set_mode          },
        [DIRECTIVE_LIMIT]     = { "limit",           STORAGE_UNSIGNED, directive_set_limit         },
        [DIRECTIVE_PM]        = { "process-manager", STORAGE_UNSIGNED, directive_set_pm            },
        [DIRECTIVE_LEVEL]     = { "log-level",       STORAGE_UNSIGNED, directive_set_level         },
        [DIRECTIVE_STRING]    = { "string",          STORAGE_STRING,   assignment_put_text_or_none },
        [DIRECTIVE_TEXT]      = { "string",          STORAGE_STRING,   assignment_put_text         },
        [DIRECTIVE_RELEASE]   = { "version",         STORAGE_STRING,   set_version                 },
        [DIRECTIVE_NAME]      = { "name",            STORAGE_STRING,   set_name                    },
        [DIRECTIVE_NAMES]     = { "names",           STORAGE_STRING,   set_names                   },
        [DIRECTIVE_CLIENTS]   = { "addresses",       STORAGE_STRING,   set_clients                 },
        [DIRECTIVE_PATH]      = { "path",            STORAGE_STRING,   assignment_put_text_or_none },
        [DIRECTIVE_LOG]       = { "path",            STORAGE_STRING,   assignment_put_text_or_none },
        [DIRECTIVE_URI]       = { "page",            STORAGE_STRING,   set_uri                     },
        [DIRECTIVE_FORMAT]    = { "format",          STORAGE_STRING,   set_format                  },
        [DIRECTIVE_ADDRESS]   = { "address",         STORAGE_STRING,   set_address                 },
        [DIRECTIVE_ADDRESSES] = { "address",         STORAGE_LIST,     set_addresses               },
        [DIRECTIVE_URIS]      = { "page",            STORAGE_LIST,     set_uris                    },
        [DIRECTIVE_VALUES]    = { "string",          STORAGE_LIST,     set_values                  },
        [DIRECTIVE_FLAGS]     = { "boolean",         STORAGE_LIST,     set_flags                   },
        [DIRECTIVE_UNIT]      = { "setting",         STORAGE_LIST,     set_unit                    },
};
/* clang-format on */

DirectiveStorage directive_storage(const Directive *directive) {
        return types[directive->type].storage;
}

const char *directive_type_name(DirectiveType type) {
        return types[type].name;
}

static bool is_php_value(const Directive *directive) {
        return directive->type == DIRECTIVE_VALUES && directive->kind != SETTING_ENV;
}

static bool has_control_name(const DirectiveValue *value) {
        return value->sub && syntax_has_control_byte(value->sub);
}

int directive_set(const Directive *directive, PoolConfig *config, const DirectiveValue *value,
                char why[static DIRECTIVE_WHY_MAX]) {
        Assignment a = {
                .directive = directive,
                .value = value,
                .field = directive_field(directive, config),
                .why = why,
        };

        /* ${ENV} can bring any byte in, and names, paths and variables go into units and log lines; PHP and clients
         * get the rest. */
        if (directive->type != DIRECTIVE_TEXT && !is_php_value(directive) &&
                        (syntax_has_control_byte(value->text) || has_control_name(value)))
                return assignment_refuse(&a, "contains a control character");

        return types[directive->type].set(&a);
}
