/* SPDX-License-Identifier: MIT */
#pragma once
/* Accept: which of the two formats a client would rather have. Pure.
 *
 * Runs in: fpmd-exporter.
 * Trusts:  nobody: the text is a client's. */

#include "fpmctl/pools/metrics.h"

/* Returns the format for the value of an Accept header, NULL if there is none: OpenMetrics if the header names it and
 * does not prefer text/plain; a wildcard gets the older format. */
MetricsFormat accept_format(const char *accept);
