/* SPDX-License-Identifier: MIT */
/* Proves that each client gets the format that it likes best, Prometheus and browsers among them, whatever it
 * sends. */

#include "exporter/accept.h"

#include "unit.h"

static void check(MetricsFormat format, const char *accept) {
        ck_assert_msg(accept_format(accept) == format, "'%s'", accept ? accept : "NULL");
}

START_TEST(who_names_openmetrics_gets_it) {
        check(METRICS_OPENMETRICS, "application/openmetrics-text");
        check(METRICS_OPENMETRICS, "application/openmetrics-text;version=1.0.0,"
                                   "application/openmetrics-text;version=0.0.1;q=0.75,"
                                   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        check(METRICS_OPENMETRICS, "text/plain ; q=0.5 , Application/OpenMetrics-Text ; Q=0.6");
        check(METRICS_OPENMETRICS, "text/plain;q=0,application/openmetrics-text;q=0.001");
}
END_TEST

START_TEST(all_others_get_text) {
        check(METRICS_PROMETHEUS, NULL);
        check(METRICS_PROMETHEUS, "");
        check(METRICS_PROMETHEUS, "*/*");
        check(METRICS_PROMETHEUS, "text/html,application/xhtml+xml,*/*;q=0.8");
        check(METRICS_PROMETHEUS, "text/plain;version=0.0.4;q=1,*/*;q=0.1");
        check(METRICS_PROMETHEUS, "application/openmetrics-text;q=0.4,text/plain;q=0.5");
        check(METRICS_PROMETHEUS, "application/openmetrics-text;q=0");
}
END_TEST

START_TEST(rubbish_is_no_wish) {
        check(METRICS_PROMETHEUS, ",,;;,;q=,q=1,");
        check(METRICS_PROMETHEUS, "application/openmetrics-text;q=nan");
        check(METRICS_PROMETHEUS, "application/openmetrics-text;q=-1");
        check(METRICS_PROMETHEUS, "application/openmetrics-text;q=7");
        check(METRICS_PROMETHEUS, "application/openmetrics-textual");
        check(METRICS_PROMETHEUS, "application/openmetrics-text;;q=0.3;,text/plain;q=0.31");
}
END_TEST

UNIT_MAIN("exporter accept", who_names_openmetrics_gets_it, all_others_get_text,
                rubbish_is_no_wish);
