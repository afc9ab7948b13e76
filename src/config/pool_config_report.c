/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "config/pool_config_internal.h"

void config_say(ConfigReporter *reporter, int priority, const char *file, unsigned line,
                const char *directive, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *place = NULL, *whole = NULL;
        va_list ap;

        if (priority <= LOG_ERR)
                reporter->n_refused++;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);

        if ((line > 0 ? asprintf(&place, "%s:%u", file, line) : asprintf(&place, "%s", file)) < 0)
                place = NULL;

        if (asprintf(&whole, "%s: %s%s%s", place ? place : file, directive ? directive : "",
                            directive ? ": " : "", text ? text : format) < 0)
                whole = NULL;

        for (char *p = whole; p && *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        *p = '?';

        if (reporter->report)
                reporter->report(reporter->userdata, priority, whole ? whole : format);
}
