/* SPDX-License-Identifier: MIT */
#include "php/resident/php_watched.h"

#include <php.h>
#include <zend_exceptions.h>

#include "base/cleanup.h"
#include "php/hooks/php_hooks.h"

typedef struct Setter {
        const char *name;
        const char *getter; /* what it says now, to be given to the setter; in the place of it: */
        const char *class, *property; /* which scripts may set as well */
        int option;                   /* the first argument of both; 0: none */
        bool has_value, called;
        bool has_object; /* of the class there was one: it can be set without a call, in later requests too */
        zval value;
} Setter;

enum {
        ASSERT_CALLBACK = 2,
};

static Setter setters[] = {
        { .name = "date_default_timezone_set", .getter = "date_default_timezone_get" },
        { .name = "mb_internal_encoding", .getter = "mb_internal_encoding" },
        { .name = "mb_http_output", .getter = "mb_http_output" },
        { .name = "mb_language", .getter = "mb_language" },
        { .name = "mb_substitute_character", .getter = "mb_substitute_character" },
        { .name = "mb_detect_order", .getter = "mb_detect_order" },
        { .name = "mb_regex_encoding", .getter = "mb_regex_encoding" },
        { .name = "mb_regex_set_options", .getter = "mb_regex_set_options" },
        { .name = "libxml_use_internal_errors", .getter = "libxml_use_internal_errors" },
        { .name = "libxml_set_external_entity_loader",
                        .getter = "libxml_get_external_entity_loader" },
        { .name = "mysqli_report", .class = "mysqli_driver", .property = "report_mode" },
        { .name = "assert_options", .getter = "assert_options", .option = ASSERT_CALLBACK },
};

static const struct {
        const char *name;
        WatchedGroup group;
} members[] = {
        { "umask", WATCHED_UMASK },
        { "stream_wrapper_register", WATCHED_STREAMS },
        { "stream_wrapper_unregister", WATCHED_STREAMS },
        { "stream_wrapper_restore", WATCHED_STREAMS },
        { "stream_filter_register", WATCHED_STREAMS },
        { "stream_context_set_default", WATCHED_STREAMS },
        { "stream_context_get_default", WATCHED_STREAMS },
        { "libxml_set_streams_context", WATCHED_LIBXML },
        { "posix_setrlimit", WATCHED_LIMITS },
        { "proc_nice", WATCHED_PRIORITY },
        { "pcntl_setpriority", WATCHED_PRIORITY },
};

static bool groups[_WATCHED_GROUP_MAX];

/* --- the watch --- */

typedef struct Watch {
        const zend_string *name;
        zif_handler original;
        bool *called;
} Watch;

static Watch watches[ELEMENTSOF(setters) + ELEMENTSOF(members)];
static size_t n_watches;

/* By its name: a closure of a function has the function's name, and a copy of the rest. */
static ZEND_NAMED_FUNCTION(watched) {
        const zend_string *name = execute_data->func->common.function_name;

        for (size_t i = 0; i < n_watches; i++)
                if (watches[i].name == name) {
                        *watches[i].called = true;
                        watches[i].original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
                        return;
                }
}

static void watch(const char *name, bool *called) {
        const zend_function *function =
                        zend_hash_str_find_ptr(CG(function_table), name, strlen(name));
        Watch *entry = &watches[n_watches];

        if (!function || !php_hooks_replace(name, watched, &entry->original))
                return;

        entry->name = function->common.function_name;
        entry->called = called;
        n_watches++;
}

/* For one class, since the function of a class takes no userdata. */
static struct {
        Setter *setter;
        zend_object *(*create)(zend_class_entry *);
} watched_class;

static zend_object *watched_create(zend_class_entry *class) {
        watched_class.setter->has_object = true;
        return watched_class.create(class);
}

static void watch_class(Setter *setter) {
        zend_class_entry *class = zend_hash_str_find_ptr(
                        CG(class_table), setter->class, strlen(setter->class));

        if (!class || !class->create_object || watched_class.setter)
                return;

        watched_class.setter = setter;
        watched_class.create = class->create_object;
        class->create_object = watched_create;
}

void php_watched_init(void) {
        for (size_t i = 0; i < ELEMENTSOF(setters); i++) {
                watch(setters[i].name, &setters[i].called);
                if (setters[i].class)
                        watch_class(&setters[i]);
        }
        for (size_t i = 0; i < ELEMENTSOF(members); i++)
                watch(members[i].name, &groups[members[i].group]);
}

bool php_watched_take(WatchedGroup group) {
        bool called = groups[group];

        groups[group] = false;
        return called;
}

/* --- the calls --- */

static void (*loud)(int, zend_string *, const uint32_t, zend_string *);

static void silent(int type, zend_string *file, const uint32_t line, zend_string *message) {
        if (!(type & E_FATAL_ERRORS))
                return;

        /* PHP does not come back from these. */
        zend_error_cb = loud;
        loud(type, file, line, message);
}

/* Without a word, neither to a handler of the script nor to error_get_last(): what PHP has to say of the function,
 * such as that it is deprecated, is for the script that called it. */
static void call(const char *name, int option, zval *value, zval *ret) {
        int handled = EG(user_error_handler_error_reporting);
        zval function, arguments[2];
        uint32_t n = 0;

        ZVAL_UNDEF(ret);
        if (!zend_hash_str_exists(CG(function_table), name, strlen(name)))
                return;

        if (option != 0)
                ZVAL_LONG(&arguments[n++], option);
        if (value)
                ZVAL_COPY_VALUE(&arguments[n++], value);
        ZVAL_STRING(&function, name);
        loud = zend_error_cb;
        zend_error_cb = silent;
        EG(user_error_handler_error_reporting) = 0;
        (void) call_user_function(NULL, NULL, &function, ret, n, arguments);
        EG(user_error_handler_error_reporting) = handled;
        zend_error_cb = loud;
        zval_ptr_dtor(&function);
        if (EG(exception))
                zend_clear_exception();
}

static void read_property(Setter *setter, zval *ret) {
        zend_class_entry *class = zend_hash_str_find_ptr(
                        EG(class_table), setter->class, strlen(setter->class));
        bool has_object = setter->has_object;
        zval object, unused;

        ZVAL_UNDEF(ret);
        if (!class || object_init_ex(&object, class) != SUCCESS)
                return;

        ZVAL_COPY(ret, zend_read_property(class, Z_OBJ(object), setter->property,
                                       strlen(setter->property), true, &unused));
        zval_ptr_dtor(&object);
        setter->has_object = has_object;
}

static void forget(Setter *setter) {
        if (setter->has_value)
                zval_ptr_dtor(&setter->value);
        setter->has_value = setter->called = false;
}

void php_watched_seal(void) {
        php_watched_unseal();
        for (size_t i = 0; i < ELEMENTSOF(setters); i++) {
                Setter *setter = &setters[i];

                if (setter->getter)
                        call(setter->getter, setter->option, NULL, &setter->value);
                else
                        read_property(setter, &setter->value);
                setter->has_value = !Z_ISUNDEF(setter->value);
                setter->called = false;
        }
        memset(groups, 0, sizeof(groups));
}

void php_watched_unseal(void) {
        for (size_t i = 0; i < ELEMENTSOF(setters); i++)
                forget(&setters[i]);
}

void php_watched_restore(void) {
        for (size_t i = 0; i < ELEMENTSOF(setters); i++) {
                Setter *setter = &setters[i];
                zval result;

                if ((!setter->called && !setter->has_object) || !setter->has_value)
                        continue;

                call(setter->name, setter->option, &setter->value, &result);
                zval_ptr_dtor(&result);
                setter->called = false;
        }
}
