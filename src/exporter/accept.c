/* SPDX-License-Identifier: MIT */
#include "exporter/accept.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *text) {
        return text + strspn(text, " \t");
}

/* Returns q of "q=0.5" among the parameters that end at end; 1 without it, 0 if it is no number. */
static double quality(const char *parameters, const char *end) {
        const char *p = parameters;

        while (p < end && *p == ';') {
                const char *name = skip_blanks(p + 1);

                if (strncasecmp(name, "q=", 2) == 0) {
                        double q = strtod(name + 2, NULL);

                        return q >= 0 && q <= 1 ? q : 0;
                }
                p = name + strcspn(name, ";,");
        }

        return 1;
}

static bool is(const char *range, size_t size, const char *name) {
        return size == strlen(name) && strncasecmp(range, name, size) == 0;
}

static double greater(double a, double b) {
        return a > b ? a : b;
}

MetricsFormat accept_format(const char *accept) {
        double openmetrics = 0, text = 0;

        while (accept && *accept) {
                const char *range = skip_blanks(accept), *end = range + strcspn(range, ",");
                size_t size = strcspn(range, ";, \t");
                double q = quality(skip_blanks(range + size), end);

                if (is(range, size, "application/openmetrics-text"))
                        openmetrics = greater(openmetrics, q);
                else if (is(range, size, "text/plain"))
                        text = greater(text, q);
                accept = *end ? end + 1 : end;
        }

        return openmetrics > 0 && openmetrics >= text ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}
