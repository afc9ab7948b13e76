/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/escape.h"
#include "config/directive/directive.h"
#include "config/file_trust.h"
#include "config/pool_config_internal.h"

/* Not one of env[NAME]: the name may be anything. */
static bool is_directive(const char *text) {
        return directive_find(DIRECTIVE_POOL, text, false) ||
               directive_find(DIRECTIVE_GLOBAL, text, false);
}

void config_vreport(ConfigReporter *reporter, int priority, const char *file, unsigned line,
                const char *directive, const char *format, va_list arguments) {
        _cleanup_free_ char *text = NULL, *place = NULL, *whole = NULL;

        if (priority <= LOG_ERR)
                reporter->n_refused++;

        if (reporter->quotes_nothing) {
                directive = directive && is_directive(directive) ? directive : NULL;
                text = strdup(FILE_TRUST_NOT_QUOTED);
        } else if (vasprintf(&text, format, arguments) < 0)
                text = NULL;

        if ((line > 0 ? asprintf(&place, "%s:%u", file, line) : asprintf(&place, "%s", file)) < 0)
                place = NULL;

        if (asprintf(&whole, "%s: %s%s%s", place ? place : file, directive ? directive : "",
                            directive ? ": " : "", text ? text : FILE_TRUST_NOT_QUOTED) < 0)
                whole = NULL;

        if (whole)
                escape_blot(whole);

        if (reporter->report)
                reporter->report(reporter->userdata, priority,
                                whole ? whole : FILE_TRUST_NOT_QUOTED);
}

void config_report(ConfigReporter *reporter, int priority, const char *file, unsigned line,
                const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        config_vreport(reporter, priority, file, line, directive, format, arguments);
        va_end(arguments);
}
