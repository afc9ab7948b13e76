/* SPDX-License-Identifier: MIT */
#pragma once
/* Metrics: the numbers of all pools as one text for Prometheus.
 *
 * Runs in: fpmctl, fpmd-exporter.
 * Trusts:  the managers' answers to be JSON; numbers that an answer lacks are left out of the text. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fpmctl/pools/pools.h"

typedef enum MetricsFormat {
        METRICS_PROMETHEUS,  /* text/plain; version=0.0.4 */
        METRICS_OPENMETRICS, /* application/openmetrics-text; version=1.0.0 */
        _METRICS_FORMAT_MAX,
} MetricsFormat;

typedef struct MetricsPool {
        const char *name;
        PoolPresence presence;
        const json_t *answer; /* to CONTROL_STATUS; NULL: its manager does not answer */
        const Resources *resources;
        const UnitState *service;
} MetricsPool;

/* Writes the metrics of pools to f. Pure, but for f. Returns 0 or -EIO. */
int metrics_write(FILE *f, MetricsFormat format, const MetricsPool *pools, size_t n_pools);

/* Does the same for pools that pools_ask() has asked. */
int metrics_write_pools(FILE *f, MetricsFormat format, const Pools *pools);

/* Returns the Content-Type of a format. */
const char *metrics_content_type(MetricsFormat format);
