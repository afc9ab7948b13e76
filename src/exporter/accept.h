/* SPDX-License-Identifier: MIT */
#pragma once
/* Accept: which of the two formats a client would rather have. Pure.
 *
 * Runs in: fpmd-exporter.
 * Trusts:  nobody: the text is a client's. */

#include "fpmctl/pools/metrics.h"

/* By the value of an Accept header, NULL: there is none. OpenMetrics for who names it, and likes text/plain no
 * better; a pattern is met by the older format. */
MetricsFormat accept_format(const char *accept);
