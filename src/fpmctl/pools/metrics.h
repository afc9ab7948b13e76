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
        PoolFileState file_state;
        bool is_drained;      /* by fpmctl drain */
        const json_t *answer; /* to CONTROL_STATUS; NULL: its manager does not answer */
        const Resources *resources;
        const UnitState *service;
} MetricsPool;

/* Which metrics are left out: a bit for each. */
typedef uint64_t MetricsMask;

/* Reads names of metrics, with commas between, into the mask of these; a name may lack fpmd_ in front, and _total.
 * Returns 0, or -ENOENT with the name that is none in *ret_wrong, of which *ret_size bytes count. Pure. */
int metrics_mask(const char *names, MetricsMask *ret, const char **ret_wrong, size_t *ret_size);

/* Writes the metrics of pools to f. Pure, but for f. Returns 0 or -EIO. */
int metrics_write(FILE *f, MetricsFormat format, MetricsMask left_out, const MetricsPool *pools,
                size_t n_pools);

/* Does the same for pools that pools_ask() has asked, and whose files pools_read_files() has read. */
int metrics_write_pools(FILE *f, MetricsFormat format, MetricsMask left_out, const Pools *pools);

/* Returns the Content-Type of a format. */
const char *metrics_content_type(MetricsFormat format);
