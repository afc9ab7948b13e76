/* SPDX-License-Identifier: MIT */
#pragma once
/* Directive: the one table of what a pool file may say. Parser, defaults, limits, serialization,
 * "fpmctl directives" and the test of the man page read the same rows. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. A value is stored only if it is of its type and in its range. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/directive/pool_config_fields.h"

typedef enum DirectiveSection {
        DIRECTIVE_GLOBAL, /* [global] and the lines before the first section */
        DIRECTIVE_POOL,
} DirectiveSection;

typedef enum DirectiveType {
        DIRECTIVE_BOOL,
        DIRECTIVE_INT,   /* may be absent: INT_UNSET */
        DIRECTIVE_UINT,  /* 0 if absent */
        DIRECTIVE_COUNT, /* the same; what is below 0 is 0, as in php-fpm */
        DIRECTIVE_USEC,
        DIRECTIVE_BYTES,
        DIRECTIVE_MODE,
        DIRECTIVE_LIMIT, /* of setrlimit(): 0 means LIMIT_UNSET, as in php-fpm */
        DIRECTIVE_PM,
        DIRECTIVE_LEVEL,
        DIRECTIVE_STRING,  /* empty means absent */
        DIRECTIVE_TEXT,    /* empty is a value */
        DIRECTIVE_RELEASE, /* of PHP */
        DIRECTIVE_NAME,    /* of a user or group, or its number */
        DIRECTIVE_NAMES,   /* comma-separated */
        DIRECTIVE_CLIENTS,
        DIRECTIVE_PATH, /* relative to prefix */
        DIRECTIVE_LOG,  /* the same, or the journal: config/value/log_target.h */
        DIRECTIVE_URI,  /* of a page: /status */
        DIRECTIVE_FORMAT,
        DIRECTIVE_ADDRESS,
        DIRECTIVE_ADDRESSES, /* one for each line that gives it */
        DIRECTIVE_URIS,      /* key[] = value */
        DIRECTIVE_VALUES,    /* key[name] = value */
        DIRECTIVE_FLAGS,     /* key[name] = boolean, kept as "1" and "0" */
        DIRECTIVE_UNIT,      /* systemd.KEY = value */
        _DIRECTIVE_TYPE_MAX,
} DirectiveType;

typedef enum DirectiveStatus {
        DIRECTIVE_WORKS,
        DIRECTIVE_LATER, /* checked and kept, but nothing acts on it yet */
        DIRECTIVE_NEVER, /* accepted for php-fpm's sake; something else does it here */
} DirectiveStatus;

/* How PoolConfig stores the field of a type. */
typedef enum DirectiveStorage {
        STORAGE_BOOL,     /* bool */
        STORAGE_SIGNED,   /* int64_t */
        STORAGE_UNSIGNED, /* uint64_t */
        STORAGE_STRING,   /* char * */
        STORAGE_LIST,     /* SettingList */
} DirectiveStorage;

#define DIRECTIVE_NO_FIELD SIZE_MAX

typedef struct Directive {
        const char *key; /* env, not env[] */
        DirectiveSection section;
        DirectiveType type;
        SettingKind kind; /* of lists */
        size_t offset; /* in PoolConfig, or DIRECTIVE_NO_FIELD of those that never have an effect */
        const char *value_default; /* as it would be written, NULL: none */
        int64_t min, max;          /* of numbers; USEC in microseconds */
        const char *help; /* what it does; DIRECTIVE_NEVER: why not, and what does it here */
        DirectiveStatus status;
        int priority; /* how loud to say that it has no effect, LOG_NOTICE or LOG_WARNING */
} Directive;

/* A right-hand side, see IniEvent. */
typedef struct DirectiveValue {
        const char *sub;
        const char *text;
        const char *raw;
        bool word;
        const char *file; /* NULL: a default */
        unsigned line;
        bool is_default;
} DirectiveValue;

enum {
        DIRECTIVE_WHY_MAX = 256,
};

/* Return the number of rows, the row with number i (NULL behind the last one), and the number of a row. */
size_t directive_count(void);
const Directive *directive_at(size_t i);
size_t directive_index(const Directive *directive);

/* Returns the row of a key, or NULL. Upper and lower case are the same, and key[] matches only a row with brackets, as
 * in php-fpm. */
const Directive *directive_find(DirectiveSection section, const char *key, bool is_array);

/* Returns the row that was probably meant by a wrong key, or NULL if nothing is close. */
const Directive *directive_nearest(DirectiveSection section, const char *key);

/* Returns whether the directive is written key[…] = value. */
bool directive_is_array(const Directive *directive);

/* Returns whether it is written systemd.KEY = value, KEY being one of systemd's. */
bool directive_is_unit(const Directive *directive);

/* Returns whether its value is kept in a PoolConfig. */
bool directive_has_field(const Directive *directive);

/* Returns whether fpmd-generator reads the directive: listen and listen.*, those that name a folder that may be a
 * mount, and those that take a right (unit_rights.h). */
bool directive_is_for_units(const Directive *directive);

/* Returns whether $pool is expanded in its value. */
bool directive_is_text(const Directive *directive);

/* Returns how the field of the directive is stored. */
DirectiveStorage directive_storage(const Directive *directive);

/* Return the field in config, of the type that directive_storage() names, or NULL if the directive has none. */
void *directive_field(const Directive *directive, PoolConfig *config);
const void *directive_field_const(const Directive *directive, const PoolConfig *config);

/* Returns the name of a type for people: "number", "time" … */
const char *directive_type_name(DirectiveType type);

/* Stores a value in place of an earlier one, or behind it in a list. A directive without a field is only checked.
 * Returns 0, -ENOMEM, or -EINVAL with what would be right in why. */
int directive_set(const Directive *directive, PoolConfig *config, const DirectiveValue *value,
                char why[static DIRECTIVE_WHY_MAX]);

/* Stores the default of each row. Returns 0 or -ENOMEM. */
int directive_set_defaults(PoolConfig *config);

/* Returns whether a number can have come out of directive_set() or the default of this row. */
bool directive_number_is_possible(const Directive *directive, const PoolConfig *config);
