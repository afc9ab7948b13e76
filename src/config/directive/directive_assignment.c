/* SPDX-License-Identifier: MIT */
#include "config/directive/directive_assignment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int assignment_refuse(const Assignment *a, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(a->why, DIRECTIVE_WHY_MAX, format, ap);
        va_end(ap);
        return -EINVAL;
}

int assignment_refuse_value(const Assignment *a, const char *what) {
        return *a->value->raw ? assignment_refuse(a, "'%.60s' %s", a->value->raw, what)
                              : assignment_refuse(a, "is empty, which %s", what);
}

void assignment_put_unsigned(const Assignment *a, uint64_t number) {
        if (a->field)
                *(uint64_t *) a->field = number;
}

int assignment_put_text(const Assignment *a) {
        char *copy;

        if (!a->field)
                return 0;

        copy = strdup(a->value->text);
        if (!copy)
                return -ENOMEM;

        free(*(char **) a->field);
        *(char **) a->field = copy;
        return 0;
}

int assignment_put_text_or_none(const Assignment *a) {
        if (*a->value->text != '\0')
                return assignment_put_text(a);

        if (a->field) {
                free(*(char **) a->field);
                *(char **) a->field = NULL;
        }
        return 0;
}

int assignment_put_setting(const Assignment *a, const char *sub, const char *text) {
        const char *raw = a->value->raw;

        if (!a->field)
                return 0;

        return setting_list_add(a->field,
                        &(Setting){
                                        .kind = a->directive->kind,
                                        .key = (char *) (uintptr_t) sub,
                                        .value = (char *) (uintptr_t) text,
                                        .raw = strstr(raw, "E_ALL") ? (char *) (uintptr_t) raw
                                                                    : NULL,
                                        .file = (char *) (uintptr_t) a->value->file,
                                        .line = a->value->line,
                                        .is_default = a->value->is_default,
                        });
}
