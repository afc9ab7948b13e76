/* SPDX-License-Identifier: MIT */
#include "config/validation.h"

#include <errno.h>
#include <stdarg.h>
#include <syslog.h>

_printf_(4, 0) static void vreport(const Validation *v, int priority, const char *directive,
                const char *format, va_list arguments) {
        config_vreport(v->reporter, priority, pool_config_file_of(v->config, directive),
                        pool_config_line_of(v->config, directive), directive, format, arguments);
        if (priority <= LOG_ERR)
                pool_config_mark_wrong(v->config, directive);
}

void validation_report(
                const Validation *v, int priority, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vreport(v, priority, directive, format, arguments);
        va_end(arguments);
}

int validation_refuse(const Validation *v, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vreport(v, LOG_ERR, directive, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

int validation_refuse_without(const Validation *v, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        if (v->all_understood)
                vreport(v, LOG_ERR, directive, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

bool validation_is_given(const Validation *v, const char *directive) {
        return pool_config_line_of(v->config, directive) > 0;
}
